package main

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// book is what is known of the calls of one path.
type book struct {
	delay   time.Duration
	mutex   sync.Mutex
	summary summary
	seen    map[int64]struct{}
	latest  map[string]call
}

type summary struct {
	Calls int `json:"calls"`
	// Repeated came before with the same ordinal.
	Repeated int `json:"repeated"`
	// OutOfOrder came after one of the same key with a higher ordinal.
	OutOfOrder int     `json:"outOfOrder"`
	FirstMs    float64 `json:"firstMs"`
	LastMs     float64 `json:"lastMs"`
}

type call struct {
	Ordinal int64       `json:"ordinal"`
	AtMs    float64     `json:"atMs"`
	Headers http.Header `json:"headers"`
	CRC32   uint32      `json:"crc32"`
}

func newBook(delay time.Duration) *book {
	return &book{delay: delay, seen: make(map[int64]struct{}), latest: make(map[string]call)}
}

func (b *book) write(key string, c call) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.summary.Calls++
	if b.summary.Calls == 1 {
		b.summary.FirstMs = c.AtMs
	}
	b.summary.LastMs = max(b.summary.LastMs, c.AtMs)
	if _, repeated := b.seen[c.Ordinal]; repeated {
		b.summary.Repeated++
		return
	}
	b.seen[c.Ordinal] = struct{}{}
	if last, known := b.latest[key]; known && last.Ordinal > c.Ordinal {
		b.summary.OutOfOrder++
		return
	}
	b.latest[key] = c
}

// tell returns the newest call of each key, or the summary of all.
func (b *book) tell(latest bool) any {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !latest {
		return b.summary
	}
	return maps.Clone(b.latest)
}
