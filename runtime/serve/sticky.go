package serve

import (
	"net/http"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/assign"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// Sticky assigns requests by who they are about, so that the same entity has the
// same version each time; see package assign.
type Sticky struct {
	Seed   string
	Header string // whose value names the entity; "": Column does
	Column string // of the rows, an input of the main version or a column that it drops
}

// lane is the lane of a request. One that names no entity, and a batch whose rows
// are of different lanes, is the first's and does not count.
func (s *Sticky) lane(w *worker, h http.Header, in *dialect, shares []float64) (int, bool) {
	at := -1
	mixed := false
	take := func(value []byte) {
		i := assign.Variant(assign.Bucket(s.Seed, string(value)), shares)
		mixed = mixed || len(value) == 0 || at >= 0 && i != at
		at = i
	}
	if s.Header != "" {
		if value := h.Get(s.Header); value != "" {
			take([]byte(value))
		}
	} else if !in.entities(w, h, s.Column, take) {
		return 0, false
	}
	if at < 0 || mixed {
		return 0, false
	}
	return at, true
}

// rowEntities calls take with the column's value of each row of a JSON body, empty
// where a row has none. It reports whether the body could be read that far; what is
// wrong with it is told by whoever predicts.
func (w *worker) rowEntities(key, column string, take func([]byte)) bool {
	at, input := w.gen.index[column]
	if !input {
		at = -1
	}
	sc := &w.scan
	sc.reset(w.body)
	if sc.space() != '{' {
		return false
	}
	for more := sc.first('}'); more; more = sc.next('}') {
		if string(sc.key()) != key {
			sc.skip(maxDepth)
			continue
		}
		switch sc.space() {
		case '{':
			sc.rowEntity(column, at, take)
		case '[':
			start := sc.pos
			sc.pos++
			first := sc.space()
			sc.pos = start
			if first != '[' && first != '{' {
				sc.rowEntity(column, at, take)
				break
			}
			for more := sc.first(']'); more; more = sc.next(']') {
				sc.rowEntity(column, at, take)
			}
		default:
			return false
		}
	}
	return sc.ok()
}

// rowEntity reads a row, and calls take once with the column's value.
func (s *scanner) rowEntity(column string, at int, take func([]byte)) {
	var value []byte
	switch s.space() {
	case '{':
		for more := s.first('}'); more; more = s.next('}') {
			if string(s.key()) == column {
				value = s.entity()
			} else {
				s.skip(maxDepth)
			}
		}
	case '[':
		i := 0
		for more := s.first(']'); more; more = s.next(']') {
			if i == at {
				value = s.entity()
			} else {
				s.skip(maxDepth)
			}
			i++
		}
	default:
		s.skip(maxDepth)
	}
	if s.ok() {
		take(value)
	}
}

// entity reads a value as the text that is hashed: a text itself, and a number as
// JavaScript and Go write it, so that 7 and 7.0 are one. Nothing else names anybody.
func (s *scanner) entity() []byte {
	switch c := s.space(); {
	case c == '"':
		text, ok := s.text()
		if !ok {
			return nil
		}
		return append([]byte(nil), text...)
	case c == '-' || c-'0' <= 9:
		text, v, ok := s.number()
		if !ok {
			return nil
		}
		if -maxExact < v && v < maxExact {
			return strconv.AppendFloat(nil, v, 'f', -1, 64)
		}
		return append([]byte(nil), text...)
	}
	s.skip(maxDepth)
	return nil
}

// tensorEntities calls take with each element of the tensor of that name.
func (w inferring) tensorEntities(column string, take func([]byte)) bool {
	for i := range w.message.Inputs {
		t := &w.message.Inputs[i]
		if t.Name != column || len(t.Shape) == 0 || len(t.Shape) > 2 || len(t.Shape) == 2 && t.Shape[1] != 1 {
			continue
		}
		for row := range t.Shape[0] {
			take(tensorEntity(t, row))
		}
		return true
	}
	return false
}

// tensorEntity is an element as the text that is hashed.
func tensorEntity(t *oip.Tensor, at int) []byte {
	switch {
	case t.IsMissing(at) || t.Datatype == oip.Bool:
		return nil
	case t.Texts != nil:
		return t.Texts[at]
	case t.Floats != nil:
		return strconv.AppendFloat(nil, t.Floats[at], 'f', -1, 64)
	case t.Datatype == oip.Uint64:
		return strconv.AppendUint(nil, uint64(t.Ints[at]), 10) //nolint:gosec // as it was sent
	}
	return strconv.AppendInt(nil, t.Ints[at], 10)
}
