package dataset

import (
	"bytes"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// slot is where a parser puts the values of one header field.
type slot struct {
	*target
	column  *Column
	floats  []float64
	codes   []int32
	words   *dictionary
	numeric bool // number or integer: worth the fast path
	integer bool
}

// parser turns chunks of text into frames. Each worker has its own.
type parser struct {
	dialect dialect
	targets []target
	words   []*dictionary // by target; nil for a column of floats
	skip    slot          // for fields that nobody declared
	slots   []*slot       // by header field, for the current layout
	columns []slot        // by target
	layout  *layout
	scratch []byte

	// Of the current chunk:
	text    []byte
	row     int // rows kept
	records int // records seen
	start   int // where the current record begins
	found   problems
	pending []pending // problems of the current record
	wide    bool      // an integer beyond 2^53 was seen
}

// pending is a cell's problem that counts unless its record is skipped.
type pending struct {
	slot  *slot
	kind  Kind
	value []byte
	hint  string // in place of the usual one
}

// newParser returns a parser of its own for one worker: dictionaries and
// scratch memory are not shared. The targets are, and are only read.
func newParser(d dialect, targets []target) *parser {
	p := &parser{dialect: d, targets: targets, columns: make([]slot, len(targets)),
		words: make([]*dictionary, len(targets))}
	for i := range targets {
		t := &targets[i]
		p.columns[i] = slot{target: t, numeric: t.plan.Type.Numeric(), integer: t.plan.Type == plan.Integer}
		if t.coded() {
			p.words[i] = newDictionary(t.plan.Values)
			p.columns[i].words = p.words[i]
		}
	}
	return p
}

// parse fills the frame with the chunk's rows and returns its problems, whose
// rows and lines count from the chunk's beginning. The text ends in a newline.
//
// Blank lines do not count as records. text[i+1] exists, since a return is
// never the last byte.
func (p *parser) parse(text []byte, l *layout, f *Frame) {
	// a row takes a byte a field, so that short lines under a wide header do not
	// claim memory for rows that cannot be
	p.bind(l, f, min(bytes.Count(text, []byte{'\n'}), len(text)/max(len(l.fields), 1)))
	p.text, p.row, p.records, p.found = text, 0, 0, problems{}
	for i := 0; i < len(text); {
		switch {
		case text[i] == '\n':
			i++
		case text[i] == '\r' && text[i+1] == '\n':
			i += 2
		default:
			p.start = i
			p.records++
			i = p.record(text, i)
		}
	}
	f.Rows = p.row
	for i := range f.Columns {
		c := &f.Columns[i]
		if p.targets[i].coded() {
			c.Codes, c.Dict = c.Codes[:p.row], p.words[i].texts
			continue
		}
		c.Floats = c.Floats[:p.row]
		if c.Low != nil {
			c.Low = c.Low[:p.row]
		}
	}
}

// bind points the slots at the frame's columns, sized for that many rows.
//
// The slots' slices are those of the frame, so it is called for every frame;
// the slots by header field change only with the layout. Columns that the file
// lacks are filled with missing values at once.
func (p *parser) bind(l *layout, f *Frame, rows int) {
	f.reset(p.targets, rows)
	p.wide = false
	for i := range p.columns {
		s := &p.columns[i]
		s.column, s.floats, s.codes = &f.Columns[i], f.Columns[i].Floats, f.Columns[i].Codes
		if s.words != nil {
			s.words.begin()
		}
	}
	for _, i := range l.absent {
		fillMissing(&f.Columns[i])
	}
	if p.layout == l {
		return
	}
	p.layout, p.slots = l, p.slots[:0]
	for _, at := range l.fields {
		s := &p.skip
		if at >= 0 {
			s = &p.columns[at]
		}
		p.slots = append(p.slots, s)
	}
}

func fillMissing(c *Column) {
	for i := range c.Floats {
		c.Floats[i] = math.NaN()
	}
	for i := range c.Codes {
		c.Codes[i] = MissingCode
	}
}

// record parses the record at b[i:] and returns where the next begins. The row
// is kept unless the record is broken.
//
// Numbers take the fast path, which parses in place: only where that is not
// certain, or where the number may be a null, is the field cut out and read by
// the general rules. Whatever the fast path accepts, the general one would read
// as the same value.
//
// Fields beyond the header's are only counted, to say in the problem how many
// there are.
func (p *parser) record(b []byte, i int) int {
	comma := p.dialect.comma
	for k, s := range p.slots {
		if s.numeric {
			v, end, ok := literal.ScanNumber(b, i)
			if ok && v < literal.MaxExact && v > -literal.MaxExact &&
				(!s.integer || end-i <= literal.ExactDigits && float64(int64(v)) == v) && !s.nulls.maybe(v) {
				if b[end] == '\r' {
					end++
				}
				if b[end] == comma && b[end-1] != '\r' {
					s.floats[p.row] = v
					i = end + 1
					continue
				} else if b[end] == '\n' {
					s.floats[p.row] = v
					return p.finish(k+1, end)
				}
			}
		}
		field, end, ok := p.token(b, i)
		if !ok {
			return p.broken(b, i)
		}
		if s.target != nil {
			p.cell(s, field)
		}
		if b[end] == '\n' {
			return p.finish(k+1, end)
		}
		i = end + 1
	}
	for k := len(p.slots) + 1; ; k++ {
		_, end, ok := p.token(b, i)
		if !ok {
			return p.broken(b, i)
		}
		if b[end] == '\n' {
			return p.finish(k, end)
		}
		i = end + 1
	}
}

// finish ends a record of that many fields whose newline is at end.
func (p *parser) finish(fields, end int) int {
	if fields == len(p.slots) {
		p.flush()
		p.row++
		return end + 1
	}
	p.drop(Ragged, p.text[p.start:end], fmt.Sprintf("%d fields as in the header, found %d", len(p.slots), fields),
		"is a field with the delimiter but without quotes?")
	return end + 1
}

// broken ends a record at the first newline after the broken quote at b[i].
//
// The record ends at the line's end and not where the next quote would close,
// as the splitter has decided: both must agree on where records begin.
func (p *parser) broken(b []byte, i int) int {
	end := i + bytes.IndexByte(b[i:], '\n')
	p.drop(Quote, b[p.start:end], "a closing quote within 1 MiB, then a delimiter or the line's end",
		"write a quote inside quotes twice")
	return end + 1
}
