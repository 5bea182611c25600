package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	deliveries   *prometheus.CounterVec
	skipped      *prometheus.CounterVec
	inFlight     prometheus.Gauge
	callSeconds  prometheus.Histogram
	queueSeconds prometheus.Histogram
	storeTrouble prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	factory := promauto.With(registerer)
	return &metrics{
		deliveries: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "intercom_worker_deliveries_total",
			Help: "Calls to the handler, by what was decided after them.",
		}, []string{"result"}),
		skipped: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "intercom_worker_skipped_total",
			Help: "Messages that led to no call.",
		}, []string{"reason"}),
		inFlight: factory.NewGauge(prometheus.GaugeOpts{
			Name: "intercom_worker_in_flight",
			Help: "Messages being worked on.",
		}),
		callSeconds: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "intercom_worker_call_seconds",
			Help:    "Duration of calls to the handler.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}),
		queueSeconds: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "intercom_worker_queue_seconds",
			Help:    "From receipt by the ingress to the first call of the handler.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, 1, 5, 30, 120, 600, 3600},
		}),
		storeTrouble: factory.NewCounter(prometheus.CounterOpts{
			Name: "intercom_worker_store_unavailable_total",
			Help: "Times that claims could not be written; the message waits, nothing is called twice.",
		}),
	}
}
