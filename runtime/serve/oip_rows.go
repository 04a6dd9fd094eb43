package serve

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// table is what the tensors of a request hold for the inputs.
type table struct {
	rows  int
	cells []cells // one an input
}

// cells are the values of one input: element offset + row * stride of the
// tensor. Without a tensor the input is missing in each row.
type cells struct {
	tensor         *oip.Tensor
	offset, stride int
}

// bind says which tensor holds which input: one tensor each, by name, of one
// value a row; or a single tensor with a row for each row and a column for each
// input, in the signature's order.
func (w inferring) bind() (table, *Problem) {
	if w.cells == nil {
		w.cells = make([]cells, len(w.gen.inputs))
	}
	clear(w.cells)
	t := table{cells: w.cells, rows: -1}
	if in := w.message.Inputs; len(in) == 1 && len(in[0].Shape) == 2 {
		if _, named := w.gen.index[in[0].Name]; !named || in[0].Shape[1] != 1 {
			return w.bindMatrix(t, &in[0])
		}
	}
	for i := range w.message.Inputs {
		in := &w.message.Inputs[i]
		at, known := w.gen.index[in.Name]
		switch {
		case !known && w.gen.dropped[in.Name]:
			continue
		case !known:
			w.unknownColumn(in.Name)
			continue
		case t.cells[at].tensor != nil:
			w.found.add(-1, in.Name, "is given twice")
		case len(in.Shape) == 0 || len(in.Shape) > 2 || len(in.Shape) == 2 && in.Shape[1] != 1:
			w.found.add(-1, in.Name, "want a tensor of the shape [rows] or [rows, 1]")
		case t.rows >= 0 && in.Shape[0] != t.rows:
			w.found.add(-1, in.Name, "has %d rows, where another tensor has %d", in.Shape[0], t.rows)
		default:
			t.rows, t.cells[at] = in.Shape[0], cells{tensor: in, stride: 1}
		}
	}
	for i := range t.cells {
		if in := &w.gen.inputs[i]; t.cells[i].tensor == nil && !in.nullable {
			w.found.add(-1, in.name, "is required; there is no tensor of this name")
		}
	}
	return w.bound(t)
}

func (w inferring) bindMatrix(t table, in *oip.Tensor) (table, *Problem) {
	width := len(w.gen.inputs)
	if in.Shape[1] != width {
		w.found.add(-1, in.Name, "a single tensor has a column for each of the %d inputs, and this has %d; "+
			"the model's metadata lists them", width, in.Shape[1])
		return t, w.found.problem()
	}
	t.rows = in.Shape[0]
	for i := range t.cells {
		t.cells[i] = cells{tensor: in, offset: i, stride: width}
	}
	return w.bound(t)
}

// bound wants rows, and not too many.
func (w inferring) bound(t table) (table, *Problem) {
	switch {
	case w.found.total > 0:
		return t, w.found.problem()
	case t.rows <= 0:
		return t, problem(http.StatusBadRequest, "no_rows", "the request has no rows")
	case t.rows > w.limits.rows:
		return t, problem(http.StatusRequestEntityTooLarge, "too_many_rows",
			"the request has more than %d rows; send several", w.limits.rows)
	}
	return t, nil
}

// each sets the inputs of every row and calls do after each, until it says no.
// What is wrong with values goes into w.found.
func (w inferring) each(ctx context.Context, t table, do func() bool) *Problem {
	for w.row = 0; w.row < t.rows; w.row++ {
		if (w.row%checkEvery == 0 || w.explain.wanted) && ctx.Err() != nil {
			return w.late(ctx)
		}
		for i := range t.cells {
			c := &t.cells[i]
			if c.tensor == nil {
				w.setMissing(i)
				continue
			}
			w.element(i, c.tensor, c.offset+w.row*c.stride)
		}
		if !do() {
			return nil
		}
	}
	return nil
}

// element sets input i from an element of a tensor.
func (w inferring) element(i int, t *oip.Tensor, at int) {
	switch {
	case t.IsMissing(at):
		w.null(i)
	case t.Texts != nil:
		w.text(i, t.Texts[at])
	case t.Floats != nil:
		w.float(i, t.Floats[at])
	case t.Datatype == oip.Bool:
		w.flag(i, float64(t.Ints[at]), strconv.FormatBool(t.Ints[at] == 1))
	default:
		w.whole(i, t.Ints[at], t.Datatype == oip.Uint64)
	}
}

// float sets an input from a number of a tensor. NaN is missing. Unlike a number
// of JSON it has no text, so that what a file calls missing is compared by value,
// and by the shortest text where the input is a category.
func (w inferring) float(i int, v float64) {
	in := &w.gen.inputs[i]
	switch {
	case v != v || in.nulls.Value(v):
		w.null(i)
	case in.coded || in.kind == plan.Boolean:
		w.number(i, strconv.AppendFloat(w.digits[:0], v, 'f', -1, 64), v)
	case in.kind == plan.Timestamp:
		w.wrong(i, "a number")
	case math.IsInf(v, 0):
		w.found.add(w.row, in.name, "the number is infinite; NaN means missing")
	case in.kind == plan.Integer && v != math.Trunc(v):
		w.wrong(i, "a number with a fraction")
	default:
		w.setFloat(i, v)
	}
}

// whole sets an input from an integer of a tensor.
func (w inferring) whole(i int, v int64, unsigned bool) {
	in := &w.gen.inputs[i]
	if small := -maxExact < v && v < maxExact; small && !in.coded && in.kind.Numeric() {
		w.float(i, float64(v))
		return
	}
	text := strconv.AppendInt(w.digits[:0], v, 10)
	f := float64(v)
	if unsigned {
		text = strconv.AppendUint(w.digits[:0], uint64(v), 10) //nolint:gosec // as it was sent
		f = float64(uint64(v))                                 //nolint:gosec // as it was sent
	}
	w.number(i, text, f)
}
