package oip

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoding) output(b []byte) error {
	o, binary := Output{}, unsaid
	err := each(b, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
		if kind != protowire.BytesType || number > 2 {
			return skipped(number, kind, b), nil
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return n, nil
		}
		if number == 1 {
			if o.Name = string(v); !utf8.Valid(v) {
				return n, errMessage
			}
			return n, nil
		}
		key, value, err := entry(v)
		if err != nil {
			return n, err
		}
		switch key {
		case "binary_data":
			on, err := value.flag(key)
			if binary = no; on {
				binary = yes
			}
			return n, err
		case "classification":
			return n, errors.New("the classification extension is not offered")
		case "shared_memory_region":
			return n, errors.New("shared memory is not offered; ask for the tensor itself")
		}
		return n, nil
	})
	if err == nil && o.Name == "" {
		err = errors.New("an output has no name")
	}
	d.request.Outputs, d.binary = append(d.request.Outputs, o), append(d.binary, binary)
	return err
}

func (d *decoding) input(b []byte) error {
	t, contents := Tensor{Shape: []int{}}, []byte(nil)
	err := each(b, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
		if number == 3 {
			return integers64(kind, b, func(v uint64) error {
				if v > 1<<40 || len(t.Shape) == maxDimensions {
					return fmt.Errorf("a dimension is below 0 or out of reach, or there are more than %d",
						maxDimensions)
				}
				t.Shape = append(t.Shape, int(v)) //nolint:gosec // compared above
				return nil
			})
		}
		if kind != protowire.BytesType || number > 5 {
			return skipped(number, kind, b), nil
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return n, nil
		}
		switch number {
		case 1:
			if t.Name = string(v); !utf8.Valid(v) {
				return n, errMessage
			}
		case 2:
			t.Datatype = datatypeOf(v)
		case 4:
			key, _, err := entry(v)
			if err == nil && key == "shared_memory_region" {
				err = errors.New("shared memory is not offered; send the tensor itself")
			}
			return n, err
		default:
			contents = append(contents, v...) // a message that comes twice is merged
			if contents == nil {
				contents = []byte{}
			}
		}
		return n, nil
	})
	switch name := shown([]byte(t.Name)); {
	case err != nil:
		return err
	case t.Name == "":
		return errors.New("an input has no name")
	case t.Datatype.width() == 0:
		return fmt.Errorf("input %s: datatype %s is none of the protocol's", name, shown([]byte(t.Datatype)))
	}
	count := -1
	if len(contents) > 0 {
		count, err = t.contents(contents, d.limits.Elements)
	} else if contents != nil {
		count = 0
	}
	d.request.Inputs, d.contents = append(d.request.Inputs, t), append(d.contents, count)
	return err
}

// contentsOf are the field of InferTensorContents that holds each type.
var contentsOf = map[Datatype]protowire.Number{Bool: 1, Int8: 2, Int16: 2, Int32: 2, Int64: 3, Uint8: 4, Uint16: 4,
	Uint32: 4, Uint64: 5, FP32: 6, FP64: 7, Bytes: 8}

// contents reads InferTensorContents, of which only the field of the tensor's
// type may have elements, and returns how many there are, in whatever field.
func (t *Tensor) contents(b []byte, most int) (int, error) {
	count := 0
	more := func() error {
		if count++; count > most {
			return tooLarge("the tensors have more than %d elements in all", most)
		}
		return nil
	}
	err := each(b, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
		if number > 8 {
			return skipped(number, kind, b), nil
		}
		if number != contentsOf[t.Datatype] {
			return 0, fmt.Errorf("input %s: the contents are of another field than %s has",
				shown([]byte(t.Name)), t.Datatype)
		}
		switch number {
		case 6:
			return floats(kind, b, protowire.Fixed32Type, 4, func(b []byte) error {
				v, _ := protowire.ConsumeFixed32(b)
				t.Floats = append(t.Floats, float64(math.Float32frombits(v)))
				return more()
			})
		case 7:
			return floats(kind, b, protowire.Fixed64Type, 8, func(b []byte) error {
				v, _ := protowire.ConsumeFixed64(b)
				t.Floats = append(t.Floats, math.Float64frombits(v))
				return more()
			})
		case 8:
			if kind != protowire.BytesType {
				return -1, nil
			}
			v, n := protowire.ConsumeBytes(b)
			t.Texts = append(t.Texts, v)
			return n, more()
		}
		return integers64(kind, b, func(v uint64) error {
			if err := t.integer(v); err != nil {
				return err
			}
			return more()
		})
	})
	return count, err
}

// integer adds an element that came as a varint, if the type has it.
func (t *Tensor) integer(v uint64) error {
	bits, unsigned := t.Datatype.integer()
	good := true
	switch {
	case bits == 0:
		good = v <= 1 // BOOL
	case bits == 64:
	case unsigned:
		good = v < 1<<bits
	default:
		s := int64(v) //nolint:gosec // how protobuf writes what is below 0
		good = s >= -1<<(bits-1) && s < 1<<(bits-1)
	}
	if !good {
		return fmt.Errorf("input %s: an element is beyond what %s holds", shown([]byte(t.Name)), t.Datatype)
	}
	t.Ints = append(t.Ints, int64(v)) //nolint:gosec // the reader of UINT64 turns it back
	return nil
}

// integers64 reads a field of varints, packed or not.
func integers64(kind protowire.Type, b []byte, add func(v uint64) error) (int, error) {
	if kind == protowire.VarintType {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return n, nil
		}
		return n, add(v)
	}
	if kind != protowire.BytesType {
		return -1, nil
	}
	packed, used := protowire.ConsumeBytes(b)
	if used < 0 {
		return used, nil
	}
	for len(packed) > 0 {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return n, nil
		}
		if err := add(v); err != nil {
			return used, err
		}
		packed = packed[n:]
	}
	return used, nil
}

// floats reads a field of numbers of a fixed width, packed or not.
func floats(kind protowire.Type, b []byte, single protowire.Type, width int, add func(b []byte) error) (int, error) {
	if kind == single {
		if len(b) < width {
			return -1, nil
		}
		return width, add(b)
	}
	if kind != protowire.BytesType {
		return -1, nil
	}
	packed, used := protowire.ConsumeBytes(b)
	if used < 0 || len(packed)%width != 0 {
		return -1, nil
	}
	for ; len(packed) > 0; packed = packed[width:] {
		if err := add(packed); err != nil {
			return used, err
		}
	}
	return used, nil
}
