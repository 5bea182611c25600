package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

const (
	maxTopicLength = 2048
	maxIDLength    = 256
	// The bounds of the search for ids.
	maxValues       = 5_000
	maxIDs          = 32
	maxListedLength = 64
	maxSafeInteger  = 1<<53 - 1
)

// notification is what the message's subject and headers are made of. The body stays as it came.
type notification struct {
	id, appID, topic string
	// createdAt is in Unix seconds, -1 where Intercom gave none.
	createdAt        int64
	deliveryAttempts int64
	key              key
	contacts         []string
	conversations    []string
}

// event is Intercom's envelope. Ids and times are of any type: some are numbers in one API version and text in another.
type event struct {
	ID               any    `json:"id"`
	AppID            any    `json:"app_id"`
	Topic            string `json:"topic"`
	CreatedAt        any    `json:"created_at"`
	DeliveryAttempts any    `json:"delivery_attempts"`
	Data             struct {
		Item any `json:"item"`
	} `json:"data"`
}

var errNoTopic = errors.New("no topic")

func readNotification(body []byte) (notification, error) {
	var read event
	if err := json.Unmarshal(body, &read); err != nil {
		return notification{}, err
	}
	if read.Topic == "" || len(read.Topic) > maxTopicLength {
		return notification{}, errNoTopic
	}
	id := idOf(read.ID)
	if id == "" {
		digest := sha256.Sum256(body)
		id = "sha256-" + hex.EncodeToString(digest[:])
	}
	n := notification{id: id, appID: idOf(read.AppID), topic: read.Topic, createdAt: -1, deliveryAttempts: 1}
	if seconds, ok := wholeNumber(read.CreatedAt); ok && seconds >= 0 && seconds <= 253_402_300_799 {
		n.createdAt = seconds
	}
	if attempts, ok := wholeNumber(read.DeliveryAttempts); ok {
		n.deliveryAttempts = attempts
	}
	n.key = keyOf(read.Data.Item, id)
	n.contacts, n.conversations = findIDs(read.Data.Item)
	return n, nil
}

// findIDs returns every contact and conversation id anywhere in the item, breadth first.
func findIDs(item any) (contacts, conversations []string) {
	queue := []any{item}
	push := func(child any) {
		switch child.(type) {
		case map[string]any, []any:
			if len(queue) < maxValues {
				queue = append(queue, child)
			}
		}
	}
	for i := 0; i < len(queue); i++ {
		switch value := queue[i].(type) {
		case []any:
			for _, child := range value {
				push(child)
			}
		case map[string]any:
			switch kind, _ := value["type"].(string); {
			case isContact(kind):
				contacts = add(contacts, value["id"])
			case kind == "conversation":
				conversations = add(conversations, value["id"])
			case kind == "event":
				contacts = add(contacts, value["user_id"])
			}
			conversations = add(conversations, value["conversation_id"])
			contacts = add(contacts, value["contact_id"])
			contacts = add(contacts, value["intercom_user_id"])
			contacts = add(contacts, idWithin(value["contact"]))
			conversations = add(conversations, idWithin(value["conversation"]))
			for _, child := range value {
				push(child)
			}
		}
	}
	return contacts, conversations
}

func add(ids []string, value any) []string {
	id := idOf(value)
	if id == "" || len(id) > maxListedLength || len(ids) >= maxIDs {
		return ids
	}
	for _, known := range ids {
		if known == id {
			return ids
		}
	}
	return append(ids, id)
}

// idOf returns an Intercom id as text: a whole number, or text that is neither empty nor too long; else nothing.
func idOf(value any) string {
	switch id := value.(type) {
	case string:
		if len(id) <= maxIDLength || utf8.RuneCountInString(id) <= maxIDLength {
			return id
		}
	case float64:
		if whole, ok := wholeNumber(id); ok {
			return strconv.FormatInt(whole, 10)
		}
	}
	return ""
}

func idWithin(value any) any {
	object, _ := value.(map[string]any)
	return object["id"]
}

func wholeNumber(value any) (int64, bool) {
	number, ok := value.(float64)
	if !ok || number != math.Trunc(number) || math.Abs(number) > maxSafeInteger {
		return 0, false
	}
	return int64(number), true
}
