// Package answers plays a server that may answer anything, so that clients can be
// fuzzed by what they are answered.
package answers

import (
	"bytes"
	"io"
	"net/http"
)

// Always answers every request with the same status and body, and counts them. It
// sends nothing anywhere, and is not safe for concurrent use.
type Always struct {
	Status int
	Body   []byte
	Asked  int
}

// RoundTrip reads the request's body and answers.
func (a *Always) RoundTrip(r *http.Request) (*http.Response, error) {
	a.Asked++
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body) // what is sent does not matter
		_ = r.Body.Close()
	}
	return &http.Response{
		StatusCode: a.Status, Status: http.StatusText(a.Status),
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(a.Body)), Request: r, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}
