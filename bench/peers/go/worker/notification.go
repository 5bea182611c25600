package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/nats-io/nats.go"
)

const formatVersion = "1"

// notification is what the headers of a stored message say of it.
type notification struct {
	topic, id, appID, key string
	// createdAt is Unix seconds; -1 where Intercom gave none.
	createdAt int64
	// receivedAt is milliseconds since 1970.
	receivedAt int64
}

func readNotification(header nats.Header) (notification, error) {
	if version := header.Get("Icw-Version"); version != formatVersion {
		return notification{}, fmt.Errorf("format version %q", version)
	}
	receivedAt, err := strconv.ParseInt(header.Get("Icw-Received-At"), 10, 64)
	if err != nil {
		return notification{}, fmt.Errorf("Icw-Received-At: %w", err)
	}
	createdAt := int64(-1)
	if text := header.Get("Icw-Created-At"); text != "" {
		if createdAt, err = strconv.ParseInt(text, 10, 64); err != nil {
			return notification{}, fmt.Errorf("Icw-Created-At: %w", err)
		}
	}
	return notification{
		topic:      decode(header.Get("Icw-Topic")),
		id:         decode(header.Get("Icw-Id")),
		appID:      decode(header.Get("Icw-App-Id")),
		key:        decode(header.Get("Icw-Key")),
		createdAt:  createdAt,
		receivedAt: receivedAt,
	}, nil
}

var appIDEscapes = strings.NewReplacer("%", "%25", ":", "%3A")

// dedupID is unique within the webhook.
func (n notification) dedupID() string { return appIDEscapes.Replace(n.appID) + ":" + n.id }

// decode reads a header's value: \uXXXX stands for one UTF-16 unit.
func decode(value string) string {
	if !strings.Contains(value, `\u`) {
		return value
	}
	parts := strings.Split(value, `\u`)
	units := utf16.Encode([]rune(parts[0]))
	for _, part := range parts[1:] {
		if len(part) < 4 {
			return value
		}
		unit, err := strconv.ParseUint(part[:4], 16, 16)
		if err != nil {
			return value
		}
		units = append(append(units, uint16(unit)), utf16.Encode([]rune(part[4:]))...)
	}
	return string(utf16.Decode(units))
}
