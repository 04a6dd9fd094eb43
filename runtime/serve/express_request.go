package serve

import (
	"bytes"
	"context"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// What an exchange is at.
const (
	waiting int32 = iota // for a request
	busy
	gone
)

// exchange is a connection whose requests were all plain so far.
type exchange struct {
	guest  *guest
	state  atomic.Int32
	base   http.Request // what its requests have in common
	in     [4 << 10]byte
	answer plainAnswer
	readBy time.Time // the deadline for what comes
}

func newExchange(ctx context.Context, g *guest, c *clock) *exchange {
	e := &exchange{guest: g, base: *(&http.Request{Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1, RemoteAddr: g.RemoteAddr().String()}).WithContext(ctx)}
	e.answer = plainAnswer{conn: g.Conn, clock: c, header: http.Header{}}
	return e
}

// expect bounds the wait for a request. Deadlines are system timers, so one that is
// nearly right already is left as it is.
func (e *exchange) expect(patience time.Duration) {
	if by := time.Now().Add(patience); by.Sub(e.readBy) > patience/16 || by.Before(e.readBy) {
		e.readBy = by
		_ = e.guest.SetReadDeadline(by) // a connection that is closed says so when it is read
	}
}

// plainRequest is a request that leaves nothing to interpretation: it has come in one
// piece, with nothing behind it, by POST, with a path of unreserved characters, one
// Host and one Content-Length. Its header fields are in printable ASCII, no two have the
// same name, and none is about the connection or the body's form. So it means the same
// to whatever stands before this server, which is what request smuggling lives off.
type plainRequest struct {
	http.Request
	url    url.URL
	values [16]string
	body   plainBody
}

type plainBody struct{ bytes.Reader }

func (*plainBody) Close() error { return nil }

// request reads a plain request; nil: it is none. The texts are copies, and the body
// is not.
func (e *exchange) request(b []byte) *plainRequest {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 || !bytes.HasPrefix(b, []byte("POST /")) {
		return nil
	}
	first, rest, _ := strings.Cut(string(b[:end+2]), "\r\n")
	path, ok := strings.CutSuffix(first[len("POST "):], " HTTP/1.1")
	if !ok || strings.HasPrefix(path, "//") || !only(path, inPath) {
		return nil
	}
	r := &plainRequest{Request: e.base, url: url.URL{Path: path}}
	r.URL, r.RequestURI, r.Header, r.ContentLength = &r.url, path, make(http.Header, 8), -1
	if !r.fields(rest) || r.Host == "" || r.ContentLength != int64(len(b)-end-4) {
		return nil
	}
	r.body.Reset(b[end+4:])
	r.Body = &r.body
	return r
}

// fields reads the header, and reports whether it is plain.
func (r *plainRequest) fields(rest string) bool {
	for n := 0; rest != ""; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || n == len(r.values) || name == "" || !only(name, inName) || !only(value, printable) {
			return false
		}
		name, value = textproto.CanonicalMIMEHeaderKey(name), strings.Trim(value, " ")
		switch name {
		case "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Expect", "Proxy-Connection", "Keep-Alive", "Pragma":
			return false
		case "Connection":
			if !strings.EqualFold(value, "keep-alive") {
				return false
			}
		case "Host":
			if r.Host != "" || !only(value, inHost) {
				return false
			}
			r.Host = value
			continue
		case "Content-Length":
			if !digits(value) {
				return false
			}
			r.ContentLength, _ = strconv.ParseInt(value, 10, 64)
		}
		if r.Header[name] != nil {
			return false
		}
		r.values[n] = value
		r.Header[name] = r.values[n : n+1 : n+1]
	}
	return true
}

// digits reports whether a text is a number above 0 in its one usual form.
func digits(s string) bool { return s != "" && len(s) < 8 && s[0] != '0' && only(s, decimal) }

// Classes of characters.
const (
	decimal = 1 << iota
	inName
	inPath
	inHost
	inField // of a field's name, by RFC 9110
	printable
)

// classes are those that a character is in.
var classes = func() (out [256]uint8) {
	for c := ' '; c <= '~'; c++ {
		out[c] = printable
		switch {
		case c >= '0' && c <= '9':
			out[c] |= decimal | inName | inPath | inHost | inField
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-':
			out[c] |= inName | inPath | inHost | inField
		case strings.ContainsRune("/_~", c):
			out[c] |= inPath
		case strings.ContainsRune("[]", c):
			out[c] |= inHost
		case strings.ContainsRune(".:", c):
			out[c] |= inPath | inHost
		}
		if strings.ContainsRune("!#$%&'*+.^_`|~", c) {
			out[c] |= inField
		}
	}
	return out
}()

// only reports whether all of a text's characters are of a class.
func only(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}
