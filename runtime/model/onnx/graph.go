// Package onnx reads tabular models in the ONNX format and scores them: trees,
// linear models and the operators that skl2onnx and onnxmltools write around
// them, in 32-bit numbers as ONNX Runtime computes them.
//
// It exists so that a pipeline of scikit-learn is served without Python and
// without a C library. It is no general runtime: every value is either a constant
// or has one row for each row that is scored, which makes shapes known before
// the first row and leaves nothing that can fail while scoring. Models that need
// more are refused by name.
package onnx

import (
	"errors"
	"fmt"
)

// MaxBytes bounds a model's file.
const MaxBytes = 512 << 20

// What a graph may have at most. Trees are attributes of one node, so that real
// models are far below.
const (
	maxNodes      = 10_000
	maxAttributes = 100_000 // of all nodes
	maxTensors    = 100_000
	maxValues     = 100_000
	maxColumns    = 1 << 20 // of all values of a row together
)

// Graph is a model as its file has it.
type Graph struct {
	opsets    map[string]int64 // version of each domain; "" and "ai.onnx" are the same
	nodes     []node
	constants map[string]*tensor
	inputs    []valueInfo
	outputs   []valueInfo

	attributes, tensors int // that were read, for the bounds
}

// node is one operator.
type node struct {
	op, domain, name string
	inputs, outputs  []string
	attributes       map[string]*attribute
}

// attribute holds a value of one of the types.
type attribute struct {
	kind    int32 // AttributeProto.AttributeType
	float   float32
	integer int64
	text    string
	tensor  *tensor
	floats  []float32
	ints    []int64
	texts   []string
}

// valueInfo is an input or an output. Of a sequence of maps only that it is one
// is known.
type valueInfo struct {
	name  string
	kind  kind
	dims  []int64 // -1: any
	isMap bool
}

// kind is the type of a value's elements.
type kind int

const (
	unknown kind = iota
	float        // 32 bits
	double
	integer // 32 or 64 bits, or a byte
	text
	boolean
)

func (k kind) String() string {
	return [...]string{"a type that the runtime does not know", "float", "double", "int64", "string", "bool"}[k]
}

// kindOf is the kind of a TensorProto.DataType.
func kindOf(dataType int64) kind {
	switch dataType {
	case 1:
		return float
	case 2, 6, 7:
		return integer
	case 8:
		return text
	case 9:
		return boolean
	case 11:
		return double
	}
	return unknown
}

// tensor is a constant. Numbers of all types are in one of three lists.
type tensor struct {
	kind    kind
	dims    []int64
	floats  []float32 // float
	doubles []float64 // double
	ints    []int64   // integer, boolean
	texts   []string  // text
}

// size is the number of elements.
func (t *tensor) size() int {
	return len(t.floats) + len(t.doubles) + len(t.ints) + len(t.texts)
}

// Unsupported says that a model needs what the runtime does not score.
type Unsupported struct{ What string }

// Error says what it is and what to do.
func (e *Unsupported) Error() string { return e.What + "; serve it as a pyfunc" }

func unsupported(format string, args ...any) error {
	return &Unsupported{What: fmt.Sprintf(format, args...)}
}

var errWire = errors.New("it is not a protobuf of ONNX's ModelProto: save it with onnx.save, or SerializeToString")

// input returns the name of the node's input, "" where it has none.
func (n *node) input(i int) string {
	if i < len(n.inputs) {
		return n.inputs[i]
	}
	return ""
}

func (n *node) String() string {
	if n.domain != "" && n.domain != "ai.onnx" {
		return "operator " + n.domain + "." + n.op
	}
	return "operator " + n.op
}

func (n *node) integer(name string, otherwise int64) int64 {
	if a := n.attributes[name]; a != nil {
		return a.integer
	}
	return otherwise
}

func (n *node) number(name string, otherwise float32) float32 {
	if a := n.attributes[name]; a != nil {
		return a.float
	}
	return otherwise
}

func (n *node) string(name, otherwise string) string {
	if a := n.attributes[name]; a != nil {
		return a.text
	}
	return otherwise
}

func (n *node) floats(name string) []float32 {
	if a := n.attributes[name]; a != nil {
		return a.floats
	}
	return nil
}

func (n *node) ints(name string) []int64 {
	if a := n.attributes[name]; a != nil {
		return a.ints
	}
	return nil
}

func (n *node) texts(name string) []string {
	if a := n.attributes[name]; a != nil {
		return a.texts
	}
	return nil
}
