package serve

import (
	"bytes"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// maxExact is where a float64 begins to skip integers.
// Below it every integer has a float64 of its own, and number needs no second
// look at the text.
const maxExact = 1 << 53

// positional reads a row whose values are in the signature's order.
// Values beyond the last input are skipped and counted, so that the message can
// say how many there were.
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
// It names the field that the first missing value belongs to, since a value that
// was left out in the middle shifts all that follow.
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
//
// w.seen holds, for each input, the stamp of the row that set it last. A new
// stamp for each row saves clearing the slice; it is 64 bits and never wraps.
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

// unknownColumn reports a key that is neither an input nor dropped. The target
// is called out: training data is often sent with its label still in it. It adds
// nothing after a syntax error, when the key may be cut short.
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
// c is a byte, so c-'0' <= 9 is true for digits alone: lower bytes wrap around.
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

// number sets an input from a JSON number. Texts that mean "missing" come first,
// since a file may use -999 or 0 for that; then the types, in the order in which
// their faults are most specific. text is the number as it was sent: for a coded
// input 1.0 and 1 are different categories.
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
// Training and serving thus share one parser, and neither takes what the other
// refuses.
func readable(t plan.ColumnType, text []byte) bool {
	_, err := dataset.ParseValue(plan.Column{Type: t}, string(text))
	return err == nil
}

// flag sets an input from true or false; v is 1 or 0, text the word.
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

// text sets an input from a JSON string. White space around categories is kept,
// as in a file, where it can tell values apart. For a numeric input even a text
// that reads as a number is refused, as the schema promises a JSON number.
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

// null sets an input missing, if its column may be.
func (w *worker) null(i int) {
	if in := &w.gen.inputs[i]; !in.nullable {
		w.found.add(w.row, in.name, "must not be missing: the column is not nullable")
		return
	}
	w.setMissing(i)
}

// wrong reports a value of a wrong type, never the value itself.
// After a syntax error it adds nothing: the value may be cut short.
func (w *worker) wrong(i int, got string) {
	if !w.scan.ok() {
		return
	}
	in := &w.gen.inputs[i]
	w.found.add(w.row, in.name, "want %s, got %s", wanted(in.kind), got)
}

// wanted describes, with an article, what an input of the type takes.
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
