package dataset

import "bytes"

// token returns the field at b[i:] without its quotes and the index of the
// delimiter or newline after it. It reports false for a broken quote. The field
// is valid until the next call.
//
// The loop needs no bound: the chunk ends in a newline. Quotes inside a field
// that does not begin with one are ordinary characters.
func (p *parser) token(b []byte, i int) (field []byte, end int, ok bool) {
	if b[i] != '"' {
		for end = i; b[end] != p.dialect.comma && b[end] != '\n'; {
			end++
		}
		field = b[i:end]
		if b[end] == '\n' && end > i && b[end-1] == '\r' {
			field = field[:end-i-1]
		}
		return field, end, true
	}
	end, state := closeQuote(b, i, p.dialect.comma, true)
	if state != quoteClosed {
		return nil, i, false
	}
	field = b[i+1 : end-1]
	if bytes.IndexByte(field, '"') >= 0 {
		field = p.unescape(field)
	}
	if b[end] == '\r' {
		end++
	}
	return field, end, true
}

// unescape makes one quote of every two.
//
// Every quote in the field is followed by another, as closeQuote has verified,
// so field[q+2:] is within bounds.
func (p *parser) unescape(field []byte) []byte {
	p.scratch = p.scratch[:0]
	for {
		q := bytes.IndexByte(field, '"')
		if q < 0 {
			p.scratch = append(p.scratch, field...)
			return p.scratch
		}
		p.scratch = append(p.scratch, field[:q+1]...)
		field = field[q+2:]
	}
}
