package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message: a number or bytes, by its type.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64 // of a varint, fixed32 or fixed64
	bytes  []byte
}

// each calls do for every field of a message. Bytes are parts of b, not copies.
func each(b []byte, do func(f field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			return errWire // groups are not in any of the messages
		}
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// appendInts appends a repeated integer, packed or not.
func appendInts(out []int64, f field) ([]int64, error) {
	if f.kind == protowire.VarintType {
		return append(out, int64(f.value)), nil
	}
	if f.kind != protowire.BytesType {
		return out, errWire
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return out, errWire
		}
		out, b = append(out, int64(v)), b[n:]
	}
	return out, nil
}

// appendFloats appends a repeated float, packed or not.
func appendFloats(out []float32, f field) ([]float32, error) {
	if f.kind == protowire.Fixed32Type {
		return append(out, math.Float32frombits(uint32(f.value))), nil
	}
	if f.kind != protowire.BytesType || len(f.bytes)%4 != 0 {
		return out, errWire
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return out, nil
}

func appendDoubles(out []float64, f field) ([]float64, error) {
	if f.kind == protowire.Fixed64Type {
		return append(out, math.Float64frombits(f.value)), nil
	}
	if f.kind != protowire.BytesType || len(f.bytes)%8 != 0 {
		return out, errWire
	}
	for b := f.bytes; len(b) > 0; b = b[8:] {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return out, nil
}

// Decode reads a ModelProto. What it keeps is in proportion to b, whatever b
// claims to hold.
func Decode(b []byte) (*Graph, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("more than %d bytes", MaxBytes)
	}
	g := &Graph{opsets: map[string]int64{}, constants: map[string]*tensor{}}
	found := false
	err := each(b, func(f field) error {
		switch {
		case f.number == 7 && f.kind == protowire.BytesType:
			if found {
				return errWire
			}
			found = true
			return g.readGraph(f.bytes)
		case f.number == 8 && f.kind == protowire.BytesType:
			return g.readOpset(f.bytes)
		case f.number == 25 && f.kind == protowire.BytesType:
			return unsupported("it defines functions of its own")
		}
		return nil
	})
	if err == nil && !found {
		err = errWire
	}
	return g, err
}

func (g *Graph) readOpset(b []byte) error {
	domain, version := "", int64(0)
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			domain = string(f.bytes)
		case 2:
			version = int64(f.value)
		}
		return nil
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	if len(g.opsets) >= maxNodes {
		return errWire
	}
	g.opsets[domain] = version
	return err
}

func (g *Graph) readGraph(b []byte) error {
	return each(b, func(f field) error {
		if f.kind != protowire.BytesType {
			return nil
		}
		var err error
		switch f.number {
		case 1:
			if len(g.nodes) >= maxNodes {
				return fmt.Errorf("more than %d operators", maxNodes)
			}
			var n node
			n, err = g.readNode(f.bytes)
			g.nodes = append(g.nodes, n)
		case 5:
			if g.tensors++; g.tensors > maxTensors {
				return fmt.Errorf("more than %d constants", maxTensors)
			}
			var name string
			var t *tensor
			name, t, err = readTensor(f.bytes)
			g.constants[name] = t
		case 11:
			g.inputs, err = appendInfo(g.inputs, f.bytes)
		case 12:
			g.outputs, err = appendInfo(g.outputs, f.bytes)
		case 15:
			err = unsupported("it has sparse constants")
		}
		return err
	})
}

func (g *Graph) readNode(b []byte) (node, error) {
	n := node{attributes: map[string]*attribute{}}
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, string(f.bytes))
		case 2:
			n.outputs = append(n.outputs, string(f.bytes))
		case 3:
			n.name = string(f.bytes)
		case 4:
			n.op = string(f.bytes)
		case 5:
			if g.attributes++; g.attributes > maxAttributes {
				return fmt.Errorf("more than %d attributes", maxAttributes)
			}
			name, a, err := readAttribute(f.bytes)
			n.attributes[name] = a
			return err
		case 7:
			n.domain = string(f.bytes)
		}
		if len(n.inputs) > maxValues || len(n.outputs) > maxValues {
			return errWire
		}
		return nil
	})
	return n, err
}

func readAttribute(b []byte) (string, *attribute, error) {
	name, a := "", &attribute{}
	err := each(b, func(f field) error {
		var err error
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			a.float = math.Float32frombits(uint32(f.value))
		case 3:
			a.integer = int64(f.value)
		case 4:
			a.text = string(f.bytes)
		case 5:
			if a.tensor != nil {
				return errWire
			}
			_, a.tensor, err = readTensor(f.bytes)
		case 6, 11:
			err = unsupported("attribute %q is a graph of its own (a branch or a loop)", name)
		case 7:
			a.floats, err = appendFloats(a.floats, f)
		case 8:
			a.ints, err = appendInts(a.ints, f)
		case 9:
			a.texts = append(a.texts, string(f.bytes))
		case 20:
			a.kind = int32(f.value)
		}
		return err
	})
	return name, a, err
}

func appendInfo(out []valueInfo, b []byte) ([]valueInfo, error) {
	if len(out) >= maxValues {
		return out, fmt.Errorf("more than %d inputs or outputs", maxValues)
	}
	var v valueInfo
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			v.name = string(f.bytes)
		case 2:
			return v.readType(f.bytes)
		}
		return nil
	})
	return append(out, v), err
}

// readType reads a TypeProto: a tensor, or a sequence of maps as ZipMap makes.
func (v *valueInfo) readType(b []byte) error {
	return each(b, func(f field) error {
		switch f.number {
		case 1:
			return each(f.bytes, func(f field) error {
				switch f.number {
				case 1:
					v.kind = kindOf(int64(f.value))
				case 2:
					return v.readShape(f.bytes)
				}
				return nil
			})
		case 4, 5:
			v.isMap = true
		}
		return nil
	})
}

func (v *valueInfo) readShape(b []byte) error {
	return each(b, func(f field) error {
		if f.number != 1 || len(v.dims) > 8 {
			return errWire
		}
		size := int64(-1)
		err := each(f.bytes, func(f field) error {
			if f.number == 1 && f.kind == protowire.VarintType && int64(f.value) > 0 {
				size = int64(f.value)
			}
			return nil
		})
		v.dims = append(v.dims, size)
		return err
	})
}
