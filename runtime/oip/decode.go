package oip

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Decode reads a request. body holds the JSON, of which there are header bytes,
// and the tensors behind it; header is len(body) where all is JSON. It overwrites
// r, which points into body afterwards.
//
// The error is a *TooLargeError where a limit is exceeded. None repeats a value.
func Decode(r *Request, body []byte, header int, lim Limits) error {
	if header < 0 || header > len(body) {
		return fmt.Errorf("the header Inference-Header-Content-Length says %d, and the body has %d bytes",
			header, len(body))
	}
	m := remembered(r)
	*r = Request{Inputs: r.Inputs[:0], memory: m}
	d := &m.decoder
	*d = decoder{scanner: scanner{data: body[:header]}, rest: body[header:], limits: lim, request: r, memory: m,
		binary: d.binary[:0]}
	if !utf8.Valid(d.data) {
		return errors.New("the JSON is not valid UTF-8")
	}
	d.message()
	if d.err == nil && (d.peek() != 0 || d.at < len(d.data)) {
		d.fail("something follows the request's end")
	}
	switch {
	case d.err != nil:
		return d.err
	case len(d.rest) > 0:
		return fmt.Errorf("%d bytes follow the tensors that binary_data_size tells of", len(d.rest))
	case len(r.Inputs) == 0:
		return errors.New(`"inputs" is required: a list with at least one tensor`)
	}
	for i, said := range d.binary {
		r.Outputs[i].Binary = said == yes || said == unsaid && r.Binary
	}
	return nil
}

// decoder reads one request.
type decoder struct {
	scanner
	rest     []byte // tensors that are not read yet
	limits   Limits
	elements int
	request  *Request
	memory   *memory
	current  input    // that is read
	binary   []answer // what each output says of binary_data
}

// answer is what a flag says that may be left out.
type answer int

const (
	unsaid answer = iota
	yes
	no
)

// fields reads an object and calls read for each of the known keys, which may
// come once. Others are skipped, as extensions are free to add some.
func (d *decoder) fields(known []string, read func(i int)) {
	seen := 0
	for more := d.open('{', '}'); more; more = d.next('}') {
		key := d.key()
		if d.err != nil {
			return
		}
		at := -1
		for i, k := range known {
			if string(key) == k {
				at = i
				break
			}
		}
		switch {
		case at < 0:
			d.skip(maxDepth)
		case seen>>at&1 == 1:
			d.fail("%s is given twice", shown(key))
		default:
			seen |= 1 << at
			read(at)
		}
	}
}

var messageFields = []string{"id", "parameters", "inputs", "outputs"}

func (d *decoder) message() {
	r := d.request
	d.fields(messageFields, func(i int) {
		switch i {
		case 0:
			r.ID = string(d.text())
		case 1:
			d.parameters()
		case 2:
			for more := d.open('[', ']'); more; more = d.next(']') {
				if len(r.Inputs) == d.limits.Tensors {
					d.over("more than %d inputs", d.limits.Tensors)
					return
				}
				d.input()
			}
		default:
			for more := d.open('[', ']'); more; more = d.next(']') {
				if len(r.Outputs) == d.limits.Tensors {
					d.over("more than %d outputs", d.limits.Tensors)
					return
				}
				d.output()
			}
		}
	})
}

// over ends the reading with a *TooLargeError.
func (d *decoder) over(format string, args ...any) {
	if d.err == nil {
		d.err = tooLarge(format, args...)
	}
}

var parameterFields = []string{"binary_data_output", "explain", "reasons"}

// parameters are those of the request as a whole.
func (d *decoder) parameters() {
	r := d.request
	d.fields(parameterFields, func(i int) {
		switch i {
		case 0:
			r.Binary = d.flag()
		case 1:
			r.Explain = d.flag()
		default:
			if r.Reasons = int(d.integer(32, false)); d.err == nil && r.Reasons < 1 {
				d.fail("reasons are at least 1")
			}
		}
	})
}

var (
	outputFields    = []string{"name", "parameters"}
	outputParameter = []string{"binary_data", "classification", "shared_memory_region"}
)

func (d *decoder) output() {
	o, has, binary := Output{}, false, unsaid
	d.fields(outputFields, func(i int) {
		if i == 0 {
			o.Name, has = named(&d.memory.outputs, len(d.request.Outputs), d.text()), true
			return
		}
		d.fields(outputParameter, func(i int) {
			switch i {
			case 0:
				if binary = no; d.flag() {
					binary = yes
				}
			case 1:
				d.fail("the classification extension is not offered")
			default:
				d.fail("shared memory is not offered; ask for the tensor itself")
			}
		})
	})
	if d.err == nil && !has {
		d.fail("an output has no name")
	}
	if d.request.Outputs == nil {
		d.request.Outputs = d.memory.wanted[:0]
	}
	d.request.Outputs, d.binary = append(d.request.Outputs, o), append(d.binary, binary)
	d.memory.wanted = d.request.Outputs
}
