package serve

import (
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
		n, err := r.Body.Read(b[len(b):min(cap(b), limit+1)])
		b = b[:len(b)+n]
		w.body = b
		switch {
		case len(b) > limit:
			return tooLarge(limit)
		case errors.Is(err, io.EOF):
			if len(b) >= longBody || w.gen.Model.Remote != nil {
				pace.arrived(to, w.limits.timeout)
			}
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return problem(http.StatusRequestTimeout, "timeout", "the body took too long to arrive")
		case err != nil:
			return problem(http.StatusBadRequest, "unreadable_body", "the body ended early")
		case len(b) == cap(b):
			was := cap(b)
			b = append(b, 0)[:len(b)]
			w.body = b
			if p := memory.grow(cap(b) - was); p != nil {
				return p
			}
		}
		if n > 0 && len(b) >= leastRate {
			pace.progress(to, w.limits.timeout, len(b))
		}
	}
}

// pace moves the deadline of a connection along with a body. Bodies of a usual
// size never come to it: the connection's own deadline is what they need.
type pace struct{ began time.Time }

// progress allows for what has come so far.
func (p *pace) progress(to http.ResponseWriter, timeout time.Duration, bytes int) {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	earned := time.Duration(bytes) * time.Second / leastRate
	p.until(to, p.began.Add(min(timeout, firstPatience+earned)))
}

// arrived allows for the prediction: a deadline that passes meanwhile would be
// taken for a client that has gone.
func (p *pace) arrived(to http.ResponseWriter, timeout time.Duration) {
	p.until(to, time.Now().Add(timeout+time.Second))
}

func (p *pace) until(to http.ResponseWriter, t time.Time) {
	_ = http.NewResponseController(to).SetReadDeadline(t) // a writer without a connection has nobody to wait for
}

func tooLarge(limit int) *Problem {
	return problem(http.StatusRequestEntityTooLarge, "too_large",
		"the body has more than %d bytes; send several requests", limit)
}
