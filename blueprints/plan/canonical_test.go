package plan

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// decodedAndEncoded is canonical JSON by encoding/json alone.
func decodedAndEncoded(t *testing.T, raw []byte) []byte {
	t.Helper()
	var tree any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzCanonicalIsWhatADecoderAndAnEncoderGive: any JSON comes out as if it had been
// decoded and encoded again.
func FuzzCanonicalIsWhatADecoderAndAnEncoderGive(f *testing.F) {
	for _, text := range []string{
		`null`, `{}`, `[]`, `[[],{}]`, `-1.50e+07`, `"<a & b>"`, `"\u003ca\u003e\/\b\f\n\\\""`, "\"\u2028\u2029\u20ac\"",
		`{"b":1,"a":{"d":[true,false,null],"c":"\ud83d\ude00"},"":0}`, `{"a":1,"\u0061":2,"a":3}`, `{"a":1,"b":2,"a":[]}`,
		"\"\xff\xfe\"", "{\"\xe2\x82\":\"\xe2\x80\"}", `"\ud800"`, `{"a\\":"\\","z":"a\\\\","<":1}`, "\"\x7f\"",
		`[1,2.0,3e5,"4"]`, `{"datasets":{"d":{"columns":{"é":{"type":"number"}}}}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			t.Skip("not JSON")
		}
		got, err := Canonical(json.RawMessage(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		raw, err := json.Marshal(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if want := decodedAndEncoded(t, raw); !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	})
}

// nested contains itself, by way of a list.
type nested struct {
	Name string   `json:"name"`
	Of   []nested `json:"of,omitempty"`
}

func TestAValuesFieldsAreNamedAsTheFirstOfTheirStruct(t *testing.T) {
	var got [][2]string
	w := valueWalk{known: map[reflect.Type]map[string]reflect.Type{
		reflect.TypeFor[nested](): jsonFields(reflect.TypeFor[nested]())}}
	w.found = func(field, path []byte) { got = append(got, [2]string{string(field), string(path)}) }
	tree, err := pieces([]byte(`{"name":"a","of":[{"name":"b","of":[{"name":"c"}]},{"name":"d"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w.value(tree, reflect.TypeFor[map[string]nested](), nil, nil)
	w.value(tree, reflect.TypeFor[nested](), []byte("x"), nil)
	want := [][2]string{{"x.name", "name"}, {"x.of", "of"}, {"x.name", "of.*.name"}, {"x.of", "of.*.of"},
		{"x.name", "of.*.of.*.name"}, {"x.name", "of.*.name"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
