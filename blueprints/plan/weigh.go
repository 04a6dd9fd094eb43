package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Bounds of JSON from outside, which may be short as text and large in memory: an
// element of a list takes two bytes as text, and hundreds in a list of structs.
const (
	maxJSONNesting = 200
	freeWeight     = 1 << 20 // bytes that any text may take
	weightPerByte  = 4       // and more for each byte that it has
)

// Unmarshal is json.Unmarshal of a text from outside: see Weigh.
func Unmarshal(text []byte, v any) error {
	if err := Weigh(text, v); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// Weigh returns an error where the text would take far more memory as v, a
// pointer, than it has bytes, or nests deeper than 200 values. What is no JSON at
// all is left for the decoder to say. Types that read their own JSON count as
// nothing.
func Weigh(text []byte, v any) error {
	if !json.Valid(text) { // it bounds nesting too, so that the walk below ends
		return nil
	}
	w := weighing{text: text, left: freeWeight + weightPerByte*len(text),
		fields: map[reflect.Type]map[string]reflect.Type{}}
	w.value(reflect.TypeOf(v), 0)
	switch {
	case w.deep:
		return fmt.Errorf("values are nested deeper than %d", maxJSONNesting)
	case w.left < 0:
		return fmt.Errorf("%d KiB of JSON would take more than %d MiB of memory: a list is too long", len(text)>>10,
			(freeWeight+weightPerByte*len(text))>>20)
	}
	return nil
}

// weighing is a walk through JSON that is known to be sound.
type weighing struct {
	text   []byte
	at     int
	left   int // bytes that it may still take
	deep   bool
	fields map[reflect.Type]map[string]reflect.Type
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// value walks through one value that becomes one of the type; nil is of a value
// that is left out.
func (w *weighing) value(t reflect.Type, depth int) {
	if w.deep = w.deep || depth > maxJSONNesting; w.deep || w.left < 0 {
		w.at = len(w.text)
		return
	}
	for w.space(); t != nil && t.Kind() == reflect.Pointer; t = t.Elem() {
		w.left -= int(t.Elem().Size())
	}
	if t != nil && (t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler)) {
		t = nil
	}
	switch w.text[w.at] {
	case '{':
		w.at++
		w.object(t, depth)
	case '[':
		w.at++
		w.list(t, depth)
	case '"':
		w.quoted()
	default:
		for w.at < len(w.text) && !strings.ContainsRune(",]} \t\r\n", rune(w.text[w.at])) {
			w.at++
		}
	}
}

func (w *weighing) list(t reflect.Type, depth int) {
	var elem reflect.Type
	size := 0
	if t != nil {
		switch t.Kind() {
		case reflect.Slice, reflect.Array:
			elem, size = t.Elem(), int(t.Elem().Size())
		case reflect.Interface:
			elem, size = t, int(t.Size())
		default:
		}
	}
	for w.next(']') {
		w.left -= size
		w.value(elem, depth+1)
	}
}

func (w *weighing) object(t reflect.Type, depth int) {
	const entry = 8 // of a map, beside its key, which has a text
	for w.next('}') {
		key := w.quoted()
		w.space()
		w.at++ // the colon
		var of reflect.Type
		if t != nil {
			switch t.Kind() {
			case reflect.Struct:
				of = w.field(t, key)
			case reflect.Map:
				of = t.Elem()
				w.left -= entry + int(of.Size())
			case reflect.Interface:
				of = t
				w.left -= entry + int(of.Size())
			default:
			}
		}
		w.value(of, depth+1)
	}
}

// next goes to the next element, or behind the end of them.
func (w *weighing) next(end byte) bool {
	for ; w.at < len(w.text); w.at++ {
		switch w.text[w.at] {
		case end:
			w.at++
			return false
		case ',', ' ', '\t', '\r', '\n':
		default:
			return true
		}
	}
	return false
}

func (w *weighing) space() {
	for w.at < len(w.text) && strings.IndexByte(" \t\r\n", w.text[w.at]) >= 0 {
		w.at++
	}
}

// quoted walks through a text and returns it with its quotes.
func (w *weighing) quoted() []byte {
	begin := w.at
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.text[begin:w.at]
}

// field is the type of a struct's field by its name in JSON.
func (w *weighing) field(t reflect.Type, quoted []byte) reflect.Type {
	if w.fields[t] == nil {
		w.fields[t] = map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous || f.Tag.Get("json") != "" {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "" {
					name = f.Name
				}
				w.fields[t][folded(name)] = f.Type
			}
		}
	}
	var name string
	if json.Unmarshal(quoted, &name) != nil {
		return nil
	}
	return w.fields[t][folded(name)]
}

// folded is a name as encoding/json compares it where none is the same.
func folded(name string) string { return strings.ToLower(strings.ToUpper(name)) }
