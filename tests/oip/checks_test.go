package oip

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

var metadataChecks = []check{
	{name: "server metadata", run: func(s *session) error { return s.get("/v2", "Server", nil) }},
	{name: "server live", run: func(s *session) error { return s.get("/v2/health/live", "Live", nil) }},
	{name: "server ready", run: func(s *session) error { return s.get("/v2/health/ready", "Ready", nil) }},
	{name: "model metadata", run: func(s *session) error {
		return must(s.get(s.path(), "Model", nil), want(s.about.Name == s.model, "the name is %q", s.about.Name))
	}},
	{name: "model ready", run: func(s *session) error {
		var ready struct {
			Name  string `json:"name"`
			Ready bool   `json:"ready"`
		}
		err := s.get(s.path("/ready"), "ModelReady", &ready)
		return must(err, want(ready.Ready && ready.Name == s.model, "%+v", ready))
	}},
	{name: "versions of a model", run: func(s *session) error {
		for _, v := range s.about.Versions {
			if err := must(s.get(s.path("/versions/"+v), "Model", nil),
				s.get(s.path("/versions/"+v+"/ready"), "ModelReady", nil)); err != nil {
				return err
			}
			got, err := s.infer(s.path("/versions/"+v+"/infer"), s.request)
			if err = must(err, want(got.ModelVersion == v, "version %s answers as %q", v,
				got.ModelVersion)); err != nil {
				return err
			}
		}
		return nil
	}},
}

var inferenceChecks = []check{
	{name: "inference", run: func(s *session) error {
		got, err := s.infer(s.path("/infer"), s.request)
		return must(err, want(got.ModelName == s.model, "model_name is %q", got.ModelName), s.asDescribed(got))
	}},
	{name: "the id comes back", run: func(s *session) error {
		r := s.request
		r.ID = "id \" <42>"
		got, err := s.infer(s.path("/infer"), r)
		return must(err, want(got.ID == r.ID, "the id is %q", got.ID))
	}},
	{name: "outputs that are asked for", run: func(s *session) error {
		for _, o := range s.about.Outputs {
			r := s.request
			r.Outputs = []tensor{{Name: o.Name}}
			got, err := s.infer(s.path("/infer"), r)
			if err = must(err, want(len(got.Outputs) == 1 && got.Outputs[0].Name == o.Name,
				"asked for %s: %+v", o.Name, got.Outputs)); err != nil {
				return err
			}
		}
		return nil
	}},
	{name: "data may nest by its shape", run: func(s *session) error {
		r := s.request
		r.Inputs = nil
		for _, in := range s.request.Inputs {
			var flat []json.RawMessage
			if err := json.Unmarshal(in.Data, &flat); err != nil {
				return err
			}
			if in.Shape = append(in.Shape[:len(in.Shape):len(in.Shape)],
				1)[:max(2, len(in.Shape))]; len(in.Shape) != 2 {
				return nil // tables have two dimensions, and only those are tried
			}
			var nested [][]json.RawMessage
			for i := range in.Shape[0] {
				nested = append(nested, flat[i*in.Shape[1]:(i+1)*in.Shape[1]])
			}
			var err error
			if in.Data, err = json.Marshal(nested); err != nil {
				return err
			}
			r.Inputs = append(r.Inputs, in)
		}
		return s.same(r)
	}},
	{name: "a request says the same twice", run: func(s *session) error { return s.same(s.request) }},
	{name: "fields in another order", run: func(s *session) error {
		var inputs []string
		for _, in := range s.request.Inputs {
			shape, err := json.Marshal(in.Shape)
			if err != nil {
				return err
			}
			inputs = append(inputs, fmt.Sprintf(`{"data": %s, "shape": %s, "parameters": {}, "datatype": %q,
				"name": %q}`, in.Data, shape, in.Datatype, in.Name))
		}
		a, err := s.ask(http.MethodPost, s.path("/infer"),
			[]byte(`{"inputs": [`+strings.Join(inputs, ",")+`], "parameters": {}}`), nil)
		if err != nil {
			return err
		}
		return must(want(a.status == http.StatusOK, "status %d: %.200s", a.status, a.body),
			s.fits(a.body, "Response", nil))
	}},
}

