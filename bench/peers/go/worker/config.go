package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

type config struct {
	namespace, name, token   string
	handler, pod             string
	host, innerPort, natsURL string
	url                      string
	concurrency              int
	timeout, lease           time.Duration
	// regions of the known workspaces, by id.
	regions map[string]string
}

// readConfig reads the environment that the operator writes for the worker.
func readConfig() (config, error) {
	regions := make(map[string]string)
	if err := json.Unmarshal([]byte(os.Getenv("WORKSPACE_REGIONS")), &regions); err != nil {
		return config{}, fmt.Errorf("WORKSPACE_REGIONS: %w", err)
	}
	concurrency, err := strconv.Atoi(os.Getenv("CONCURRENCY"))
	if err != nil {
		return config{}, fmt.Errorf("CONCURRENCY: %w", err)
	}
	timeout, err := milliseconds("TIMEOUT_MS")
	if err != nil {
		return config{}, err
	}
	lease, err := milliseconds("CLAIM_LEASE_MS")
	if err != nil {
		return config{}, err
	}
	return config{
		namespace:   os.Getenv("WEBHOOK_NAMESPACE"),
		name:        os.Getenv("WEBHOOK_NAME"),
		token:       os.Getenv("WEBHOOK_TOKEN"),
		handler:     os.Getenv("HANDLER"),
		pod:         os.Getenv("POD_NAME"),
		host:        os.Getenv("HOST"),
		innerPort:   os.Getenv("INNER_PORT"),
		natsURL:     os.Getenv("NATS_URL"),
		url:         os.Getenv("HANDLER_URL"),
		concurrency: concurrency,
		timeout:     timeout,
		lease:       lease,
		regions:     regions,
	}, nil
}

func milliseconds(name string) (time.Duration, error) {
	count, err := strconv.ParseInt(os.Getenv(name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return time.Duration(count) * time.Millisecond, nil
}
