package main

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	answers          *prometheus.CounterVec
	answerSeconds    prometheus.Histogram
	lastNotification prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	factory := promauto.With(registerer)
	return &metrics{
		answers: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "intercom_ingress_answers_total",
			Help: "Requests answered, by what became of them and by status code.",
		}, []string{"outcome", "code"}),
		answerSeconds: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "intercom_ingress_answer_seconds",
			Help:    "From the last byte of a request to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		lastNotification: factory.NewGauge(prometheus.GaugeOpts{
			Name: "intercom_ingress_last_notification_timestamp_seconds",
			Help: "When a notification was last stored, 0 for never.",
		}),
	}
}

// count answers with an empty body, and counts it.
func (m *metrics) count(w http.ResponseWriter, status int, outcome string) {
	m.answers.WithLabelValues(outcome, strconv.Itoa(status)).Inc()
	w.WriteHeader(status)
}
