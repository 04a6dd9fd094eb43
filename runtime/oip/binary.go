package oip

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// bytes reads a tensor of n elements from the first size bytes behind the JSON:
// little-endian, row by row, without padding.
func (d *decoder) bytes(t *Tensor, n, size int) error {
	if size > len(d.rest) {
		return errShort
	}
	raw := d.rest[:size]
	d.rest = d.rest[size:]
	if n <= partMost {
		d.room(t, n)
	}
	return t.read(raw, n)
}

// read reads n elements that take all of the bytes, into the list that the tensor has,
// which is empty.
func (t *Tensor) read(raw []byte, n int) error {
	if t.Datatype == Bytes {
		return t.readTexts(raw, n)
	}
	width := t.Datatype.width()
	if n > len(raw) || n*width != len(raw) {
		return fmt.Errorf("%d elements of %s take %d bytes each, and there are %d bytes", n,
			t.Datatype, width, len(raw))
	}
	if bits, unsigned := t.Datatype.integer(); bits > 0 || t.Datatype == Bool {
		t.Ints = slices.Grow(t.Ints, n)[:n]
		for i := range t.Ints {
			t.Ints[i] = whole64(raw[i*width:i*width+width], unsigned)
			if t.Datatype == Bool && uint64(t.Ints[i]) > 1 { //nolint:gosec // a byte
				return fmt.Errorf("element %d of BOOL is neither 0 nor 1", i)
			}
		}
		return nil
	}
	t.Floats = slices.Grow(t.Floats, n)[:n]
	for i := range t.Floats {
		b := raw[i*width : i*width+width]
		switch t.Datatype {
		case FP64:
			t.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
		case FP32:
			t.Floats[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		case BF16: // the upper half of an FP32
			t.Floats[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
		default:
			t.Floats[i] = half(binary.LittleEndian.Uint16(b))
		}
	}
	return nil
}

// whole64 is a little-endian integer of 1, 2, 4 or 8 bytes.
func whole64(b []byte, unsigned bool) int64 {
	var v uint64
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	if rest := 64 - 8*len(b); !unsigned {
		return int64(v<<rest) >> rest //nolint:gosec // the sign bit moves to its place
	}
	return int64(v) //nolint:gosec // the reader of UINT64 turns it back
}

// half is an IEEE 754 number of 16 bits: a sign, 5 bits of exponent, 10 of
// fraction.
func half(b uint16) float64 {
	exponent, fraction := int(b>>10&0x1f), float64(b&0x3ff)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 0x1f:
		v = math.Inf(1)
		if fraction != 0 {
			return math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if b>>15 == 1 {
		return -v
	}
	return v
}

// readTexts reads texts, each behind its length in 4 bytes.
func (t *Tensor) readTexts(raw []byte, n int) error {
	if n > len(raw)/4 {
		return fmt.Errorf("%d elements of BYTES take 4 bytes each at least, and there are %d bytes", n, len(raw))
	}
	t.Texts = slices.Grow(t.Texts, n)[:n]
	for i := range t.Texts {
		if len(raw) < 4 || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-4) {
			return fmt.Errorf("element %d of BYTES is longer than the bytes that are left", i)
		}
		end := 4 + int(binary.LittleEndian.Uint32(raw))
		t.Texts[i], raw = raw[4:end:end], raw[end:]
	}
	if len(raw) > 0 {
		return fmt.Errorf("%d bytes follow the last element", len(raw))
	}
	return nil
}
