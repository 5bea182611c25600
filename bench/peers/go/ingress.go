package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// storeTimeout ends before Intercom's patience of 5 s does.
const storeTimeout = 4500 * time.Millisecond

type ingress struct {
	webhook      string
	topics       map[string]bool
	maxBodyBytes int64
	verifier     verifier
	publish      publishFunc
	metrics      *metrics
}

func (in *ingress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := in.readBody(w, r)
	started := time.Now()
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		in.metrics.count(w, http.StatusRequestEntityTooLarge, "too_large")
		return
	}
	if err != nil {
		in.metrics.count(w, http.StatusBadRequest, "bad_request")
		return
	}
	status, outcome := in.receive(r.Context(), body, r.Header.Get("X-Hub-Signature"))
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	in.metrics.answerSeconds.Observe(time.Since(started).Seconds())
	in.metrics.count(w, status, outcome)
}

// receive takes a body through: bytes, verified, read, stored.
func (in *ingress) receive(ctx context.Context, body []byte, signature string) (status int, outcome string) {
	if verdict := in.verifier.check(body, signature); verdict != verified {
		return http.StatusUnauthorized, "signature_" + string(verdict)
	}
	n, err := readNotification(body)
	if err != nil {
		return http.StatusBadRequest, "unreadable"
	}
	if n.topic == "ping" {
		return http.StatusOK, "ping"
	}
	now := time.Now()
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := in.publish(ctx, message(in.webhook, n, body, now)); err != nil {
		slog.Error("notification could not be stored", "err", err)
		return http.StatusServiceUnavailable, "unavailable"
	}
	in.metrics.lastNotification.Set(float64(now.UnixMilli()) / 1000)
	if !in.topics[n.topic] {
		return http.StatusOK, "stored_undeclared"
	}
	return http.StatusOK, "stored"
}

// readBody reads into a slice of the announced length, and grows one only where none is announced.
func (in *ingress) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, in.maxBodyBytes)
	if r.ContentLength < 0 || r.ContentLength > in.maxBodyBytes {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}
