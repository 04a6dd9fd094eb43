package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// errLongRecord ends the reading of a file that cannot be a table.
var errLongRecord = errors.New("a record over 16 MiB: is a quote left open, or is this not CSV?")

// smallBuffer is what reading begins with.
const smallBuffer = 64 << 10

// buffers recycles chunk buffers between the splitter and the parsers.
type buffers chan []byte

// get returns an empty buffer with room for more than size bytes, a used one
// where one waits that is large enough. A used one that is too small is let go.
func (p buffers) get(size int) []byte {
	select {
	case b := <-p:
		if cap(b) > size {
			return b[:0]
		}
	default:
	}
	return make([]byte, 0, size+1)
}

// put keeps a buffer for get. Small ones would be of no use, and those of a
// long record would hold its memory for good, so both are let go.
func (p buffers) put(b []byte) {
	if cap(b) <= chunkBytes || cap(b) > 2*chunkBytes {
		return
	}
	select {
	case p <- b:
	default:
	}
}

// splitter cuts text into chunks of whole records. Where it cuts depends on
// the text alone, not on the sizes of reads.
type splitter struct {
	in    io.Reader
	comma byte
	free  buffers
	rest  []byte // read and not yet handed on
	eof   bool
}

// next returns the next chunk: at most the given number of records and about
// chunkBytes, a longer record whole, always with a newline at its end. The
// caller owns it. The error is io.EOF after the last.
//
// The buffer doubles until a record fits or MaxRecordBytes is reached. Since
// size and the number of records alone decide where it cuts, frames have the
// same borders on every run and with any number of workers.
func (s *splitter) next(most int) ([]byte, error) {
	for size := chunkBytes; ; size *= 2 {
		if err := s.fill(size); err != nil {
			return nil, err
		}
		if len(s.rest) == 0 {
			return nil, io.EOF
		}
		if cut := s.cut(most); cut > 0 {
			return s.take(cut), nil
		}
		if size >= MaxRecordBytes {
			return nil, errLongRecord
		}
	}
}

// blank leaves out the lines at the beginning that hold nothing, and returns how
// many there were. To hand them on one by one would copy what is available for each.
func (s *splitter) blank() (lines int64, err error) {
	for {
		if err := s.fill(smallBuffer); err != nil {
			return lines, err
		}
		end := 0
		for end < len(s.rest) && (s.rest[end] == '\n' || s.rest[end] == '\r') {
			end++
		}
		run := s.rest[:end]
		cut := bytes.LastIndexByte(run, '\n') + 1
		if cut == 0 {
			return lines, nil
		}
		lines += int64(bytes.Count(run[:cut], []byte{'\n'}))
		s.rest = s.rest[cut:]
	}
}

// fill reads until size bytes are available or the text ends. The buffer grows
// with what is read, so that small files take little.
//
// One byte of capacity is kept free, so that take can append a newline to the
// last chunk without copying it.
func (s *splitter) fill(size int) error {
	for !s.eof && len(s.rest) < size {
		if len(s.rest)+1 >= cap(s.rest) {
			s.rest = append(s.free.get(min(size, max(2*cap(s.rest), smallBuffer))), s.rest...)
		}
		n, err := s.in.Read(s.rest[len(s.rest):min(size, cap(s.rest)-1)])
		s.rest = s.rest[:len(s.rest)+n]
		if errors.Is(err, io.EOF) {
			s.eof = true
		} else if err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
	return nil
}

// take hands on the first cut bytes and keeps the others.
//
// The rest is copied into a buffer of its own, since the chunk's buffer goes to
// a worker, which gives it back for reuse.
func (s *splitter) take(cut int) []byte {
	chunk := s.rest[:cut]
	rest := s.rest[cut:]
	s.rest = append(s.free.get(max(len(rest), smallBuffer)), rest...)
	if chunk[cut-1] != '\n' {
		chunk = append(chunk, '\n')
	}
	return chunk
}

// cut returns the end of the last whole record available, or of the most-th.
//
// It jumps from quote to quote and counts newlines between them, much faster
// than looking at each byte. Newlines within a quoted field are skipped as a
// whole. most is decreased by the records that are counted, so it is reached
// exactly.
func (s *splitter) cut(most int) int {
	b, at, cut := s.rest, 0, 0
	for at < len(b) {
		end := len(b)
		q := bytes.IndexByte(b[at:], '"')
		if q >= 0 {
			end = at + q
		}
		if n := bytes.Count(b[at:end], []byte{'\n'}); n >= most {
			return nthNewline(b, at, most)
		} else if n > 0 {
			most -= n
			cut = at + bytes.LastIndexByte(b[at:end], '\n') + 1
		}
		if q < 0 {
			break
		}
		if at = end + 1; !opensQuote(b, end, s.comma) {
			continue
		}
		next, state := closeQuote(b, end, s.comma, s.eof)
		switch state {
		case quoteClosed:
			at = next
		case quoteUnknown:
			return cut
		case quoteBroken:
			n := bytes.IndexByte(b[end:], '\n')
			if n < 0 && !s.eof {
				return cut
			} else if n < 0 {
				return len(b)
			}
			at = end + n
		}
	}
	if s.eof {
		return len(b)
	}
	return cut
}

// nthNewline returns the index after the n-th newline from at.
func nthNewline(b []byte, at, n int) int {
	for ; n > 0; n-- {
		at += bytes.IndexByte(b[at:], '\n') + 1
	}
	return at
}

// opensQuote reports whether the quote at b[q] begins a field. Elsewhere it is
// a character like any other, as an inch sign is.
func opensQuote(b []byte, q int, comma byte) bool {
	return q == 0 || b[q-1] == '\n' || b[q-1] == comma
}

type quoteState int

const (
	quoteClosed quoteState = iota
	quoteBroken
	quoteUnknown // more text is needed
)

// closeQuote finds the end of the quoted field that begins at b[q] and returns
// the index after its closing quote. A field is broken when something other
// than a delimiter or a line's end follows the quote, or when no quote comes
// within MaxFieldBytes or the text. Its record then ends at the first newline
// after q, so that a stray quote costs one line and not the rest of the file.
//
// What is decided of a field does not change with the text after its record:
// the splitter and the parser of a chunk agree.
func closeQuote(b []byte, q int, comma byte, eof bool) (int, quoteState) {
	limit := min(len(b), q+MaxFieldBytes+2)
	open := quoteBroken
	if limit == len(b) && !eof {
		open = quoteUnknown
	}
	for i := q + 1; i < limit; i++ {
		n := bytes.IndexByte(b[i:limit], '"')
		if n < 0 {
			break
		}
		i += n + 1
		switch {
		case i == len(b) && eof:
			return i, quoteClosed
		case i == len(b):
			return i, quoteUnknown
		case b[i] == '"':
			continue
		case b[i] == comma || b[i] == '\n':
			return i, quoteClosed
		case b[i] == '\r' && i+1 == len(b) && !eof:
			return i, quoteUnknown
		case b[i] == '\r' && (i+1 == len(b) || b[i+1] == '\n'):
			return i, quoteClosed
		}
		return i, quoteBroken
	}
	return limit, open
}
