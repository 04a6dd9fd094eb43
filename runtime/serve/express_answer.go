package serve

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// plainAnswer is the answer to a plain request: it is sent in one piece, when it is
// complete. One whose length the handler has said is complete with the write of so
// many bytes, and is sent by that, so that whoever accounts for its memory does so for
// as long as a slow client leaves it here.
type plainAnswer struct {
	conn    net.Conn
	clock   *clock
	header  http.Header
	status  int // 0: not said yet
	body    []byte
	sent    bool
	closes  bool // the connection, after it
	err     error
	wire    []byte // as it is sent
	within  time.Duration
	writeBy time.Time // the deadline for what is sent
}

// begin forgets the answer before. What is sent, is within that time.
func (a *plainAnswer) begin(within time.Duration) {
	clear(a.header)
	a.status, a.body, a.sent, a.closes, a.err, a.within = 0, a.body[:0], false, false, nil, within
}

func (a *plainAnswer) Header() http.Header { return a.header }

// WriteHeader takes the status. One that announces another is not sent: it may be left
// out.
func (a *plainAnswer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
}

func (a *plainAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	switch {
	case bodiless(a.status):
		return 0, http.ErrBodyNotAllowed
	case a.sent:
		return 0, http.ErrContentLength
	case len(a.body) == 0 && len(b) > 0 && a.said() == len(b):
		if a.send(b); a.err != nil {
			return 0, a.err
		}
		return len(b), nil
	}
	a.body = append(a.body, b...)
	return len(b), nil
}

// said is the length that the handler has said; -1: none.
func (a *plainAnswer) said() int {
	if v := a.header["Content-Length"]; len(v) == 1 {
		if n, err := strconv.Atoi(v[0]); err == nil {
			return n
		}
	}
	return -1
}

// end sends what is not sent yet, and reports whether another request may follow.
func (a *plainAnswer) end() bool {
	a.WriteHeader(http.StatusOK)
	if !a.sent {
		a.send(a.body)
	}
	if cap(a.body) > maxKept {
		a.body = nil
	}
	if cap(a.wire) > maxKept {
		a.wire = nil
	}
	return a.err == nil && !a.closes
}

// send sends the whole answer.
func (a *plainAnswer) send(body []byte) {
	a.sent = true
	now := time.Now()
	a.wire = append(a.head(a.wire[:0], body, now), body...)
	// As for reads: most of the time is enough, and needs no timer to be moved.
	if by := now.Add(a.within); by.Sub(a.writeBy) > a.within/16 {
		a.writeBy = by
		_ = a.conn.SetWriteDeadline(by) // a connection that is closed says so when it is written to
	}
	_, a.err = a.conn.Write(a.wire)
}

// head appends the status and the header. It leaves out what net/http leaves out: what
// would be no field, and trailers, which this form of answer cannot have.
func (a *plainAnswer) head(out, body []byte, now time.Time) []byte {
	if a.status == http.StatusOK {
		out = append(out, "HTTP/1.1 200 OK\r\n"...)
	} else {
		out = strconv.AppendInt(append(out, "HTTP/1.1 "...), int64(a.status), 10)
		out = append(append(append(out, ' '), http.StatusText(a.status)...), "\r\n"...)
	}
	for name, values := range a.header {
		switch name {
		case "Content-Length", "Transfer-Encoding", "Trailer":
			continue
		case "Connection":
			a.closes = slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, "close") })
		}
		for _, v := range values {
			out = appendField(out, name, v)
		}
	}
	if a.header["Date"] == nil {
		out = appendField(out, "Date", a.clock.date(now))
	}
	if bodiless(a.status) {
		return append(out, "\r\n"...)
	}
	if _, said := a.header["Content-Type"]; !said && len(body) > 0 && a.header["Content-Encoding"] == nil {
		out = appendField(out, "Content-Type", http.DetectContentType(body))
	}
	out = strconv.AppendInt(append(out, "Content-Length: "...), int64(len(body)), 10)
	return append(out, "\r\n\r\n"...)
}

// appendField appends a field of the header, on one line whatever its value.
func appendField(out []byte, name, value string) []byte {
	if name == "" || !only(name, inField) {
		return out
	}
	if !only(value, printable) {
		value = strings.Trim(strings.NewReplacer("\n", " ", "\r", " ").Replace(value), " \t")
	}
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

// bodiless reports whether an answer with the status has no body, and no length.
func bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// clock is the time as the header has it: nearly all answers share a second with the
// one before.
type clock struct{ last atomic.Pointer[moment] }

type moment struct {
	unix int64
	text string
}

func (c *clock) date(now time.Time) string {
	if last := c.last.Load(); last != nil && last.unix == now.Unix() {
		return last.text
	}
	m := &moment{now.Unix(), now.UTC().Format(http.TimeFormat)}
	c.last.Store(m)
	return m.text
}
