package serve

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
)

// acceptable returns what is wrong with a body by its header. A body must say
// that it is JSON: browsers send other types across sites without asking.
func acceptable(h http.Header) *Problem {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return problem(http.StatusUnsupportedMediaType, "unsupported_encoding", "bodies are taken as they are, not compressed")
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
	return problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the header Content-Type: application/json, and UTF-8")
}

// firstRead is how much of a body is made room for before any of it has come.
const firstRead = 4 << 10

// read reads the body into w.body. Memory grows with what arrives, not with
// what the header promises.
func (w *worker) read(r *http.Request) *Problem {
	limit := w.limits.body
	if r.ContentLength > int64(limit) {
		return tooLarge(limit)
	}
	if cap(w.body) < firstRead {
		w.body = make([]byte, 0, firstRead)
	}
	b := w.body[:0]
	for {
		n, err := r.Body.Read(b[len(b):min(cap(b), limit+1)])
		b = b[:len(b)+n]
		w.body = b
		switch {
		case len(b) > limit:
			return tooLarge(limit)
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return problem(http.StatusRequestTimeout, "timeout", "the body took too long to arrive")
		case err != nil:
			return problem(http.StatusBadRequest, "unreadable_body", "the body ended early")
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

func tooLarge(limit int) *Problem {
	return problem(http.StatusRequestEntityTooLarge, "too_large", "the body has more than %d bytes; send several requests", limit)
}
