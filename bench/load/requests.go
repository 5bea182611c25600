package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

const (
	idLength     = 36
	maxBodyBytes = 1 << 20
)

// template is a request whose id and signature are filled in when it is sent.
type template struct {
	bytes                     []byte
	signatureAt, bodyAt, idAt int
	// macs have taken in the body up to its id, one under each secret: only the rest is hashed for each request.
	macs []hash.Cloner
}

// requests makes the n-th request of this run; safe for use by several goroutines.
type requests struct {
	templates []template
	secrets   int
	// run is the part of every id that tells this run from others, so that no broker takes it for a repetition.
	run string
}

func readRequests(bodies io.Reader, s settings) (*requests, error) {
	lines := bufio.NewScanner(bodies)
	lines.Buffer(nil, maxBodyBytes)
	made := &requests{secrets: len(s.secrets), run: rand.Text()[:8]}
	for lines.Scan() {
		t, err := newTemplate(lines.Bytes(), s)
		if err != nil {
			return nil, fmt.Errorf("body %d: %w", len(made.templates)+1, err)
		}
		made.templates = append(made.templates, t)
	}
	if len(made.templates) == 0 {
		return nil, errors.Join(lines.Err(), errors.New("no bodies on stdin"))
	}
	return made, lines.Err()
}

func newTemplate(body []byte, s settings) (template, error) {
	at := bytes.LastIndex(body, []byte(s.id))
	if at < 0 {
		return template{}, errors.New("does not hold the id")
	}
	connection := "keep-alive"
	if s.newConnection {
		connection = "close"
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nContent-Type: application/json\r\n"+
		"Connection: %s\r\nContent-Length: %d\r\nX-Hub-Signature: sha1=",
		s.target.RequestURI(), s.target.Host, connection, len(body))
	signature := strings.Repeat("0", hex.EncodedLen(sha1.Size)) + "\r\n\r\n"
	t := template{
		bytes:       append([]byte(head+signature), body...),
		signatureAt: len(head),
		bodyAt:      len(head) + len(signature),
		idAt:        len(head) + len(signature) + at,
	}
	for _, secret := range s.secrets {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write(body[:at])
		cloner, ok := mac.(hash.Cloner)
		if !ok {
			return template{}, errors.New("this Go cannot copy the state of a hash")
		}
		t.macs = append(t.macs, cloner)
	}
	return t, nil
}

// write puts the n-th request into buffer, which it may replace by a larger one.
func (r *requests) write(buffer []byte, n uint64) ([]byte, error) {
	t := &r.templates[n%uint64(len(r.templates))]
	// The secret changes with every round through the templates, so that each body is signed with each secret.
	mac, err := t.macs[(n/uint64(len(r.templates)))%uint64(r.secrets)].Clone()
	if err != nil {
		return nil, err
	}
	buffer = append(buffer[:0], t.bytes...)
	var id [idLength]byte
	copy(buffer[t.idAt:], fmt.Appendf(id[:0], "%s-0000-4000-8000-%012x", r.run, n))
	mac.Write(buffer[t.idAt:])
	var digest [sha1.Size]byte
	hex.Encode(buffer[t.signatureAt:], mac.Sum(digest[:0]))
	return buffer, nil
}
