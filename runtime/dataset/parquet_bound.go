package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A Parquet file tells of itself in Thrift's compact protocol, with lengths that
// a reader allocates by. Here a text's length is compared with the bytes that
// there are, before the library sees it: a file of 3 kB that claims a text of 1
// GiB costs 3 kB.

const (
	// maxPageBytes and maxRatio bound what a page unpacks to: deflate reaches 1032
	// times its size, and small pages may do better.
	maxPageBytes = 64 << 20
	maxRatio     = 1100
	// No page is larger than mostPageBytes or has more than mostPageValues, however
	// well it packs: a run of one value takes ten bytes, whatever its length.
	mostPageBytes  = 256 << 20
	mostPageValues = 64 << 20
	// maxNesting bounds structs within structs; the format's own nest five deep.
	maxNesting = 32
)

var (
	errCutShort = errors.New("the description ends early")
	errTooMuch  = errors.New("the description claims more bytes than the file has")
)

// thrift walks a value in the compact protocol.
type thrift struct {
	b    []byte
	at   int
	left int64 // bytes that there can be, which may be more than b has
}

// inStruct is added to a field that is a struct: it holds the integer that
// is the struct's first field.
const inStruct = 1 << 20

// fields walks a struct and returns its integers by their field.
//
// The result is keyed by field number. Fields that are not integers are walked
// over. The head of a field holds its type in the low four bits and in the high
// ones the distance from the field before, or 0 where a number follows.
func (t *thrift) fields(depth int) (map[int]int64, error) {
	out := map[int]int64{}
	if depth > maxNesting {
		return out, errTooMuch
	}
	for id := 0; ; {
		head, err := t.byte()
		if err != nil || head == 0 {
			return out, err
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			v, err := t.varint()
			if err != nil {
				return out, err
			}
			id = int(unzigzag(v))
		}
		switch kind := head & 0xf; kind {
		case 1, 2: // the truth is in the head
		case 4, 5, 6:
			v, err := t.varint()
			if err != nil {
				return out, err
			}
			out[id] = unzigzag(v)
		case 12:
			within, err := t.fields(depth + 1)
			if err != nil {
				return out, err
			}
			if v, ok := within[1]; ok && depth == 0 {
				out[inStruct+id] = v
			}
		default:
			if err := t.value(kind, depth); err != nil {
				return out, err
			}
		}
	}
}

// value walks over a value of the kind.
func (t *thrift) value(kind byte, depth int) error {
	if depth > maxNesting {
		return errTooMuch
	}
	switch kind {
	case 1, 2, 3:
		return t.skip(1)
	case 4, 5, 6:
		_, err := t.varint()
		return err
	case 7:
		return t.skip(8)
	case 8:
		n, err := t.varint()
		if err != nil {
			return err
		}
		return t.skip(n)
	case 9, 10:
		return t.list(depth)
	case 12:
		_, err := t.fields(depth + 1)
		return err
	}
	return fmt.Errorf("the description has a value of unknown kind %d", kind) // maps are not in the format
}

// list walks over a list or set, whose head holds the type of its values and,
// up to 14, their number. The number is compared with the bytes that are left,
// so a false claim is refused before it is walked.
func (t *thrift) list(depth int) error {
	head, err := t.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = t.varint(); err != nil {
			return err
		}
	}
	if n > uint64(max(t.left, 0)) { // each has a byte at least
		return errTooMuch
	}
	for ; n > 0; n-- {
		if err := t.value(head&0xf, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (t *thrift) byte() (byte, error) {
	if err := t.skip(1); err != nil {
		return 0, err
	}
	return t.b[t.at-1], nil
}

// varint reads a base-128 number. Text that ends within one is cut short, which
// makes header read on; one of more than 64 bits is damage.
func (t *thrift) varint() (uint64, error) {
	v, n := binary.Uvarint(t.b[t.at:])
	if n < 0 {
		return 0, errTooMuch
	}
	if n == 0 {
		return 0, errCutShort
	}
	return v, t.skip(uint64(n))
}

// skip tells two shortages apart: more than there can be is damage, and more
// than was read so far is for the caller to read on.
func (t *thrift) skip(n uint64) error {
	switch {
	case n > uint64(max(t.left, 0)):
		return errTooMuch
	case n > uint64(len(t.b)-t.at):
		return errCutShort
	}
	t.at += int(n) //nolint:gosec // at most what b has
	t.left -= int64(n)
	return nil
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) } //nolint:gosec // as the protocol has it

// checkFooter returns an error where the footer claims more bytes than the file
// has, or is encrypted. A file without one is left to the library to refuse.
//
// The file ends in the footer, its length in four bytes and the magic. size is
// the file's, so b is never longer than the file.
func checkFooter(at io.ReaderAt, size int64) error {
	var tail [8]byte
	if size < 12 {
		return nil
	}
	if _, err := at.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	switch magic := string(tail[4:]); {
	case magic == "PARE":
		return errors.New("the footer is encrypted; write the table without encryption")
	case magic != "PAR1":
		return nil
	case n > size-8:
		return errTooMuch
	}
	b := make([]byte, n)
	if _, err := at.ReadAt(b, size-8-n); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t := thrift{b: b, left: n}
	_, err := t.fields(0)
	return err
}

// boundedPages walks the headers of a column chunk's pages.
type boundedPages struct {
	in   io.ReaderAt
	next int64 // where the next page's header begins
	end  int64 // of the chunk
}

// check walks the headers of all pages of the chunk, each in one short read, and
// returns an error where one is no header or claims more than there is.
//
// Fields 2 and 3 of a page header are its size unpacked and packed; 5, 7 and 8
// are structs whose first field is the number of values. Small pages may unpack
// to 64 MiB whatever their ratio.
func (p *boundedPages) check() error {
	for p.next < p.end {
		t, fields, err := p.header()
		if err != nil {
			return err
		}
		unpacked, packed := fields[2], fields[3]
		if packed < 0 || packed > t.left || unpacked < 0 || unpacked > maxPageBytes && unpacked/maxRatio > packed {
			return errTooMuch
		}
		if unpacked > mostPageBytes {
			return fmt.Errorf("a page has more than %d MiB; write the table with smaller pages", mostPageBytes>>20)
		}
		for _, kind := range []int{5, 7, 8} { // of data, of a dictionary, of data in version 2
			if n := fields[inStruct+kind]; n < 0 || n > mostPageValues {
				return fmt.Errorf("a page has more than %d values; write the table with smaller pages", mostPageValues)
			}
		}
		p.next += int64(t.at) + packed
	}
	return nil
}

// header walks the next header, reading on until it is whole.
//
// Headers take some 30 bytes, but statistics in them may be long, so what is
// read grows fourfold until the header is whole or the chunk ends.
func (p *boundedPages) header() (*thrift, map[int]int64, error) {
	left := p.end - p.next
	for n := int64(256); ; n *= 4 {
		b := make([]byte, min(n, left))
		if _, err := p.in.ReadAt(b, p.next); err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		t := &thrift{b: b, left: left}
		fields, err := t.fields(0)
		if !errors.Is(err, errCutShort) || n >= left {
			return t, fields, err
		}
	}
}
