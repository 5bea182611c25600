package main

import (
	"hash/crc32"
	"regexp"
	"strings"
)

const slots = 64

// key says whose notification it is: what is kept in order.
type key struct{ kind, id string }

func (k key) String() string { return k.kind + "/" + k.id }

// slot is the share of keys that this one belongs to.
func (k key) slot() uint32 { return crc32.ChecksumIEEE([]byte(k.String())) % slots }

// keyOf returns the key of data.item, or that of the notification itself where the item names none.
func keyOf(item any, notificationID string) key {
	object, _ := item.(map[string]any)
	if k := keyOfItem(object); k.id != "" {
		return k
	}
	return key{"notification", notificationID}
}

var (
	holdsContact = regexp.MustCompile(`^(?:contact_|granular_|subscription)`)
	typeName     = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,63}$`)
)

func keyOfItem(item map[string]any) key {
	kind, typed := item["type"].(string)
	switch {
	case !typed:
		return keyOfWrapper(item)
	case kind == "conversation" || kind == "conversation_part":
		return key{"conversation", firstID(item["conversation_id"], item["id"])}
	case kind == "event":
		return key{"contact", firstID(item["intercom_user_id"], item["user_id"])}
	case isContact(kind):
		return key{"contact", idOf(item["id"])}
	}
	if id := idOf(idWithin(item["contact"])); id != "" && holdsContact.MatchString(kind) {
		return key{"contact", id}
	}
	switch {
	case strings.HasPrefix(kind, "content_stat"):
		return key{kind, firstID(item["id"], idWithin(item["content_stat"]))}
	case typeName.MatchString(kind):
		return key{kind, idOf(item["id"])}
	}
	return key{}
}

// keyOfWrapper is for items without a type, which hold what they are about: {ticket, contact}, {company, contact}.
func keyOfWrapper(item map[string]any) key {
	for _, kind := range []string{"ticket", "conversation", "company"} {
		if inner, found := item[kind].(map[string]any); found {
			return key{kind, firstID(inner["id"], idWithin(inner["model"]))}
		}
	}
	if id := idOf(item["conversation_id"]); id != "" {
		return key{"conversation", id}
	}
	return key{"contact", idOf(idWithin(item["contact"]))}
}

func isContact(kind string) bool {
	switch kind {
	case "contact", "user", "lead", "visitor":
		return true
	}
	return false
}

func firstID(values ...any) string {
	for _, value := range values {
		if id := idOf(value); id != "" {
			return id
		}
	}
	return ""
}
