package dataset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// content is a file's text, decompressed and without a byte order mark.
type content struct {
	io.Reader
	closers []io.Closer
}

func (c *content) Close() error {
	var errs []error
	for _, x := range c.closers {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// openText opens a CSV file. Gzip is known by its first bytes, so a name says
// nothing; other formats that are often taken for CSV are refused by name.
func openText(ctx context.Context, f file) (*content, error) {
	raw, err := f.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	c := &content{closers: []io.Closer{raw}}
	in := bufio.NewReaderSize(raw, 64<<10)
	head, err := peek(in)
	if err == nil && bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		var z *gzip.Reader
		if z, err = gzip.NewReader(in); err == nil {
			c.closers = []io.Closer{z, raw}
			in = bufio.NewReaderSize(z, 64<<10)
			head, err = peek(in)
		}
	}
	if err == nil {
		err = looksLikeText(head)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, errors.Join(err, c.Close()))
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, err = in.Discard(3)
	}
	c.Reader = in
	return c, err
}

func peek(in *bufio.Reader) ([]byte, error) {
	head, err := in.Peek(8)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return head, err
}

// looksLikeText refuses what is certainly not CSV in UTF-8.
func looksLikeText(head []byte) error {
	if len(head) == 0 || string(head) == "\xef\xbb\xbf" {
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
