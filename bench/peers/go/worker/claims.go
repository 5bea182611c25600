package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// storeTimeout bounds every write and read of a claim.
const storeTimeout = 2 * time.Second

var errEnded = errors.New("the claim has ended")

// record is what the bucket holds of one message at one handler.
type record struct {
	V        int    `json:"v"`
	State    string `json:"state"`
	Owner    string `json:"owner"`
	Attempts int    `json:"attempts"`
	Misses   int    `json:"misses"`
	Crashes  int    `json:"crashes"`
	FirstAt  int64  `json:"firstAt"`
	LeaseMs  int64  `json:"leaseMs,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
}

// claims says who may call, and what is done.
type claims struct {
	bucket  jetstream.KeyValue
	handler string
	owner   string
	lease   time.Duration
	count   atomic.Int64
}

func newClaims(bucket jetstream.KeyValue, cfg config) *claims {
	return &claims{bucket: bucket, handler: cfg.handler, owner: cfg.pod + "/" + rand.Text(), lease: cfg.lease}
}

func (c *claims) key(dedupID string) string {
	digest := sha256.Sum256([]byte(dedupID))
	return c.handler + "." + base64.RawURLEncoding.EncodeToString(digest[:16])
}

// take claims a message: undisputed with one write, or over a claim whose lease is over. Its result is nil where there
// is nothing to do any more. An error means to try again later.
func (c *claims) take(ctx context.Context, dedupID string) (*claim, error) {
	taken := &claim{claims: c, key: c.key(dedupID), record: record{
		V:       1,
		State:   "claimed",
		Owner:   fmt.Sprintf("%s#%d", c.owner, c.count.Add(1)),
		FirstAt: time.Now().UnixMilli(),
		LeaseMs: c.lease.Milliseconds(),
	}}
	err := taken.write(ctx, taken.record)
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return taken, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	entry, err := c.bucket.Get(ctx, taken.key)
	if err != nil {
		return nil, err
	}
	var found record
	if err := json.Unmarshal(entry.Value(), &found); err != nil {
		return nil, err
	}
	if found.State == "done" {
		return nil, nil
	}
	if left := time.Until(entry.Created().Add(c.lease)); left > 0 {
		return nil, fmt.Errorf("claimed by %s for another %s", found.Owner, left)
	}
	taken.revision = entry.Revision()
	taken.record.FirstAt = found.FirstAt
	taken.record.Attempts = found.Attempts
	taken.record.Misses = found.Misses
	taken.record.Crashes = found.Crashes + 1
	return taken, taken.write(ctx, taken.record)
}

// claim is held by us; every write is fenced by the revision of the one before.
type claim struct {
	claims   *claims
	key      string
	record   record
	mutex    sync.Mutex
	revision uint64
	// ended is set when nothing more may be written.
	ended bool
}

func (c *claim) renew(ctx context.Context) error { return c.write(ctx, c.record) }

func (c *claim) finish(ctx context.Context) error {
	done := c.record
	done.State, done.LeaseMs, done.Outcome = "done", 0, "handled"
	return c.write(ctx, done)
}

// end leaves the record as it is: a call that has failed is tried again when the lease is over.
func (c *claim) end() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ended = true
}

func (c *claim) write(ctx context.Context, r record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.ended {
		return errEnded
	}
	var revision uint64
	if c.revision == 0 {
		revision, err = c.claims.bucket.Create(ctx, c.key, value)
	} else {
		revision, err = c.claims.bucket.Update(ctx, c.key, value, c.revision)
	}
	if err != nil {
		return err
	}
	c.revision = revision
	return nil
}
