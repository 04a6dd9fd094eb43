package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// readTensor reads a TensorProto and makes sure that it has the elements of
// which its shape speaks.
func readTensor(b []byte) (string, *tensor, error) {
	name, t := "", &tensor{}
	var raw []byte
	dataType := int64(0)
	hasRaw := false
	err := each(b, func(f field) error {
		var err error
		switch f.number {
		case 1:
			t.dims, err = appendInts(t.dims, f)
		case 2:
			dataType = int64(f.value)
		case 4:
			t.floats, err = appendFloats(t.floats, f)
		case 5, 7:
			t.ints, err = appendInts(t.ints, f)
		case 6:
			t.texts = append(t.texts, string(f.bytes))
		case 8:
			name = string(f.bytes)
		case 9:
			raw, hasRaw = f.bytes, true
		case 10:
			t.doubles, err = appendDoubles(t.doubles, f)
		case 13, 14:
			if f.number == 13 || f.value != 0 {
				err = unsupported("constant %q lies in a file of its own", name)
			}
		}
		return err
	})
	if err != nil {
		return name, nil, err
	}
	if t.kind = kindOf(dataType); t.kind == unknown {
		// It may be of a part of the graph that is not needed.
		return name, &tensor{dims: t.dims}, nil
	}
	if hasRaw {
		if err := t.fromRaw(raw, dataType); err != nil {
			return name, nil, fmt.Errorf("constant %q: %w", name, err)
		}
	}
	return name, t, t.check(name)
}

// fromRaw reads little-endian elements.
func (t *tensor) fromRaw(raw []byte, dataType int64) error {
	width := map[int64]int{1: 4, 2: 1, 6: 4, 7: 8, 9: 1, 11: 8}[dataType]
	if width == 0 || len(raw)%width != 0 || t.size() > 0 {
		return fmt.Errorf("%d raw bytes", len(raw))
	}
	for ; len(raw) > 0; raw = raw[width:] {
		switch dataType {
		case 1:
			t.floats = append(t.floats, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		case 6:
			t.ints = append(t.ints, int64(int32(binary.LittleEndian.Uint32(raw))))
		case 7:
			t.ints = append(t.ints, int64(binary.LittleEndian.Uint64(raw)))
		case 2, 9:
			t.ints = append(t.ints, int64(raw[0]))
		case 11:
			t.doubles = append(t.doubles, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		}
	}
	return nil
}

// check compares the number of elements with the shape. No shape is a scalar.
func (t *tensor) check(name string) error {
	of := map[kind]int{float: len(t.floats), double: len(t.doubles), integer: len(t.ints), boolean: len(t.ints),
		text: len(t.texts)}[t.kind]
	want := int64(1)
	for _, d := range t.dims {
		if d < 0 || d > math.MaxInt32 {
			return fmt.Errorf("constant %q: a dimension of %d", name, d)
		}
		if want *= d; want > math.MaxInt32 {
			return fmt.Errorf("constant %q is too large", name)
		}
	}
	if len(t.dims) > 8 || int64(of) != want || of != t.size() {
		return fmt.Errorf("constant %q: %d elements for the shape %v", name, t.size(), t.dims)
	}
	return nil
}

// row is a constant that stands beside rows: one element for all columns, or
// one a column.
//
// Its shape is [], [1], [c], [1, 1] or [1, c].
func (t *tensor) row() (columns int, ok bool) {
	switch {
	case len(t.dims) == 0:
		return 1, true
	case len(t.dims) == 1:
		return int(t.dims[0]), t.dims[0] > 0
	case len(t.dims) == 2 && t.dims[0] == 1:
		return int(t.dims[1]), t.dims[1] > 0
	}
	return 0, false
}

// numbers are the elements of a constant as 32-bit floats.
func (t *tensor) numbers() []float32 {
	switch t.kind {
	case float:
		return t.floats
	case double:
		out := make([]float32, len(t.doubles))
		for i, v := range t.doubles {
			out[i] = float32(v)
		}
		return out
	default:
		out := make([]float32, len(t.ints))
		for i, v := range t.ints {
			out[i] = float32(v)
		}
		return out
	}
}
