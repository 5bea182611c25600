package main

import (
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// result is what is printed. Latencies are those of the answers with status 200.
type result struct {
	Seconds float64 `json:"seconds"`
	// Answers counts by status.
	Answers map[string]int `json:"answers"`
	// Failed are requests that no answer came to in time, and FirstFailure says why for one of them.
	Failed       int       `json:"failed"`
	FirstFailure string    `json:"firstFailure"`
	LatencyMs    quantiles `json:"latencyMs"`
}

type quantiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// tally is what one connection counts.
type tally struct {
	answers   [600]int
	failed    int
	failure   error
	latencies []time.Duration
}

// send runs until all that was due is answered, failed, or past its deadline.
func send(requests *requests, s settings) result {
	var next atomic.Uint64
	tallies := make([]tally, s.connections)
	started := time.Now()
	var connections sync.WaitGroup
	for i := range tallies {
		connections.Go(func() { tallies[i].fill(requests, s, started, &next) })
	}
	connections.Wait()
	return summarize(tallies, time.Since(started))
}

func (t *tally) fill(requests *requests, s settings, started time.Time, next *atomic.Uint64) {
	c := client{address: s.target.Host}
	defer c.close()
	var buffer []byte
	for {
		n := next.Add(1) - 1
		due := time.Now()
		if s.rate > 0 {
			due = started.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
		}
		if due.Sub(started) >= s.duration {
			return
		}
		time.Sleep(time.Until(due))
		var status int
		var err error
		if buffer, err = requests.write(buffer, n); err == nil {
			status, err = c.exchange(buffer, time.Now().Add(s.patience))
		}
		t.add(status, err, time.Since(due))
	}
}

func (t *tally) add(status int, err error, latency time.Duration) {
	if err != nil || status < 0 || status >= len(t.answers) {
		t.failed++
		t.failure = err
		// A server that refuses connections must not be asked as fast as it can refuse.
		time.Sleep(10 * time.Millisecond)
		return
	}
	t.answers[status]++
	if status == 200 {
		t.latencies = append(t.latencies, latency)
	}
}

func summarize(tallies []tally, took time.Duration) result {
	sum := result{Seconds: took.Seconds(), Answers: map[string]int{}}
	var latencies []time.Duration
	for i := range tallies {
		for status, count := range tallies[i].answers {
			if count > 0 {
				sum.Answers[strconv.Itoa(status)] += count
			}
		}
		sum.Failed += tallies[i].failed
		if tallies[i].failure != nil {
			sum.FirstFailure = tallies[i].failure.Error()
		}
		latencies = append(latencies, tallies[i].latencies...)
	}
	slices.Sort(latencies)
	sum.LatencyMs = quantiles{
		P50:  quantile(latencies, 0.5),
		P99:  quantile(latencies, 0.99),
		P999: quantile(latencies, 0.999),
		Max:  quantile(latencies, 1),
	}
	return sum
}

// quantile returns the smallest latency that a share of all does not exceed, in milliseconds; 0 where there are none.
func quantile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(share*float64(len(sorted)))) - 1
	return float64(sorted[max(rank, 0)].Microseconds()) / 1000
}
