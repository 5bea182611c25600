// The ingress as one would write it by hand in Go: net/http, nats.go, client_golang. It is what `make bench-ingress`
// compares ours with, so for a signed notification it does all that ours does: it checks the signature against every
// secret, reads the envelope and the ids of whom it is about, stores the body under the same subject with the same
// headers, counts the same, and answers after the broker's acknowledgement. It reads the same environment. Left out is
// what no measured request needs: dead letters, a ping without signature, rotation of secrets, retries while a quorum
// is missing. Both run with the garbage collector as it is by default.
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

// run serves until ctx is done or a listener fails.
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

	registry := prometheus.NewRegistry()
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"namespace": cfg.namespace, "webhook": cfg.name}, registry)
	labelled.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	public := http.NewServeMux()
	// Intercom asks so, when its URL is saved, whether anybody is there.
	public.HandleFunc("HEAD "+cfg.path, func(http.ResponseWriter, *http.Request) {})
	public.Handle("POST "+cfg.path, &ingress{
		webhook:      cfg.token,
		topics:       cfg.topics,
		maxBodyBytes: cfg.maxBodyBytes,
		verifier:     newVerifier(cfg.secrets),
		publish:      publisher(stream, cfg.async),
		metrics:      newMetrics(labelled),
	})
	inner := http.NewServeMux()
	inner.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	inner.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !connection.IsConnected() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return serve(ctx, map[string]http.Handler{
		net.JoinHostPort(cfg.host, cfg.port):      public,
		net.JoinHostPort(cfg.host, cfg.innerPort): inner,
	})
}

// serve runs one server per address until ctx is done, then lets what is in flight end.
func serve(ctx context.Context, handlers map[string]http.Handler) error {
	failed := make(chan error, len(handlers))
	servers := make([]*http.Server, 0, len(handlers))
	for address, handler := range handlers {
		server := &http.Server{Addr: address, Handler: handler, ReadTimeout: requestTimeout}
		servers = append(servers, server)
		go func() { failed <- server.ListenAndServe() }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	for _, server := range servers {
		err = errors.Join(err, server.Shutdown(ending))
	}
	return err
}
