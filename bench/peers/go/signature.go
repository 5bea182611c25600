package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"strings"
	"sync"
)

type verdict string

const (
	verified  verdict = "verified"
	missing   verdict = "missing"
	malformed verdict = "malformed"
	wrong     verdict = "wrong"
)

const signaturePrefix = "sha1="

// verifier holds one pool of keyed hashes per secret: setting the key costs two blocks, and memory.
type verifier []*sync.Pool

func newVerifier(secrets [][]byte) verifier {
	v := make(verifier, len(secrets))
	for i, secret := range secrets {
		v[i] = &sync.Pool{New: func() any { return hmac.New(sha1.New, secret) }}
	}
	return v
}

// check compares X-Hub-Signature, `sha1=` and 40 lower-case hex digits, with the HMAC-SHA1 of the body under each secret
// until one matches, each time in constant time.
func (v verifier) check(body []byte, header string) verdict {
	if header == "" {
		return missing
	}
	digits, found := strings.CutPrefix(header, signaturePrefix)
	var given, computed [sha1.Size]byte
	if !found || len(digits) != hex.EncodedLen(len(given)) || strings.ToLower(digits) != digits {
		return malformed
	}
	if _, err := hex.Decode(given[:], []byte(digits)); err != nil {
		return malformed
	}
	for _, pool := range v {
		mac := pool.Get().(hash.Hash)
		mac.Reset()
		mac.Write(body)
		matches := hmac.Equal(mac.Sum(computed[:0]), given[:])
		pool.Put(mac)
		if matches {
			return verified
		}
	}
	return wrong
}
