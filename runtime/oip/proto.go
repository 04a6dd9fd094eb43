package oip

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Messages of the protocol's gRPC form, read and written field by field. A
// generated decoder would allocate all of a message before a limit is looked at,
// and would link a runtime of its own into every workload for six messages.

// errMessage is of bytes that are no message.
var errMessage = errors.New("the message is not valid protobuf")

// each calls read for every field of a message with its number, type and value,
// which read has to take: it returns the bytes it has used, or less than 0.
func each(b []byte, read func(number protowire.Number, kind protowire.Type, value []byte) (int, error)) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errMessage
		}
		b = b[n:]
		n, err := read(number, kind, b)
		if err != nil {
			return err
		}
		if n < 0 || n > len(b) {
			return errMessage
		}
		b = b[n:]
	}
	return nil
}

// skipped is what a field takes that is not known.
func skipped(number protowire.Number, kind protowire.Type, b []byte) int {
	return protowire.ConsumeFieldValue(number, kind, b)
}

// DecodeNamed reads a request that names a model and may name a version:
// ModelReadyRequest and ModelMetadataRequest.
func DecodeNamed(b []byte) (name, version string, err error) {
	err = each(b, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
		if kind != protowire.BytesType || number > 2 {
			return skipped(number, kind, b), nil
		}
		v, n := protowire.ConsumeBytes(b)
		if n >= 0 && !utf8.Valid(v) {
			return n, errMessage
		}
		if number == 1 {
			name = string(v)
		} else {
			version = string(v)
		}
		return n, nil
	})
	return name, version, err
}

// PeekModel is the model that a message names, of which b may be the beginning; "": none
// within b. The name is the first field, and in Triton's requests to load and unload the
// second, behind a repository's.
func PeekModel(b []byte, repository bool) string {
	name := ""
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return name
		}
		b = b[n:]
		if kind == protowire.BytesType && (number == 1 || number == 2 && repository) {
			v, m := protowire.ConsumeBytes(b)
			if m < 0 || !utf8.Valid(v) {
				return name
			}
			if len(v) > 0 {
				name = string(v)
			}
			if name != "" && !repository {
				return name
			}
		}
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			return name
		}
		b = b[n:]
	}
	return name
}

// decoding is a ModelInferRequest as far as it is read.
type decoding struct {
	request  *Request
	limits   Limits
	elements int
	contents []int    // elements of each input that came in contents; -1: it has none
	raw      [][]byte // raw_input_contents
	binary   []answer // what each output says
}

// DecodeProto reads a ModelInferRequest. It overwrites r, which points into body
// afterwards. Raw says whether the tensors came as raw_input_contents: then all do.
//
// The error is a *TooLargeError where a limit is exceeded. None repeats a value.
func DecodeProto(r *Request, body []byte, lim Limits) error {
	*r = Request{Inputs: r.Inputs[:0], memory: r.memory}
	d := decoding{request: r, limits: lim}
	if err := each(body, d.field); err != nil {
		return err
	}
	if len(r.Inputs) == 0 {
		return errors.New("inputs are required: at least one tensor")
	}
	if err := d.fill(); err != nil {
		return err
	}
	r.Raw = len(d.raw) > 0
	for i, said := range d.binary {
		r.Outputs[i].Binary = said == yes || said == unsaid && r.Binary
	}
	return nil
}

func (d *decoding) field(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
	if kind != protowire.BytesType || number > 7 {
		return skipped(number, kind, b), nil
	}
	v, n := protowire.ConsumeBytes(b)
	if n < 0 {
		return n, nil
	}
	r := d.request
	switch number {
	case 1, 2, 3:
		if !utf8.Valid(v) {
			return n, errMessage
		}
		*[]*string{&r.Model, &r.Version, &r.ID}[number-1] = string(v)
	case 4:
		return n, d.parameter(v)
	case 5:
		if len(r.Inputs) == d.limits.Tensors {
			return n, tooLarge("more than %d inputs", d.limits.Tensors)
		}
		return n, d.input(v)
	case 6:
		if len(r.Outputs) == d.limits.Tensors {
			return n, tooLarge("more than %d outputs", d.limits.Tensors)
		}
		return n, d.output(v)
	default:
		if len(d.raw) == d.limits.Tensors {
			return n, tooLarge("more than %d raw_input_contents", d.limits.Tensors)
		}
		d.raw = append(d.raw, v)
	}
	return n, nil
}

// fill reads the raw contents, where there are any, and wants each input to have
// as many elements as its shape says.
func (d *decoding) fill() error {
	r := d.request
	if len(d.raw) > 0 && len(d.raw) != len(r.Inputs) {
		return fmt.Errorf("%d raw_input_contents for %d inputs: either all tensors are raw or none", len(d.raw),
			len(r.Inputs))
	}
	for i := range r.Inputs {
		t := &r.Inputs[i]
		n, err := d.product(t.Shape)
		switch name := shown([]byte(t.Name)); {
		case err != nil:
			return fmt.Errorf("input %s: %w", name, err)
		case len(d.raw) > 0 && d.contents[i] >= 0:
			return fmt.Errorf("input %s: it has both contents and raw_input_contents", name)
		case len(d.raw) > 0:
			if err := t.read(d.raw[i], n); err != nil {
				return fmt.Errorf("input %s: %w", name, err)
			}
		case t.Datatype == FP16 || t.Datatype == BF16:
			return fmt.Errorf("input %s: %s is taken as raw_input_contents only", name, t.Datatype)
		case t.Elements() != n || d.contents[i] != n:
			return fmt.Errorf("input %s: the shape has %d elements, and the contents of %s have %d", name, n,
				t.Datatype,
				t.Elements())
		}
	}
	return nil
}

func (d *decoding) product(shape []int) (int, error) {
	c := decoder{limits: d.limits, elements: d.elements}
	n, err := c.product(shape)
	d.elements = c.elements
	return n, err
}

// parameter reads an entry of the request's parameters.
func (d *decoding) parameter(b []byte) error {
	key, v, err := entry(b)
	if err != nil {
		return err
	}
	r := d.request
	switch key {
	case "binary_data_output":
		r.Binary, err = v.flag(key)
	case "explain":
		r.Explain, err = v.flag(key)
	case "reasons":
		if v.kind != 'i' || v.number < 1 || v.number > math.MaxInt32 {
			return errors.New("the parameter reasons is a whole number of at least 1")
		}
		r.Reasons = int(v.number)
	}
	return err
}

// parameter is the value of an InferParameter.
type parameter struct {
	kind   byte // 'b' boolean, 'i' integer, 0 anything else
	number int64
}

func (p parameter) flag(key string) (bool, error) {
	if p.kind != 'b' {
		return false, fmt.Errorf("the parameter %s is a boolean", key)
	}
	return p.number != 0, nil
}

// entry reads an entry of a map of parameters.
func entry(b []byte) (key string, v parameter, err error) {
	err = each(b, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
		if kind != protowire.BytesType || number > 2 {
			return skipped(number, kind, b), nil
		}
		field, n := protowire.ConsumeBytes(b)
		if n < 0 || number == 1 {
			key = string(field)
			return n, nil
		}
		return n, each(field, func(number protowire.Number, kind protowire.Type, b []byte) (int, error) {
			if kind != protowire.VarintType || number > 2 && number != 5 {
				v = parameter{}
				return skipped(number, kind, b), nil
			}
			u, n := protowire.ConsumeVarint(b)
			v = parameter{kind: 'i', number: int64(u)} //nolint:gosec // an int64 of protobuf
			if number == 1 {
				v.kind = 'b'
			}
			return n, nil
		})
	})
	return key, v, err
}
