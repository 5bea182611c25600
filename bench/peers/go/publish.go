package main

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publishFunc returns when the broker has acknowledged the message, or not within the context's time.
type publishFunc func(context.Context, *nats.Msg) error

func publisher(stream jetstream.JetStream, async bool) publishFunc {
	if async {
		return func(ctx context.Context, msg *nats.Msg) error {
			future, err := stream.PublishMsgAsync(msg)
			if err != nil {
				return err
			}
			select {
			case <-future.Ok():
				return nil
			case err := <-future.Err():
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return func(ctx context.Context, msg *nats.Msg) error {
		_, err := stream.PublishMsg(ctx, msg)
		return err
	}
}
