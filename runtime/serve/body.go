package serve

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
)

// acceptable returns what is wrong with a body by its header. A body must say
// that it is JSON: browsers send other types across sites without asking.
//
// Types that end in +json are JSON by RFC 6839. A second Content-Type header is
// refused, because proxies differ in which of the two they act on. Compressed
// bodies are refused since their size says nothing about what they expand to.
func acceptable(h http.Header) *Problem {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return problem(http.StatusUnsupportedMediaType, "unsupported_encoding",
			"bodies are taken as they are, not compressed")
	}
	given := h["Content-Type"]
	if len(given) == 1 && given[0] == typeJSON[0] {
		return nil
	}
	if len(given) == 1 {
		kind, params, err := mime.ParseMediaType(given[0])
		charset := params["charset"]
		json := kind == typeJSON[0] || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
		if err == nil && json && (charset == "" || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	return problem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		"send the header Content-Type: application/json, and UTF-8")
}

// firstRead is how much of a body is made room for before any of it has come.
const firstRead = 4 << 10

// A body must have come by firstPatience, or else at leastRate from then on, and in
// any case within the endpoint's timeout. A client that sends a byte now and
// then is let go as soon as it is below that.
const (
	firstPatience = headerTimeout
	leastRate     = 16 << 10 // bytes a second
)

// read reads the body into w.body. Memory grows with what arrives, not with
// what the header promises, and is claimed beyond the first read.
//
// Errors: 413 where the body is over the limit, by its header or by what
// arrived; 408 where it is slower than pace allows; 400 where the connection
// ended first; 503 where the memory of all requests is used up. A buffer that a
// pooled worker kept is reused without a claim: maxKept bounds it.
func (w *worker) read(to http.ResponseWriter, r *http.Request, memory *claim) *Problem {
	limit := w.limits.body
	if r.ContentLength > int64(limit) {
		return tooLarge(limit)
	}
	if cap(w.body) < firstRead {
		w.body = make([]byte, 0, firstRead)
	}
	var pace pace
	b := w.body[:0]
	for {
		// One byte more than the limit is room enough to notice a body that
		// is longer, also where it is chunked and no header gave its length.
		n, err := r.Body.Read(b[len(b):min(cap(b), limit+1)])
		b = b[:len(b)+n]
		w.body = b
		switch {
		case len(b) > limit:
			return tooLarge(limit)
		case errors.Is(err, io.EOF):
			// Short bodies are predicted well within the deadline that the
			// connection has. Long ones, explanations and models behind
			// another server may take up to the endpoint's timeout.
			if len(b) >= longBody || w.gen.Model.Remote != nil || w.patient || bytes.Contains(b, explainKey) {
				pace.arrived(to, w.limits.timeout)
			}
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return problem(http.StatusRequestTimeout, "timeout", "the body took too long to arrive")
		case err != nil:
			return problem(http.StatusBadRequest, "unreadable_body", "the body ended early")
		case len(b) == cap(b):
			was := cap(b)
			// append chooses the growth, about 1.25 to 2 times, and copies; the
			// byte itself is cut off again.
			b = append(b, 0)[:len(b)]
			w.body = b
			if p := memory.grow(cap(b) - was); p != nil {
				return p
			}
		}
		// A body below one second's worth at leastRate is expected within
		// firstPatience, and needs no system call for its deadline.
		if n > 0 && len(b) >= leastRate {
			pace.progress(to, w.limits.timeout, len(b))
		}
	}
}

// pace moves the deadline of a connection along with a body. Bodies of a usual
// size never come to it: the connection's own deadline is what they need.
type pace struct{ began time.Time }

// progress allows for what has come so far.
// bytes is the size of the body so far. The deadline is counted from the first
// call, not from the last, so that a burst followed by silence earns no extra
// time beyond what its bytes are worth.
func (p *pace) progress(to http.ResponseWriter, timeout time.Duration, bytes int) {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	earned := time.Duration(bytes) * time.Second / leastRate
	p.until(to, p.began.Add(min(timeout, firstPatience+earned)))
}

// arrived allows for the prediction: a deadline that passes meanwhile would be
// taken for a client that has gone.
// net/http keeps reading in the background while a handler runs, to notice a
// closed connection; a deadline that fires there cancels the request's context.
func (p *pace) arrived(to http.ResponseWriter, timeout time.Duration) {
	p.until(to, time.Now().Add(timeout+time.Second))
}

// until sets the deadline of reads from the connection. Servers under test hand
// in recorders that have none.
func (p *pace) until(to http.ResponseWriter, t time.Time) {
	_ = http.NewResponseController(to).SetReadDeadline(t) // a writer without a connection has nobody to wait for
}

func tooLarge(limit int) *Problem {
	return problem(http.StatusRequestEntityTooLarge, "too_large",
		"the body has more than %d bytes; send several requests", limit)
}
