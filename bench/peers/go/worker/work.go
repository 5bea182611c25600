package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// pause before a message is tried again. Its key waits with it.
const pause = time.Second

type worker struct {
	handler *handler
	claims  *claims
	newest  *newest
	metrics *metrics
}

// work takes a message through until it is done: claimed, called, written down, acknowledged.
func (w *worker) work(ctx context.Context, msg jetstream.Msg) {
	w.metrics.inFlight.Inc()
	defer w.metrics.inFlight.Dec()
	n, err := readNotification(msg.Headers())
	if err != nil {
		slog.Error("message cannot be read", "subject", msg.Subject(), "err", err)
		return
	}
	for !w.try(ctx, msg, n) {
		time.Sleep(pause)
	}
	// Nobody waits for it: a message that comes again is seen to be done.
	if err := msg.Ack(); err != nil {
		slog.Warn("message not acknowledged", "id", n.id, "err", err)
	}
}

// try says whether the message is over.
func (w *worker) try(ctx context.Context, msg jetstream.Msg, n notification) bool {
	claim, err := w.claims.take(ctx, n.dedupID())
	if err != nil {
		w.metrics.storeTrouble.Inc()
		slog.Warn("message waits, its claim could not be had", "id", n.id, "err", err)
		return false
	}
	if claim == nil {
		w.metrics.skipped.WithLabelValues("done").Inc()
		return true
	}
	attempt := 1 + claim.record.Attempts + claim.record.Misses + claim.record.Crashes
	if attempt == 1 {
		w.metrics.queueSeconds.Observe(max(0, time.Since(time.UnixMilli(n.receivedAt)).Seconds()))
	}
	header := w.handler.header(n, attempt, w.newest.isStale(n.key, n.createdAt))
	release := w.keep(ctx, msg, claim)
	defer release()
	started := time.Now()
	status, err := w.handler.call(ctx, header, msg.Data())
	w.metrics.callSeconds.Observe(time.Since(started).Seconds())
	if err != nil || status < 200 || status > 299 {
		w.metrics.deliveries.WithLabelValues("retry").Inc()
		slog.Warn("handler did not take the message", "id", n.id, "key", n.key, "status", status, "err", err)
		return false
	}
	w.metrics.deliveries.WithLabelValues("done").Inc()
	w.newest.handled(n.key, n.createdAt)
	for err := claim.finish(ctx); err != nil; err = claim.finish(ctx) {
		if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return false
		}
		w.metrics.storeTrouble.Inc()
		slog.Error("outcome not written down yet", "id", n.id, "err", err)
		time.Sleep(pause)
	}
	return true
}

// keep renews the claim, and the message's time at the consumer, until the returned function is called.
func (w *worker) keep(ctx context.Context, msg jetstream.Msg, claim *claim) (release func()) {
	every := w.claims.lease / 3
	var timer *time.Timer
	timer = time.AfterFunc(every, func() {
		if err := errors.Join(msg.InProgress(), claim.renew(ctx)); errors.Is(err, errEnded) {
			return
		}
		timer.Reset(every)
	})
	return func() {
		timer.Stop()
		claim.end()
	}
}
