// A load generator for signed webhooks. It reads bodies from stdin, one a line, each with `-id` in it where the
// notification's own id stands; it sends them in turn, each time with an id of its own and signed with one of the
// secrets in turn, and prints what came back as one line of JSON.
//
// With -rate 0 every connection sends its next request when the last one is answered. With a rate, requests are due at
// fixed times whatever the answers do, and a latency counts from the time when its request was due: one that had to
// wait for a connection waited.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	maxConnections = 1_000
	maxRate        = 100_000
	maxDuration    = time.Minute
)

type settings struct {
	target        *url.URL
	secrets       []string
	id            string
	connections   int
	rate          float64
	duration      time.Duration
	patience      time.Duration
	newConnection bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	requests, err := readRequests(os.Stdin, s)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(send(requests, s))
}

func readSettings() (settings, error) {
	target := flag.String("url", "", "where to send, on this machine")
	secrets := flag.String("secrets", "", "client secrets to sign with in turn, separated by commas")
	id := flag.String("id", "", "the id in the bodies that is replaced: 36 characters, as a UUID")
	connections := flag.Int("connections", 64, "how many requests can be on their way at once")
	rate := flag.Float64("rate", 0, "requests a second; 0 = as fast as answers come")
	duration := flag.Duration("duration", 4*time.Second, "for how long requests are due")
	patience := flag.Duration("patience", 5*time.Second, "how long to wait for an answer")
	newConnection := flag.Bool("new-connection", false, "open a connection for each request")
	flag.Parse()

	parsed, err := url.Parse(*target)
	switch {
	case err != nil:
		return settings{}, err
	case parsed.Scheme != "http" || !net.ParseIP(parsed.Hostname()).IsLoopback():
		return settings{}, errors.New("-url: only http://127.0.0.1:<port>/… is sent to")
	case *connections < 1 || *connections > maxConnections:
		return settings{}, fmt.Errorf("-connections: 1 to %d", maxConnections)
	case *rate < 0 || *rate > maxRate:
		return settings{}, fmt.Errorf("-rate: 0 to %d", maxRate)
	case *duration <= 0 || *duration > maxDuration:
		return settings{}, fmt.Errorf("-duration: at most %s", maxDuration)
	case len(*id) != idLength:
		return settings{}, fmt.Errorf("-id: %d characters", idLength)
	}
	return settings{
		target:        parsed,
		secrets:       strings.Split(*secrets, ","),
		id:            *id,
		connections:   *connections,
		rate:          *rate,
		duration:      *duration,
		patience:      *patience,
		newConnection: *newConnection,
	}, nil
}
