// The handler that the worker's bench calls. It takes everything with an empty 200, and keeps what the bench wants to
// know afterwards: how many calls came, which of them again or after a newer one of their key, when, and with what. Each
// path has a book of its own, so that several workers can be told apart.
//
//	POST   /<name>             a call; `ce-id` ends with its ordinal, 12 digits that grow in the order of the stream
//	GET    /<name>             {"calls":…,"repeated":…,"outOfOrder":…,"firstMs":…,"lastMs":…}
//	GET    /<name>?latest      the newest call of each key: {"<key>":{"ordinal":…,"atMs":…,"headers":…,"crc32":…}}
//	DELETE /<name>?delay=20ms  begins a new book, for calls that take so long
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	port := flag.Int("port", 0, "where to listen, on loopback")
	flag.Parse()
	books := &books{byPath: make(map[string]*book)}
	server := &http.Server{
		Addr:              net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)),
		Handler:           books,
		ReadHeaderTimeout: 10 * time.Second,
	}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "handler:", err)
		os.Exit(1)
	}
}

// books holds one book per path.
type books struct {
	mutex  sync.Mutex
	byPath map[string]*book
}

func (b *books) of(path string) *book {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	found := b.byPath[path]
	if found == nil {
		found = newBook(0)
		b.byPath[path] = found
	}
	return found
}

func (b *books) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		b.take(w, r)
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(b.of(r.URL.Path).tell(r.URL.Query().Has("latest"))); err != nil {
			fmt.Fprintln(os.Stderr, "handler:", err)
		}
	case http.MethodDelete:
		delay, err := time.ParseDuration(r.URL.Query().Get("delay"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b.mutex.Lock()
		b.byPath[r.URL.Path] = newBook(delay)
		b.mutex.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (b *books) take(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, r.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ordinal, err := ordinalOf(r.Header.Get("Ce-Id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	book := b.of(r.URL.Path)
	book.write(r.Header.Get("Ce-Subject"), call{ordinal, milliseconds(at), r.Header, sum.Sum32()})
	time.Sleep(book.delay)
	w.WriteHeader(http.StatusOK)
}

func ordinalOf(id string) (int64, error) {
	return strconv.ParseInt(id[strings.LastIndexByte(id, '-')+1:], 10, 64)
}

// milliseconds since 1970.
func milliseconds(at time.Time) float64 { return float64(at.UnixMicro()) / 1000 }
