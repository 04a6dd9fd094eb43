package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// piece is JSON as a tree whose leaves are parts of its text: to sort what encoding/json
// has written, no text needs to be decoded and encoded again.
//
// It is small, for a text of nothing but commas has as many.
type piece struct {
	*branch        // nil of anything but an object or a list
	text    []byte // of anything else, as it is to be written
}

// branch is an object or a list.
type branch struct {
	kind   byte    // '{' or '['
	fields []named // of an object, sorted, each name once
	items  []piece // of a list
}

// of reports whether the piece is of the kind.
func (p piece) of(kind byte) bool { return p.branch != nil && p.kind == kind }

// named is a field of an object.
type named struct {
	name  string
	text  []byte // of the name, as it is to be written
	value piece
}

// pieces reads what json.Marshal has written: one value without space around its tokens.
func pieces(raw []byte) (piece, error) {
	r := reader{raw: raw}
	out, err := r.value()
	if err == nil && r.at != len(raw) {
		err = fmt.Errorf("canonical JSON: data after the value, at %d", r.at)
	}
	return out, err
}

// reader reads pieces from where it is.
type reader struct {
	raw []byte
	at  int
}

// next is the byte that the reader is at; 0 at the end.
func (r *reader) next() byte {
	if r.at < len(r.raw) {
		return r.raw[r.at]
	}
	return 0
}

// take goes past the byte, and reports whether it was there.
func (r *reader) take(b byte) bool {
	if r.next() != b || b == 0 {
		return false
	}
	r.at++
	return true
}

func (r *reader) value() (piece, error) {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.list()
	case '"':
		text, _, err := r.text()
		return piece{text: text}, err
	}
	from := r.at
	for r.at < len(r.raw) && !bytes.ContainsRune([]byte(",]}"), rune(r.raw[r.at])) {
		r.at++
	}
	if from == r.at {
		return piece{}, fmt.Errorf("canonical JSON: a value is missing at %d", from)
	}
	return piece{text: r.raw[from:r.at]}, nil
}

func (r *reader) list() (piece, error) {
	out := piece{branch: &branch{kind: '['}}
	r.at++
	for more := !r.take(']'); more; more = !r.take(']') {
		if len(out.items) > 0 && !r.take(',') {
			return out, fmt.Errorf("canonical JSON: want , or ] at %d", r.at)
		}
		item, err := r.value()
		if err != nil {
			return out, err
		}
		out.items = append(out.items, item)
	}
	return out, nil
}

// object reads an object. Of a name that is there twice the last value counts, as it does
// for encoding/json.
func (r *reader) object() (piece, error) {
	out := piece{branch: &branch{kind: '{'}}
	r.at++
	for more := !r.take('}'); more; more = !r.take('}') {
		if len(out.fields) > 0 && !r.take(',') {
			return out, fmt.Errorf("canonical JSON: want , or } at %d", r.at)
		}
		text, name, err := r.text()
		if err != nil {
			return out, err
		}
		if !r.take(':') {
			return out, fmt.Errorf("canonical JSON: want : at %d", r.at)
		}
		value, err := r.value()
		if err != nil {
			return out, err
		}
		out.fields = append(out.fields, named{name, text, value})
	}
	byName := func(a, b named) int { return cmp.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(out.fields, byName) {
		slices.SortStableFunc(out.fields, byName)
	}
	kept := out.fields[:0]
	for i, f := range out.fields {
		if i+1 == len(out.fields) || out.fields[i+1].name != f.name {
			kept = append(kept, f)
		}
	}
	out.fields = kept
	return out, nil
}

// text reads a text, and returns how it is to be written and what it says. One that has
// an escape in it, or that needs one, is decoded and encoded again.
func (r *reader) text() (written []byte, says string, err error) {
	from, plain, ascii := r.at, true, true
	if !r.take('"') {
		return nil, "", fmt.Errorf("canonical JSON: want a text at %d", r.at)
	}
	for r.next() != '"' {
		switch r.next() {
		case 0:
			return nil, "", fmt.Errorf("canonical JSON: a text that begins at %d does not end", from)
		case '\\':
			plain = false
			r.at++
		case 0xe2: // U+2028 and U+2029 begin with it
			plain = false
		}
		ascii = ascii && r.next() < utf8.RuneSelf
		r.at++
	}
	r.at++
	written = r.raw[from:r.at]
	if plain && (ascii || utf8.Valid(written)) {
		return written, string(written[1 : len(written)-1]), nil
	}
	if err := json.Unmarshal(written, &says); err != nil {
		return nil, "", fmt.Errorf("canonical JSON: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(says); err != nil {
		return nil, "", fmt.Errorf("canonical JSON: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), says, nil
}

// append writes the piece after what is in out.
func (p piece) append(out []byte) []byte {
	switch {
	case p.of('{'):
		out = append(out, '{')
		for i, f := range p.fields {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(out, f.text...), ':')
			out = f.value.append(out)
		}
		return append(out, '}')
	case p.of('['):
		out = append(out, '[')
		for i, item := range p.items {
			if i > 0 {
				out = append(out, ',')
			}
			out = item.append(out)
		}
		return append(out, ']')
	}
	return append(out, p.text...)
}

// with is the object with one more field.
func (p piece) with(name string, value any) (piece, error) {
	raw, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		return p, fmt.Errorf("canonical JSON: %w", err)
	}
	one, err := pieces(raw)
	if err != nil {
		return p, err
	}
	at, has := slices.BinarySearchFunc(p.fields, name,
		func(f named, name string) int { return cmp.Compare(f.name, name) })
	if has {
		p.fields[at] = one.fields[0]
	} else {
		p.fields = slices.Insert(p.fields, at, one.fields[0])
	}
	return p, nil
}

// bytes is the canonical text: what append writes, and a newline.
func (p piece) bytes(size int) []byte { return append(p.append(make([]byte, 0, size+1)), '\n') }
