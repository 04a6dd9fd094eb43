package oip

import "fmt"

var (
	inputFields    = []string{"name", "datatype", "shape", "data", "parameters"}
	inputParameter = []string{"binary_data_size", "shared_memory_region"}
)

// input is a tensor as far as it is read.
type input struct {
	Tensor
	named, shaped bool
	at            int // where its JSON data is; -1: it has none, or it has been read
	given         bool
	size          int // of its bytes; -1: it has none
}

// ready reports whether data can be read.
func (in *input) ready() bool { return in.shaped && in.Datatype.width() > 0 }

// shown is the name as errors have it.
func (in *input) shown() string { return shown([]byte(in.Name)) }

// input reads a tensor. Data that comes before its type and shape is read
// when they are known.
func (d *decoder) input() {
	d.current = input{at: -1, size: -1}
	in := &d.current
	d.fields(inputFields, func(i int) {
		switch i {
		case 0:
			in.Name, in.named = named(&d.memory.inputs, len(d.request.Inputs), d.text()), true
		case 1:
			in.Datatype = datatypeOf(d.text())
		case 2:
			in.Shape, in.shaped = d.shape(), true
		case 3:
			in.given = true
			if d.peek(); in.ready() {
				d.elementsOf(in)
				return
			}
			in.at = d.at
			d.skip(maxDepth)
		default:
			d.fields(inputParameter, func(i int) {
				if i == 1 {
					d.fail("shared memory is not offered; send the tensor itself")
				} else if in.size = int(d.integer(32, false)); d.err == nil && in.size < 0 {
					d.fail("binary_data_size is below 0")
				}
			})
		}
	})
	if d.err != nil {
		return
	}
	d.whole(in)
	if d.err == nil {
		d.request.Inputs = append(d.request.Inputs, in.Tensor)
	}
}

// datatypeOf is the type of that name, which does not point into the body, or
// one that is unknown.
func datatypeOf(name []byte) Datatype {
	for _, d := range datatypes {
		if string(name) == string(d) {
			return d
		}
	}
	return Datatype(name)
}

// whole wants a tensor to have all that it needs, and reads what is not read yet.
func (d *decoder) whole(in *input) {
	switch {
	case !in.named:
		d.fail("an input has no name")
	case in.Datatype.width() == 0:
		d.fail("input %s: datatype %s is none of the protocol's", in.shown(), shown([]byte(in.Datatype)))
	case !in.shaped:
		d.fail("input %s: it has no shape", in.shown())
	case in.given && in.size >= 0:
		d.fail("input %s: it has both data and binary_data_size", in.shown())
	case !in.given && in.size < 0:
		d.fail("input %s: it has neither data nor binary_data_size", in.shown())
	case in.at >= 0:
		end := d.at
		d.at = in.at
		d.elementsOf(in)
		d.at = end
	case in.size >= 0:
		n, err := d.product(in.Shape)
		if err == nil {
			err = d.bytes(&in.Tensor, n, in.size)
		}
		d.wrong(in, err)
	}
}

// elementsOf reads the JSON data that is next.
func (d *decoder) elementsOf(in *input) {
	n, err := d.product(in.Shape)
	if err == nil {
		err = d.elementsFrom(&in.Tensor, n)
	}
	d.wrong(in, err)
}

// wrong ends the reading with what is wrong with a tensor.
func (d *decoder) wrong(in *input, err error) {
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("input %s: %w", in.shown(), err)
	}
}

// maxDimensions bounds a shape; tables have two.
const maxDimensions = 16

// shape reads a shape.
func (d *decoder) shape() []int {
	shape := d.memory.shapes.take(maxDimensions)
	for more := d.open('[', ']'); more; more = d.next(']') {
		n := d.integer(64, false)
		switch {
		case d.err == nil && (n < 0 || n > 1<<40):
			d.fail("a dimension is below 0 or out of reach")
		case len(shape) == maxDimensions:
			d.fail("a shape has more than %d dimensions", maxDimensions)
		}
		if d.err != nil {
			return nil
		}
		shape = append(shape, int(n))
	}
	d.memory.shapes.used -= maxDimensions - len(shape) // what it has not taken is the next one's
	return shape[:len(shape):len(shape)]
}

// product is the number of elements, which are charged to the limit.
func (d *decoder) product(shape []int) (int, error) {
	n := 1
	for _, k := range shape {
		if k > 0 && n > d.limits.Elements/k {
			return 0, tooLarge("the shape has more than %d elements", d.limits.Elements)
		}
		n *= k
	}
	if d.elements += n; d.elements > d.limits.Elements {
		return 0, tooLarge("the tensors have more than %d elements in all", d.limits.Elements)
	}
	return n, nil
}
