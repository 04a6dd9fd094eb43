package serve

import (
	"bytes"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// maxExact is where a float64 begins to skip integers.
const maxExact = 1 << 53

// positional reads a row whose values are in the signature's order.
func (w *worker) positional() {
	n := 0
	for more := w.scan.first(']'); more; more = w.scan.next(']') {
		if n < len(w.gen.inputs) {
			w.value(n)
		} else {
			w.scan.skip(maxDepth)
		}
		n++
	}
	w.countValues(n)
}

// countValues reports a row that is too short or too long.
func (w *worker) countValues(n int) {
	inputs := w.gen.inputs
	switch {
	case !w.scan.ok():
	case n < len(inputs):
		w.found.add(w.row, inputs[n].name,
			"the row has %d values, want %d: the first without one is this field; GET /schema lists the order", n,
			len(inputs))
	case n > len(inputs):
		w.found.add(w.row, "", "the row has %d values, want %d: the last is %q; GET /schema lists the order", n,
			len(inputs), inputs[len(inputs)-1].name)
	}
}

// named reads a row whose values have their columns' names.
func (w *worker) named() {
	inputs := w.gen.inputs
	w.stamp++
	expect, got := 0, 0
	for more := w.scan.first('}'); more; more = w.scan.next('}') {
		key := w.scan.key()
		i := expect // clients mostly keep to the order
		if i >= len(inputs) || string(key) != inputs[i].name {
			var known bool
			if i, known = w.gen.index[string(key)]; !known {
				if !w.gen.dropped[string(key)] {
					w.unknownColumn(string(key))
				}
				w.scan.skip(maxDepth)
				continue
			}
		}
		if w.seen[i] == w.stamp {
			w.found.add(w.row, inputs[i].name, "is given twice")
			w.scan.skip(maxDepth)
			continue
		}
		w.seen[i], expect = w.stamp, i+1
		got++
		w.value(i)
	}
	if got < len(inputs) && w.scan.ok() {
		w.absent()
	}
}

// absent sets the inputs missing that a named row left out.
func (w *worker) absent() {
	for i := range w.gen.inputs {
		if w.seen[i] == w.stamp {
			continue
		}
		if w.gen.inputs[i].nullable {
			w.setMissing(i)
		} else {
			w.found.add(w.row, w.gen.inputs[i].name, "is required; it is not in the row")
		}
	}
}

func (w *worker) unknownColumn(key string) {
	if !w.scan.ok() {
		return
	}
	if key == w.gen.Model.Signature.Target {
		w.found.add(w.row, key, "is what the model predicts, no input of it")
		return
	}
	hint := ""
	if !w.found.full() { // looking for it takes longer than all else
		hint = suggestion(key, w.gen.names)
	}
	w.found.add(w.row, key, "is not an input of the model%s", hint)
}

// value reads the next value into input i, or reports why it is none.
func (w *worker) value(i int) {
	switch c := w.scan.space(); {
	case c == '-' || c-'0' <= 9:
		if text, v, ok := w.scan.number(); ok {
			w.number(i, text, v)
		}
	case c == '"':
		if text, ok := w.scan.text(); ok {
			w.text(i, text)
		}
	case c == 'n':
		if w.scan.word("null") {
			w.null(i)
		}
	case c == 't':
		if w.scan.word("true") {
			w.flag(i, 1, "true")
		}
	case c == 'f':
		if w.scan.word("false") {
			w.flag(i, 0, "false")
		}
	case c == '[':
		w.scan.skip(maxDepth)
		w.wrong(i, "an array")
	case c == '{':
		w.scan.skip(maxDepth)
		w.wrong(i, "an object")
	default:
		w.scan.unexpected("a value")
	}
}

func (w *worker) number(i int, text []byte, v float64) {
	in := &w.gen.inputs[i]
	switch {
	case in.nulls.Number(text, v), (in.coded || in.kind == plan.Boolean) && in.nulls.Text(text):
		w.null(i)
	case in.coded:
		w.unquoted(i, text, "a number")
	case in.kind == plan.Timestamp, in.kind == plan.Boolean && v != 0 && v != 1:
		w.wrong(i, "a number")
	case math.IsInf(v, 0):
		w.found.add(w.row, in.name, "the number is beyond what a 64-bit float holds")
	case in.kind == plan.Integer && v != math.Trunc(v):
		w.wrong(i, "a number with a fraction")
	case math.Abs(v) >= maxExact && !readable(in.kind, text):
		if in.kind == plan.Integer {
			w.found.add(w.row, in.name, "want an integer of at most 64 bits")
			return
		}
		w.found.add(w.row, in.name, "a 64-bit float would lose digits of the number")
	default:
		w.setFloat(i, v)
	}
}

// readable reports whether a file could hold the number too. An integer beyond
// 2^53 is scored as the float64 nearest to it, as in training.
func readable(t plan.ColumnType, text []byte) bool {
	_, err := dataset.ParseValue(plan.Column{Type: t}, string(text))
	return err == nil
}

func (w *worker) flag(i int, v float64, text string) {
	switch in := &w.gen.inputs[i]; {
	case in.nulls.Text([]byte(text)):
		w.null(i)
	case in.kind == plan.Boolean:
		w.setFloat(i, v)
	case in.coded:
		w.unquoted(i, []byte(text), "true or false")
	default:
		w.wrong(i, "true or false")
	}
}

// unquoted takes a number or flag for a category only where its text is one
// that training saw, such as 1 for "1": anything else is more likely a value in
// the wrong place than a new category.
func (w *worker) unquoted(i int, text []byte, what string) {
	in, category := &w.gen.inputs[i], string(text)
	if in.cell.Text != nil {
		category = in.cell.Text(category)
	}
	if _, known := in.known[category]; known {
		w.setText(i, text)
		return
	}
	w.wrong(i, what)
}

func (w *worker) text(i int, text []byte) {
	in := &w.gen.inputs[i]
	trimmed := text
	if !in.coded { // as in a file
		trimmed = bytes.TrimSpace(text)
	}
	switch {
	case in.nulls.Text(trimmed):
		w.null(i)
	case in.coded:
		w.setText(i, text)
	case in.kind == plan.Timestamp:
		v, err := dataset.ParseValue(plan.Column{Type: plan.Timestamp}, string(text))
		if err == nil && in.nulls.Value(v) {
			w.null(i)
			return
		}
		if err != nil {
			w.found.add(w.row, in.name, "want a timestamp: RFC 3339 or YYYY-MM-DD")
			return
		}
		w.setFloat(i, v)
	default:
		w.wrong(i, "a text")
	}
}

func (w *worker) null(i int) {
	if in := &w.gen.inputs[i]; !in.nullable {
		w.found.add(w.row, in.name, "must not be missing: the column is not nullable")
		return
	}
	w.setMissing(i)
}

// wrong reports a value of a wrong type, never the value itself.
func (w *worker) wrong(i int, got string) {
	if !w.scan.ok() {
		return
	}
	in := &w.gen.inputs[i]
	w.found.add(w.row, in.name, "want %s, got %s", wanted(in.kind), got)
}

func wanted(t plan.ColumnType) string {
	switch t {
	case plan.Number:
		return "a number"
	case plan.Integer:
		return "an integer"
	case plan.Boolean:
		return "true or false"
	case plan.Timestamp:
		return "a timestamp in double quotes: RFC 3339 or YYYY-MM-DD"
	default:
		return "a text in double quotes"
	}
}
