package main

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"time"
)

// client sends ready-made requests over one connection, and opens another when that one has ended. It understands the
// answers of a webhook's receiver and no others: HTTP/1.1 with a Content-Length.
type client struct {
	address    string
	connection net.Conn
	reader     *bufio.Reader
}

var errProtocol = errors.New("not an answer with a content length")

// exchange sends a request and returns the status of its answer. An error ends the connection.
func (c *client) exchange(request []byte, deadline time.Time) (int, error) {
	if c.connection == nil {
		connection, err := (&net.Dialer{Deadline: deadline}).Dial("tcp", c.address)
		if err != nil {
			return 0, err
		}
		c.connection = connection
		c.reader = bufio.NewReaderSize(connection, 4096)
	}
	status, keep, err := c.roundTrip(request, deadline)
	if err != nil || !keep {
		c.close()
	}
	return status, err
}

func (c *client) roundTrip(request []byte, deadline time.Time) (status int, keep bool, err error) {
	if err := c.connection.SetDeadline(deadline); err != nil {
		return 0, false, err
	}
	if _, err := c.connection.Write(request); err != nil {
		return 0, false, err
	}
	return readAnswer(c.reader)
}

func (c *client) close() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}

func readAnswer(reader *bufio.Reader) (status int, keep bool, err error) {
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	// HTTP/1.1 200 OK
	version, rest, _ := bytes.Cut(line, []byte(" "))
	if string(version) != "HTTP/1.1" || len(rest) < 3 {
		return 0, false, errProtocol
	}
	if status, err = strconv.Atoi(string(rest[:3])); err != nil {
		return 0, false, errProtocol
	}
	length := -1
	keep = true
	for {
		if line, err = reader.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, errProtocol
			}
		case bytes.EqualFold(name, []byte("connection")):
			keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	if length < 0 {
		return 0, false, errProtocol
	}
	_, err = reader.Discard(length)
	return status, keep && err == nil, err
}
