package oip

import (
	"errors"
	"fmt"
	"math"
)

// room gives a tensor an empty list with room for its elements.
func (d *decoder) room(t *Tensor, n int) {
	switch bits, _ := t.Datatype.integer(); {
	case t.Datatype == Bytes:
		t.Texts = d.memory.texts.take(n)
	case bits > 0 || t.Datatype == Bool:
		t.Ints = d.memory.ints.take(n)
	default:
		t.Floats = d.memory.floats.take(n)
	}
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
	d.room(t, n)
	r := reader{scanner: d.scanner, tensor: t, want: n}
	r.bits, r.unsigned = t.Datatype.integer()
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
	tensor   *Tensor
	want     int
	bits     int // of an integer type, else 0
	unsigned bool
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
	switch {
	case t.Datatype == Bytes:
		var text []byte
		if !missing {
			text = r.text()
		}
		t.Texts = append(t.Texts, text)
	case r.bits > 0:
		var v int64
		if !missing {
			v = r.integer(r.bits, r.unsigned)
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
