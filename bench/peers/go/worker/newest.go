package main

import "sync"

const maxKeys = 50_000

// newest remembers the newest created_at that was handled for each key.
type newest struct {
	mutex     sync.Mutex
	createdAt map[string]int64
}

func newNewest() *newest { return &newest{createdAt: make(map[string]int64)} }

// isStale says whether something newer of the key was handled before.
func (n *newest) isStale(key string, createdAt int64) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return createdAt >= 0 && createdAt < n.createdAt[key]
}

func (n *newest) handled(key string, createdAt int64) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if len(n.createdAt) >= maxKeys {
		clear(n.createdAt)
	}
	n.createdAt[key] = max(createdAt, n.createdAt[key])
}
