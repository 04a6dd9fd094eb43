package dataset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// content is a file's text, decompressed and without a byte order mark.
type content struct {
	io.Reader
	closers []io.Closer
}

// Close closes the decompressor before the file that it reads from.
func (c *content) Close() error {
	var errs []error
	for _, x := range c.closers {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// openText opens a CSV file. Gzip is known by its first bytes, so a name says
// nothing; other formats that are often taken for CSV are refused by name.
//
// The caller closes the content. On an error everything that was opened is
// closed here.
func openText(ctx context.Context, f origin.File) (*content, error) {
	raw, err := f.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	c := &content{closers: []io.Closer{raw}}
	in := bufio.NewReaderSize(raw, 64<<10)
	head, err := peek(in)
	if err == nil && bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		var z *gzip.Reader
		packed := &counted{Reader: in}
		if z, err = gzip.NewReader(packed); err == nil {
			c.closers = []io.Closer{z, raw}
			in = bufio.NewReaderSize(&unpacked{z: z, packed: packed}, 64<<10)
			head, err = peek(in)
		}
	}
	if err == nil {
		err = looksLikeText(head)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, errors.Join(err, c.Close()))
	}
	for err == nil && bytes.HasPrefix(head, []byte(mark)) { // some programs write a second
		if _, err = in.Discard(len(mark)); err == nil {
			head, err = peek(in)
		}
	}
	if c.Reader = in; err == nil {
		head, _ = in.Peek(returnsWithin) // as much as there is
		if loneReturns(head) {
			c.Reader = newlines{in}
		}
	}
	return c, err
}

// A compressed file may unpack to so much at once, and beyond that to so many
// times its size: tables are 10 or 20 times, and 1000 times is what somebody
// made who wants a disk or a night filled.
const (
	freeUnpacked  = 64 << 20
	unpackedRatio = 200
)

// counted counts what is read of it.
//
// It embeds a bufio.Reader, because gzip reads byte by byte and puts a reader
// of its own in front of one that cannot, which would count what it reads
// ahead.
type counted struct {
	*bufio.Reader
	n int64
}

// Read reads and counts.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte is what gzip reads by.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// unpacked is what a compressed file unpacks to, which is bounded.
type unpacked struct {
	z      io.Reader
	packed *counted
	n      int64
}

// Read errs where the file unpacks to too much.
//
// The bound is checked while reading, so a bomb is found after freeUnpacked or
// unpackedRatio times what was read. Both counts are of all that was read so
// far, which lets a table have a stretch that packs unusually well.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if u.n += int64(n); u.n > freeUnpacked && u.n/unpackedRatio > u.packed.n {
		return n, fmt.Errorf("it unpacks to more than %d times its %d bytes; if it is meant to, unpack it and name that file", unpackedRatio, u.packed.n)
	}
	return n, err
}

// mark is a byte order mark.
const mark = "\xef\xbb\xbf"

// returnsWithin is where the first end of a line is looked for.
const returnsWithin = 64 << 10

// loneReturns reports whether lines end in carriage returns alone, as those of
// classic Mac OS and of Excel's "CSV (Macintosh)" do.
//
// A newline within the first 64 KiB, outside of quotes, means that returns are
// not what ends lines. Escaped quotes are two and so do not change the state.
func loneReturns(head []byte) bool {
	quoted, found := false, false
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			return false
		case c == '\r' && !quoted:
			found = true
		}
	}
	return found
}

// newlines reads carriage returns as newlines, within quotes too.
type newlines struct{ io.Reader }

// Read works in place on what was read, since a return and a newline are both
// one byte.
func (n newlines) Read(p []byte) (int, error) {
	read, err := n.Reader.Read(p)
	for i := range p[:read] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return read, err
}

// peek returns the first bytes of the file, fewer where it is shorter. An error
// of reading is returned, an early end is not one.
func peek(in *bufio.Reader) ([]byte, error) {
	head, err := in.Peek(8)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return head, err
}

// looksLikeText refuses what is certainly not CSV in UTF-8.
//
// It goes by the first bytes of formats that people rename to .csv. What passes
// is read as CSV and fails with its own problems.
func looksLikeText(head []byte) error {
	if len(head) == 0 || string(head) == mark {
		return errors.New("the file is empty: export the table again, with a header row")
	}
	for _, m := range []struct{ magic, say string }{
		{"PAR1", "this is a Parquet file: set the dataset's format to \"parquet\""},
		{"PK\x03\x04", "this is a zip archive or an Excel workbook: export it as CSV"},
		{"\x28\xb5\x2f\xfd", "compressed with zstd: only gzip is read"},
		{"BZh", "compressed with bzip2: only gzip is read"},
		{"\xfd7zXZ", "compressed with xz: only gzip is read"},
		{"\xff\xfe", "the text is UTF-16: save it as UTF-8"},
		{"\xfe\xff", "the text is UTF-16: save it as UTF-8"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return errors.New(m.say)
		}
	}
	return nil
}
