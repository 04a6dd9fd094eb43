// Package oip reads and writes the messages of the Open Inference Protocol, version
// 2, as HTTP carries them: JSON, and tensors as bytes behind the JSON.
//
// The protocol is that of github.com/kserve/open-inference-protocol; the bytes
// are Triton's binary tensor data extension. What a tensor means to a model is
// not this package's matter: it says what came, in the types that came.
//
// A message is hostile until it is read. Nothing is allocated on the word of a
// shape or a size before the bytes are known to be there, and what is allocated
// is in proportion to them.
package oip

import "fmt"

// Datatype is the type of a tensor's elements.
type Datatype string

// The protocol's types. BF16 is an addition of its gRPC text.
const (
	Bool   Datatype = "BOOL"
	Uint8  Datatype = "UINT8"
	Uint16 Datatype = "UINT16"
	Uint32 Datatype = "UINT32"
	Uint64 Datatype = "UINT64"
	Int8   Datatype = "INT8"
	Int16  Datatype = "INT16"
	Int32  Datatype = "INT32"
	Int64  Datatype = "INT64"
	FP16   Datatype = "FP16"
	BF16   Datatype = "BF16"
	FP32   Datatype = "FP32"
	FP64   Datatype = "FP64"
	Bytes  Datatype = "BYTES"
)

// datatypes are all types.
var datatypes = [...]Datatype{FP64, Int64, Bytes, Bool, FP32, Int32, Int16, Int8, Uint64, Uint32, Uint16, Uint8, FP16,
	BF16}

// width is the bytes that an element takes, of Bytes its length's; 0 of what is none of
// the types.
func (d Datatype) width() int {
	switch d {
	case Bool, Uint8, Int8:
		return 1
	case Uint16, Int16, FP16, BF16:
		return 2
	case Uint32, Int32, FP32, Bytes:
		return 4
	case Uint64, Int64, FP64:
		return 8
	}
	return 0
}

// integer is the bits of an integer type, and whether it is unsigned; 0 of any other.
func (d Datatype) integer() (bits int, unsigned bool) {
	switch d {
	case Uint8, Uint16, Uint32, Uint64:
		return 8 * d.width(), true
	case Int8, Int16, Int32, Int64:
		return 8 * d.width(), false
	default:
		return 0, false
	}
}

// Tensor is an input with all of its elements, row by row, in one of the three
// lists; which one follows from the type.
type Tensor struct {
	Name     string
	Datatype Datatype
	Shape    []int

	Floats []float64 // of FP16, BF16, FP32 and FP64; NaN where Missing
	// Ints are those of the integer types and of BOOL. Those of UINT64 are to be
	// read as uint64.
	Ints  []int64
	Texts [][]byte // of BYTES
	// Missing says which elements were null, which JSON can say in any type; nil
	// where none was.
	Missing []bool
}

// Elements is how many elements there are.
func (t *Tensor) Elements() int { return len(t.Floats) + len(t.Ints) + len(t.Texts) }

// IsMissing reports whether an element was null.
func (t *Tensor) IsMissing(i int) bool { return i < len(t.Missing) && t.Missing[i] }

// Output is a tensor that the client asks for.
type Output struct {
	Name   string
	Binary bool // as bytes behind the JSON
}

// Request is an inference request. Its texts point into the body that it was
// read from. It keeps memory for the next request, and is not to be copied.
type Request struct {
	ID     string
	Inputs []Tensor
	// Outputs in the order in which they are wanted; nil: all that there are.
	Outputs []Output
	// Binary says that outputs are wanted as bytes where Outputs does not say
	// otherwise.
	Binary bool
	// Explain and Reasons are parameters of our own: see the server's API.
	Explain bool
	Reasons int // 0: not given

	// Of gRPC, where the path does not say it.
	Model   string
	Version string
	Raw     bool // tensors came as raw bytes, and are wanted so

	memory *memory
}

// Limits bound a request beyond what its size does.
type Limits struct {
	Tensors  int // inputs and outputs, each
	Elements int // of all tensors
}

// TooLargeError is of a request that is over a limit.
type TooLargeError struct{ message string }

// Error says which.
func (e *TooLargeError) Error() string { return e.message }

func tooLarge(format string, args ...any) error {
	return &TooLargeError{message: fmt.Sprintf(format, args...)}
}

// shown cuts a name that a client sent to a length that is fit to be repeated.
func shown(name []byte) string {
	const most = 80
	if len(name) > most {
		return fmt.Sprintf("%.*q...", most, name)
	}
	return fmt.Sprintf("%q", name)
}
