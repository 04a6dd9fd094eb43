package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds an answer, in bytes; pages of a hundred are far smaller.
const maxAnswer = 32 << 20

// sound lets only answers through that say what was asked for: the client library
// takes an empty text, null, or a list with null in it, which a proxy or a server of
// a caller's may send, for objects that are not there.
type sound struct{ next http.RoundTripper }

// RoundTrip sends the request and looks at what a question is answered with.
//
// Answers that are not a success pass: the client library makes errors of those. The
// body is read whole, which bounds it and lets it be looked at before it is decoded.
func (s sound) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil || resp.StatusCode/100 != 2 {
		return resp, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("GitHub answers with more than %d bytes", maxAnswer)
	}
	// Answers to changes may be empty, as those of deletions are.
	if req.Method == http.MethodGet && hollow(text) {
		return nil, fmt.Errorf("GitHub answered %s with a body that cannot be read; is there a proxy in between?",
			req.URL.Path)
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

// hollow reports whether the text is no JSON, or lacks an object where there is to
// be one.
// GitHub never answers with a number or a text alone.
func hollow(text []byte) bool {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		return lacks(v)
	case []any:
		return lacks(v)
	}
	return true
}

// lacks reports whether a list in the value holds null.
func lacks(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			if lacks(one) {
				return true
			}
		}
	case []any:
		for _, one := range v {
			if one == nil || lacks(one) {
				return true
			}
		}
	}
	return false
}
