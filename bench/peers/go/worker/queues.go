package main

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// queues hands out messages: of each key one at a time and in the order in which they came, keys in turn.
type queues struct {
	// room bounds what is held.
	room chan struct{}
	// ready are queues whose first message may be worked on; each is in it once at most.
	ready chan *queue
	ended chan struct{}
	mutex sync.Mutex
	byKey map[string]*queue
}

// queue is what waits for one key, oldest first.
type queue struct {
	key      string
	messages []jetstream.Msg
}

func newQueues(size int) *queues {
	return &queues{
		room:  make(chan struct{}, size),
		ready: make(chan *queue, size),
		ended: make(chan struct{}),
		byKey: make(map[string]*queue),
	}
}

// add blocks while there is no room. To be called by one goroutine.
func (qs *queues) add(msg jetstream.Msg) {
	select {
	case qs.room <- struct{}{}:
	case <-qs.ended:
		return
	}
	key := msg.Headers().Get("Icw-Key")
	qs.mutex.Lock()
	q, waits := qs.byKey[key]
	if !waits {
		q = &queue{key: key}
		qs.byKey[key] = q
	}
	q.messages = append(q.messages, msg)
	qs.mutex.Unlock()
	if !waits {
		qs.ready <- q
	}
}

// work starts as many goroutines; what it returns is closed when all have ended.
func (qs *queues) work(concurrency int, do func(jetstream.Msg)) <-chan struct{} {
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for {
				select {
				case <-qs.ended:
					return
				case q := <-qs.ready:
					do(qs.first(q))
					if qs.next(q) {
						qs.ready <- q
					}
				}
			}
		})
	}
	idle := make(chan struct{})
	go func() {
		workers.Wait()
		close(idle)
	}()
	return idle
}

// end lets what has begun end; what has not comes again.
func (qs *queues) end() { close(qs.ended) }

func (qs *queues) first(q *queue) jetstream.Msg {
	qs.mutex.Lock()
	defer qs.mutex.Unlock()
	return q.messages[0]
}

// next drops the first message of a queue, and says whether another follows.
func (qs *queues) next(q *queue) bool {
	<-qs.room
	qs.mutex.Lock()
	defer qs.mutex.Unlock()
	// What is held by the array must not outlive its turn.
	q.messages[0] = nil
	q.messages = q.messages[1:]
	if len(q.messages) > 0 {
		return true
	}
	delete(qs.byKey, q.key)
	return false
}
