package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

type config struct {
	namespace, name, token string
	host, port, innerPort  string
	natsURL, path          string
	topics                 map[string]bool
	maxBodyBytes           int64
	secrets                [][]byte
	async                  bool
}

// readConfig reads the environment that the operator writes for the ingress, and the one flag of this program.
func readConfig() (config, error) {
	async := flag.Bool("async", false, "publish with PublishMsgAsync and wait for the acknowledgement")
	flag.Parse()

	var topics []string
	if err := json.Unmarshal([]byte(os.Getenv("TOPICS")), &topics); err != nil {
		return config{}, fmt.Errorf("TOPICS: %w", err)
	}
	maxBodyBytes, err := strconv.ParseInt(os.Getenv("MAX_BODY_BYTES"), 10, 64)
	if err != nil {
		return config{}, fmt.Errorf("MAX_BODY_BYTES: %w", err)
	}
	secrets, err := readSecrets(os.Getenv("SIGNING_SECRETS_DIR"))
	if err != nil {
		return config{}, fmt.Errorf("SIGNING_SECRETS_DIR: %w", err)
	}
	declared := make(map[string]bool, len(topics))
	for _, topic := range topics {
		declared[topic] = true
	}
	return config{
		namespace:    os.Getenv("WEBHOOK_NAMESPACE"),
		name:         os.Getenv("WEBHOOK_NAME"),
		token:        os.Getenv("WEBHOOK_TOKEN"),
		host:         os.Getenv("HOST"),
		port:         os.Getenv("PORT"),
		innerPort:    os.Getenv("INNER_PORT"),
		natsURL:      os.Getenv("NATS_URL"),
		path:         os.Getenv("WEBHOOK_PATH"),
		topics:       declared,
		maxBodyBytes: maxBodyBytes,
		secrets:      secrets,
		async:        *async,
	}, nil
}

// readSecrets reads one secret per file, in the order of their names.
func readSecrets(dir string) ([][]byte, error) {
	// Entries that begin with a dot are how the kubelet replaces the others at once.
	files, err := filepath.Glob(filepath.Join(dir, "[^.]*"))
	if err != nil {
		return nil, err
	}
	var secrets [][]byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, bytes.TrimRight(content, "\r\n"))
	}
	if len(secrets) == 0 {
		return nil, errors.New("no secret in " + dir)
	}
	return secrets, nil
}
