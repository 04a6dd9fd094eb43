package oip

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed testdata/protocol.yaml
var protocol []byte

// session is a server under test, its model and a request that it answers.
type session struct {
	ctx        context.Context
	base       string
	model      string
	extensions []string
	about      metadata
	request    request
	schemas    openapi3.Schemas
}

type metadata struct {
	Name     string   `json:"name"`
	Versions []string `json:"versions"`
	Inputs   []tensor `json:"inputs"`
	Outputs  []tensor `json:"outputs"`
}

type tensor struct {
	Name       string          `json:"name"`
	Datatype   string          `json:"datatype,omitempty"`
	Shape      []int           `json:"shape,omitempty"`
	Parameters map[string]any  `json:"parameters,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
}

type request struct {
	ID         string         `json:"id,omitempty"`
	Parameters map[string]any `json:"parameters,omitempty"`
	Inputs     []tensor       `json:"inputs"`
	Outputs    []tensor       `json:"outputs,omitempty"`
}

type response struct {
	ModelName    string   `json:"model_name"`
	ModelVersion string   `json:"model_version"`
	ID           string   `json:"id"`
	Outputs      []tensor `json:"outputs"`
}

// newSession finds out about the server and its model.
func newSession(ctx context.Context, target, model string, given []byte) (*session, error) {
	doc, err := openapi3.NewLoader().LoadFromData(protocol)
	if err != nil {
		return nil, err
	}
	s := &session{ctx: ctx, base: strings.TrimSuffix(target, "/"), model: model, schemas: doc.Components.Schemas}
	var server struct {
		Extensions []string `json:"extensions"`
	}
	if err := s.get("/v2", "Server", &server); err != nil {
		return nil, err
	}
	s.extensions = server.Extensions
	if s.model == "" {
		var list struct {
			Models []string `json:"models"`
		}
		if err := s.get("/v2/models", "", &list); err != nil || len(list.Models) == 0 {
			return nil, fmt.Errorf("the server does not list its models, so say which with -model (%w)", err)
		}
		s.model = list.Models[0]
	}
	if err := s.get(s.path(), "Model", &s.about); err != nil {
		return nil, err
	}
	if given != nil {
		return s, json.Unmarshal(given, &s.request)
	}
	s.request = madeUp(s.about)
	return s, nil
}

// path is that of the model, with more behind it.
func (s *session) path(more ...string) string {
	return "/v2/models/" + url.PathEscape(s.model) + strings.Join(more, "")
}

// madeUp is a request of one row of zeros and the text a.
func madeUp(about metadata) request {
	var out request
	zeros := map[string]string{"BOOL": "false", "BYTES": `"a"`}
	for _, in := range about.Inputs {
		t := tensor{Name: in.Name, Datatype: in.Datatype}
		n := 1
		for _, k := range in.Shape {
			k = max(k, 1)
			t.Shape, n = append(t.Shape, k), n*k
		}
		zero := zeros[in.Datatype]
		if zero == "" {
			zero = "0"
		}
		t.Data = []byte("[" + strings.TrimSuffix(strings.Repeat(zero+",", n), ",") + "]")
		out.Inputs = append(out.Inputs, t)
	}
	return out
}

// reply is an answer of the server.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request and reads its answer, up to 64 MiB.
func (s *session) ask(method, path string, body []byte, header map[string]string) (reply, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer w.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(io.LimitReader(w.Body, 64<<20))
	return reply{w.StatusCode, w.Header, b}, err
}

// fits compares a JSON text with a schema of the protocol and decodes it.
func (s *session) fits(text []byte, schema string, into any) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return fmt.Errorf("the answer %.100q is not JSON: %w", text, err)
	}
	if schema != "" {
		if err := s.schemas[schema].Value.VisitJSON(v); err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n") // the rest repeats schema and value
			return fmt.Errorf("the answer %.200q is not a %s: %s", text, schema, first)
		}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// get wants 200 and an answer of the schema.
func (s *session) get(path, schema string, into any) error {
	a, err := s.ask(http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("GET %s: status %d: %.200s", path, a.status, a.body)
	}
	if err := s.fits(a.body, schema, into); err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// refused wants a status of 4xx or 5xx with an error in the protocol's form.
func (s *session) refused(method, path string, body []byte, header map[string]string) error {
	a, err := s.ask(method, path, body, header)
	if err != nil {
		return err
	}
	if a.status < 400 || a.status > 599 {
		return fmt.Errorf("%s %s with %.100q: status %d, want an error", method, path, body, a.status)
	}
	return s.fits(a.body, "Failure", nil)
}

// infer wants an answer in JSON.
func (s *session) infer(path string, r request) (response, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return response{}, err
	}
	a, err := s.ask(http.MethodPost, path, body, nil)
	if err != nil {
		return response{}, err
	}
	if a.status != http.StatusOK {
		return response{}, fmt.Errorf("POST %s: status %d: %.300s", path, a.status, a.body)
	}
	var out response
	return out, s.fits(a.body, "Response", &out)
}

// inferBytes sends tensors behind the JSON and returns the answer with its
// outputs' bytes, those of an output in JSON nil.
func (s *session) inferBytes(r request, tensors []byte) (response, [][]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return response{}, nil, err
	}
	header := map[string]string{}
	if tensors != nil {
		header["Content-Type"], header[lengthHeader] = "application/octet-stream", strconv.Itoa(len(text))
	}
	a, err := s.ask(http.MethodPost, s.path("/infer"), append(text, tensors...), header)
	if err != nil {
		return response{}, nil, err
	}
	if a.status != http.StatusOK {
		return response{}, nil, fmt.Errorf("status %d: %.300s", a.status, a.body)
	}
	end, rest := len(a.body), []byte(nil)
	if given := a.header.Get(lengthHeader); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 0 || n > len(a.body) {
			return response{}, nil, fmt.Errorf("%s is %q of a body of %d bytes", lengthHeader, given, len(a.body))
		}
		end, rest = n, a.body[n:]
	}
	var out response
	if err := s.fits(a.body[:end], "Response", &out); err != nil {
		return out, nil, err
	}
	raw := make([][]byte, len(out.Outputs))
	for i, o := range out.Outputs {
		size, ok := o.Parameters["binary_data_size"].(float64)
		if !ok {
			continue
		}
		if int(size) < 0 || int(size) > len(rest) {
			return out, nil, fmt.Errorf("output %s has %v bytes, and %d are left", o.Name, size, len(rest))
		}
		raw[i], rest = rest[:int(size)], rest[int(size):]
	}
	return out, raw, want(len(rest) == 0, "%d bytes belong to no output", len(rest))
}

const lengthHeader = "Inference-Header-Content-Length"
