package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxAnswerBytes of an answer are read; the rest is not waited for.
const maxAnswerBytes = 64 * 1024

type handler struct {
	name    string
	url     string
	timeout time.Duration
	regions map[string]string
	client  *http.Client
}

// newHandler keeps one connection open for each call at a time.
func newHandler(cfg config) *handler {
	transport := &http.Transport{
		MaxConnsPerHost:     cfg.concurrency,
		MaxIdleConns:        cfg.concurrency,
		MaxIdleConnsPerHost: cfg.concurrency,
		DisableCompression:  true,
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &handler{name: cfg.handler, url: cfg.url, timeout: cfg.timeout, regions: cfg.regions, client: client}
}

// call makes one call, within one deadline for all of it.
func (h *handler) call(ctx context.Context, header http.Header, body []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header = header
	response, err := h.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswerBytes))
	return response.StatusCode, err
}

// header makes CloudEvents 1.0 in binary mode, W3C trace context, and the project's own.
func (h *handler) header(n notification, attempt int, stale bool) http.Header {
	id := n.dedupID()
	region, known := h.regions[n.appID]
	if !known {
		region = "unknown"
	}
	at := time.UnixMilli(n.receivedAt)
	if n.createdAt >= 0 {
		at = time.Unix(n.createdAt, 0)
	}
	trace := sha256.Sum256([]byte(id))
	header := http.Header{
		"Content-Type":       {"application/json"},
		"Ce-Specversion":     {"1.0"},
		"Ce-Id":              {percentEncode(n.id)},
		"Ce-Type":            {percentEncode("com.intercom." + n.topic)},
		"Ce-Source":          {"//intercom/" + strings.ToLower(region) + "/" + url.PathEscape(n.appID)},
		"Ce-Subject":         {percentEncode(n.key)},
		"Ce-Time":            {at.UTC().Format("2006-01-02T15:04:05.000Z")},
		"Idempotency-Key":    {percentEncode(id + ":" + h.name)},
		"X-Delivery-Attempt": {strconv.Itoa(attempt)},
		"Traceparent":        {fmt.Sprintf("00-%s-%016x-00", hex.EncodeToString(trace[:16]), rand.Uint64())},
	}
	if stale {
		header["X-Intercom-Stale"] = []string{"true"}
	}
	return header
}

// percentEncode is that of the CloudEvents HTTP binding §3.1.3.2: all but visible ASCII, and `"` and `%`.
func percentEncode(text string) string {
	if strings.IndexFunc(text, isUnsafe) < 0 {
		return text
	}
	var encoded strings.Builder
	for _, char := range []byte(text) {
		if isUnsafe(rune(char)) {
			fmt.Fprintf(&encoded, "%%%02X", char)
		} else {
			encoded.WriteByte(char)
		}
	}
	return encoded.String()
}

func isUnsafe(char rune) bool { return char < '!' || char > '~' || char == '"' || char == '%' }
