package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const formatVersion = "1"

// message puts a notification under its subject, with the headers that the worker reads.
func message(webhook string, n notification, body []byte, receivedAt time.Time) *nats.Msg {
	header := nats.Header{
		jetstream.MsgIDHeader:   {encode(n.appID + ":" + n.id)},
		"Icw-Version":           {formatVersion},
		"Icw-Topic":             {encode(n.topic)},
		"Icw-Id":                {encode(n.id)},
		"Icw-App-Id":            {encode(n.appID)},
		"Icw-Key":               {encode(n.key.String())},
		"Icw-Received-At":       {strconv.FormatInt(receivedAt.UnixMilli(), 10)},
		"Icw-Delivery-Attempts": {strconv.FormatInt(n.deliveryAttempts, 10)},
	}
	if n.createdAt >= 0 {
		header["Icw-Created-At"] = []string{strconv.FormatInt(n.createdAt, 10)}
	}
	if len(n.contacts) > 0 {
		header["Icw-Contacts"] = []string{encodeList(n.contacts)}
	}
	if len(n.conversations) > 0 {
		header["Icw-Conversations"] = []string{encodeList(n.conversations)}
	}
	subject := fmt.Sprintf("icw.%s.n.%02d.%s", webhook, n.key.slot(), encodeTopic(n.topic))
	return &nats.Msg{Subject: subject, Header: header, Data: body}
}

// encode writes a header's value: all but visible ASCII, and the backslash, as \uXXXX, one per UTF-16 unit.
func encode(text string) string {
	if strings.IndexFunc(text, isEscaped) < 0 {
		return text
	}
	var encoded strings.Builder
	for _, char := range text {
		if !isEscaped(char) {
			encoded.WriteRune(char)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, char) {
			fmt.Fprintf(&encoded, `\u%04x`, unit)
		}
	}
	return encoded.String()
}

func isEscaped(char rune) bool { return char < '!' || char > '~' || char == '\\' }

func encodeList(items []string) string {
	encoded := make([]string, len(items))
	for i, item := range items {
		encoded[i] = encode(item)
	}
	return strings.Join(encoded, " ")
}

// encodeTopic makes a topic safe to stand in a subject: dots separate, other bytes outside [A-Za-z0-9_-] become %XX.
func encodeTopic(topic string) string {
	tokens := strings.Split(topic, ".")
	for i, token := range tokens {
		tokens[i] = encodeToken(token)
	}
	return strings.Join(tokens, ".")
}

func encodeToken(token string) string {
	if token == "" {
		return "%"
	}
	if strings.IndexFunc(token, isUnsafe) < 0 {
		return token
	}
	var encoded strings.Builder
	for _, char := range []byte(token) {
		if isUnsafe(rune(char)) {
			fmt.Fprintf(&encoded, "%%%02X", char)
		} else {
			encoded.WriteByte(char)
		}
	}
	return encoded.String()
}

func isUnsafe(char rune) bool {
	isPlain := char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9'
	return !isPlain && char != '_' && char != '-'
}