// asDescribed compares an answer with the metadata.
func (s *session) asDescribed(got response) error {
	var all []error
	for _, o := range got.Outputs {
		var about *tensor
		for i := range s.about.Outputs {
			if s.about.Outputs[i].Name == o.Name {
				about = &s.about.Outputs[i]
			}
		}
		if about == nil {
			all = append(all, fmt.Errorf("output %s is not in the metadata", o.Name))
			continue
		}
		fits := len(about.Shape) == len(o.Shape)
		n := 1
		for i, k := range o.Shape {
			fits, n = fits && (about.Shape[i] == -1 || about.Shape[i] == k), n*k
		}
		var data []any
		if err := json.Unmarshal(o.Data, &data); err != nil {
			all = append(all, fmt.Errorf("output %s: %w", o.Name, err))
		}
		all = append(all, want(fits, "output %s has the shape %v, by the metadata %v", o.Name, o.Shape, about.Shape),
			want(o.Datatype == about.Datatype, "output %s is %s, by the metadata %s", o.Name,
				o.Datatype, about.Datatype),
			want(len(flatten(data)) == n, "output %s has %d elements of the shape %v", o.Name,
				len(flatten(data)), o.Shape))
	}
	return must(append(all, want(len(got.Outputs) == len(s.about.Outputs), "%d outputs, by the metadata %d",
		len(got.Outputs), len(s.about.Outputs)))...)
}

// flatten returns the elements of lists in lists.
func flatten(list []any) []any {
	var out []any
	for _, v := range list {
		if inner, ok := v.([]any); ok {
			out = append(out, flatten(inner)...)
			continue
		}
		out = append(out, v)
	}
	return out
}

// same wants an answer that has the outputs of the session's request.
func (s *session) same(r request) error {
	first, err := s.infer(s.path("/infer"), s.request)
	if err != nil {
		return err
	}
	second, err := s.infer(s.path("/infer"), r)
	if err != nil {
		return err
	}
	return want(reflect.DeepEqual(first.Outputs, second.Outputs), "%+v and %+v", first.Outputs, second.Outputs)
}

var refusalChecks = []check{
	{name: "unknown models are refused", run: func(s *session) error {
		const path = "/v2/models/no-such-model-here"
		return must(s.refused(http.MethodGet, path, nil, nil),
			s.refused(http.MethodPost, path+"/infer", []byte(`{"inputs": []}`), nil))
	}},
	{name: "wrong requests are refused", run: func(s *session) error {
		tamper := func(change func(in *tensor)) []byte {
			r := s.request
			r.Inputs = append([]tensor{}, r.Inputs...)
			change(&r.Inputs[0])
			b, err := json.Marshal(r)
			if err != nil {
				return nil
			}
			return b
		}
		unknown := s.request
		unknown.Outputs = []tensor{{Name: "no such output"}}
		asked, err := json.Marshal(unknown)
		if err != nil {
			return err
		}
		all := []error{}
		for _, body := range [][]byte{
			[]byte(`{`), []byte(`[]`), []byte(`{}`), []byte(`{"inputs": 1}`), []byte(`{"inputs": [{}]}`), asked,
			tamper(func(in *tensor) { in.Name = "no such input" }),
			tamper(func(in *tensor) { in.Datatype = "FP63" }),
			tamper(func(in *tensor) { in.Shape = append([]int{3}, in.Shape...) }),
			tamper(func(in *tensor) { in.Data = nil }),
			tamper(func(in *tensor) { in.Data = []byte(`[{}]`) }),
			tamper(func(in *tensor) { in.Data = []byte(`[]`) }),
		} {
			all = append(all, s.refused(http.MethodPost, s.path("/infer"), body, nil))
		}
		return must(all...)
	}},
}

var repositoryChecks = []check{
	{name: "repository index", extension: "model_repository", run: func(s *session) error {
		for _, body := range []string{`{}`, `{"ready": true}`} {
			a, err := s.ask(http.MethodPost, "/v2/repository/index", []byte(body), nil)
			if err != nil {
				return err
			}
			var list []struct {
				Name string `json:"name"`
			}
			if err := must(want(a.status == http.StatusOK, "status %d", a.status),
				s.fits(a.body, "Index", &list)); err != nil {
				return err
			}
			found := false
			for _, m := range list {
				found = found || m.Name == s.model
			}
			if !found {
				return fmt.Errorf("%s: the model is not in %+v", body, list)
			}
		}
		return nil
	}},
}
