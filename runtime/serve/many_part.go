package serve

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is what the answer begins with.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader notes the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps what is written. It does not err.
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// send sends the answer.
func (k *kept) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), k.header)
	w.WriteHeader(k.status)
	w.Write(k.body.Bytes()) //nolint:errcheck // a client that has gone needs no answer
}

// again is the request with a body of its own.
func again(r *http.Request, body []byte) *http.Request {
	out := r.Clone(r.Context())
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.ContentLength = int64(len(body))
	return out
}

var errLong = errors.New("the body is too long")

// readAtMost reads all of the body, and errs where it has more bytes.
func readAtMost(body io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, most+1))
	if err == nil && int64(len(b)) > most {
		err = errLong
	}
	return b, err
}

// begin sets the headers that every answer has, and returns the request's id.
func begin(s *Server, w http.ResponseWriter, r *http.Request) string {
	id := s.requestID(r.Header["X-Request-Id"])
	h := w.Header()
	secure(h)
	h["X-Request-Id"] = []string{id}
	return id
}

// turnDown answers a request that is for no endpoint.
func turnDown(s *Server, w http.ResponseWriter, r *http.Request, p *Problem) {
	p.form = formOf(r.URL.Path)
	s.refuse(w, begin(s, w, r), nil, p)
}

// aheadOf is how far into a call's message its model's name is looked for, in bytes.
const aheadOf = 4 << 10

// called passes on a call to the endpoint of the model that its message names. Programs
// write the name first; a message in which it comes after 4 KiB is refused, for the rest
// is not held here.
func (m *Many) called(w http.ResponseWriter, r *http.Request) {
	const before = 5 // of the message: a flag and its length
	body := bufio.NewReaderSize(r.Body, before+aheadOf)
	head, err := body.Peek(before)
	if err == nil {
		n := min(binary.BigEndian.Uint32(head[1:]), aheadOf)
		head, err = body.Peek(before + int(n))
	}
	name := ""
	if err == nil {
		name = oip.PeekModel(head[before:], moves(r.URL.Path))
	}
	if name == "" {
		turnDown(m.Servers[0], w, r, problem(http.StatusBadRequest, "malformed_request",
			"several endpoints answer here: the message must name a model, within its first %d bytes", aheadOf))
		return
	}
	next := r.WithContext(r.Context())
	next.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	m.ofModel(w, next, name)
}
