package oip

import (
	"errors"
	"fmt"
	"math"
)

// bits of the integer types, and whether they are unsigned.
var integers = map[Datatype]struct {
	bits     int
	unsigned bool
}{
	Int8: {8, false}, Int16: {16, false}, Int32: {32, false}, Int64: {64, false},
	Uint8: {8, true}, Uint16: {16, true}, Uint32: {32, true}, Uint64: {64, true},
}

// elementsFrom reads the JSON data of a tensor of n elements, which is next: a
// flat list, or lists in lists by the shape.
func (d *decoder) elementsFrom(t *Tensor, n int) error {
	if t.Datatype == FP16 || t.Datatype == BF16 {
		return fmt.Errorf("%s is taken as bytes only: see binary_data_size", t.Datatype)
	}
	// An element takes two bytes at least, with its comma.
	if n > (len(d.data)-d.at)/2+1 {
		return fmt.Errorf("the shape has %d elements, and the data fewer", n)
	}
	switch _, ok := integers[t.Datatype]; {
	case t.Datatype == Bytes:
		t.Texts = make([][]byte, 0, n)
	case ok || t.Datatype == Bool:
		t.Ints = make([]int64, 0, n)
	default:
		t.Floats = make([]float64, 0, n)
	}
	r := reader{scanner: d.scanner, tensor: t, want: n}
	r.list(t.Shape)
	d.at = r.at
	if r.err == nil && t.Elements() != n {
		r.err = r.counted()
	}
	return r.err
}

// reader reads the elements of one tensor.
type reader struct {
	scanner
	tensor *Tensor
	want   int
}

func (r *reader) counted() error {
	return fmt.Errorf("the shape has %d elements, and the data another number", r.want)
}

// list reads a list whose elements are lists of the rest of the shape, or, where
// the first is none, elements.
func (r *reader) list(shape []int) {
	count, plain := 0, false
	for more := r.open('[', ']'); more; more = r.next(']') {
		if r.peek() == '[' {
			switch {
			case plain:
				r.fail("the data mixes elements and lists")
				return
			case len(shape) < 2:
				r.fail("the data nests deeper than the shape")
				return
			}
			if count++; count > shape[0] {
				r.fail("the data has more rows than the shape")
				return
			}
			r.row(shape[1:])
			continue
		}
		if count > 0 {
			r.fail("the data mixes elements and lists")
			return
		}
		plain = true
		r.element()
		if r.err == nil && r.tensor.Elements() > r.want {
			r.err = r.counted()
		}
	}
}

// row reads a list within a list, whose length the shape says.
func (r *reader) row(shape []int) {
	before, want := r.tensor.Elements(), 1
	for _, k := range shape {
		want *= k
	}
	r.list(shape)
	if r.err == nil && r.tensor.Elements()-before != want {
		r.fail("a row of the data has another length than the shape says")
	}
}

// element reads one element by the tensor's type.
func (r *reader) element() {
	t := r.tensor
	missing := r.peek() == 'n' && r.word("null")
	switch whole, ok := integers[t.Datatype]; {
	case t.Datatype == Bytes:
		var text []byte
		if !missing {
			text = r.text()
		}
		t.Texts = append(t.Texts, text)
	case ok:
		var v int64
		if !missing {
			v = r.integer(whole.bits, whole.unsigned)
		}
		t.Ints = append(t.Ints, v)
	case t.Datatype == Bool:
		var v int64
		if !missing && r.flag() {
			v = 1
		}
		t.Ints = append(t.Ints, v)
	default:
		v := math.NaN()
		if !missing {
			if v = r.float(); t.Datatype == FP32 {
				v = float64(float32(v))
			}
			if math.IsInf(v, 0) {
				r.fail("the number is beyond what %s holds", t.Datatype)
			}
		}
		t.Floats = append(t.Floats, v)
	}
	if missing {
		for n := t.Elements(); len(t.Missing) < n; {
			t.Missing = append(t.Missing, false)
		}
		t.Missing[len(t.Missing)-1] = true
	}
}

var errShort = errors.New("binary_data_size is more than the bytes behind the JSON")
