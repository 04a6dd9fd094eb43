package oip

import (
	"encoding/json"
	"testing"
)

// FuzzDecode sends any message at all. What is taken must be JSON to
// encoding/json too, and its tensors must have the elements that their shapes
// say, within the limits. A Request that has read another message before, and this one,
// reads the same as a new one.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"id":"7","inputs":[{"name":"a","shape":[2,1],"datatype":"FP64","data":[[1],[null]]}],
			"outputs":[{"name":"x"}]}`,
		`{"inputs":[{"data":["a\u00e9",""],"name":"a","shape":[2],"datatype":"BYTES"}],"parameters":{"explain":true}}`,
		`{"inputs":[{"name":"a","shape":[1],"datatype":"UINT64","data":[18446744073709551615]}]}`, `{`, ``, "\xff",
	} {
		f.Add([]byte(text), len(text))
	}
	body, header := message(`{"inputs":[{"name":"a","shape":[2],"datatype":"BYTES",
		"parameters":{"binary_data_size":10}},
		{"name":"b","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}}]}`,
		[]byte("\x02\x00\x00\x00hi\x00\x00\x00\x00\x00\x3c"))
	f.Add(body, header)
	f.Fuzz(func(t *testing.T, body []byte, header int) {
		var r Request
		if err := Decode(&r, body, header, limits); err != nil {
			return
		}
		used := usedRequest(t)
		for range 2 {
			if err := Decode(used, body, header, limits); err != nil {
				t.Fatalf("%q is taken, and not by a request that is used again: %v", body, err)
			}
			if is, want := told(used), told(&r); is != want {
				t.Fatalf("%q: a request that is used again reads %s, a new one %s", body, is, want)
			}
		}
		if !json.Valid(body[:header]) {
			t.Fatalf("%q was taken, yet it is no JSON", body[:header])
		}
		all := 0
		for i := range r.Inputs {
			in, want := &r.Inputs[i], 1
			for _, k := range in.Shape {
				want *= k
			}
			if in.Elements() != want || len(in.Missing) > want {
				t.Errorf("%q: %d elements of shape %v", body, in.Elements(), in.Shape)
			}
			all += want
		}
		if all > limits.Elements || len(r.Inputs) > limits.Tensors || len(r.Outputs) > limits.Tensors {
			t.Errorf("%q: %d elements, %d inputs, %d outputs", body, all, len(r.Inputs), len(r.Outputs))
		}
	})
}
