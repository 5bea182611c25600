// The worker as one would write it by hand in Go: nats.go's pull consumer and key-value store, net/http,
// client_golang. It is what `make bench-worker` compares ours with, so for a message that its handler takes it does all
// that ours does: it keeps the order of each key while other keys go on, claims the message with a record in the bucket
// that can be renewed and taken over, calls with the same headers and the same deadline, writes down that it is done,
// acknowledges, counts the same. It reads the same environment. Left out is what no measured message needs: dead
// letters, effects, the circuit, back-off, several workers for one key's order. Both run with the garbage collector as
// it is by default.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// ahead is how many messages are held at once: enough that the next ones are there when calls end.
	ahead           = 512
	requestTimeout  = 10 * time.Second
	shutdownTimeout = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("ended", "err", err)
		os.Exit(1)
	}
}

// run works until ctx is done or the consumer is lost.
func run(ctx context.Context) error {
	cfg, err := readConfig()
	if err != nil {
		return err
	}
	connection, err := nats.Connect(cfg.natsURL,
		nats.Name("go peer"),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond),
		nats.PingInterval(5*time.Second))
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := jetstream.New(connection)
	if err != nil {
		return err
	}
	bucket, err := stream.KeyValue(ctx, "icw_claims_"+cfg.token)
	if err != nil {
		return err
	}
	consumer, err := stream.Consumer(ctx, "icw_events_"+cfg.token, cfg.handler)
	if err != nil {
		return err
	}

	registry := prometheus.NewRegistry()
	labels := prometheus.Labels{"namespace": cfg.namespace, "webhook": cfg.name, "handler": cfg.handler}
	labelled := prometheus.WrapRegistererWith(labels, registry)
	labelled.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	w := &worker{
		handler: newHandler(cfg),
		claims:  newClaims(bucket, cfg),
		newest:  newNewest(),
		metrics: newMetrics(labelled),
	}

	inner := http.NewServeMux()
	inner.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	inner.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !connection.IsConnected() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	address := net.JoinHostPort(cfg.host, cfg.innerPort)
	server := &http.Server{Addr: address, Handler: inner, ReadTimeout: requestTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()

	queues := newQueues(ahead)
	// A call that has begun may end when we are asked to.
	idle := queues.work(cfg.concurrency, func(msg jetstream.Msg) { w.work(context.WithoutCancel(ctx), msg) })
	consuming, err := consumer.Consume(queues.add, jetstream.PullMaxMessages(ahead))
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	case <-consuming.Closed():
		err = errors.New("the consumer is gone")
	}
	consuming.Stop()
	queues.end()
	<-idle
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return errors.Join(err, connection.FlushWithContext(ending), server.Shutdown(ending))
}
