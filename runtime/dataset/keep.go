package dataset

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// A kept frame is rows in a file that reads back exactly, dictionaries, missing
// values and all. All integers are little-endian.
//
//	8 bytes   magic "ASHLARF\n"
//	4 bytes   length of the header
//	header    JSON: the format, the rows and for every column its name, type and
//	          number of texts
//	columns   one after another: 8 bytes a row for numbers, or 4 a row for codes
//	          and then the texts, a uvarint of its length before each
const (
	frameMagic  = "ASHLARF\n"
	frameFormat = 1
	// maxFrameHeader bounds what DecodeFrame allocates before it has read
	// anything; frames have MaxColumns columns at most.
	maxFrameHeader = 64 << 20
)

var columnTypes = []plan.ColumnType{plan.Number, plan.Integer, plan.Boolean, plan.Category, plan.Text, plan.Timestamp}

// frameHeader is the JSON at the beginning of a kept frame. Readers ignore
// fields that they do not know, so one that changes how the columns are read
// needs another frameFormat.
type frameHeader struct {
	Format  int           `json:"format"`
	Rows    int           `json:"rows"`
	Columns []frameColumn `json:"columns"`
}

// frameColumn says how many bytes the column takes after the header: with Rows,
// its type gives the width of a value, Texts the number of texts.
type frameColumn struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Texts int    `json:"texts,omitempty"`
	Low   bool   `json:"low,omitempty"` // 2 bytes a row follow the numbers: Column.Low
}

// Encode writes the frame. Equal frames give equal bytes.
//
// Offset is not kept. Nothing is written where the frame is not consistent; an
// error of the writer may leave a part behind.
func (f *Frame) Encode(w io.Writer) error {
	if err := f.Check(); err != nil {
		return err
	}
	h := frameHeader{Format: frameFormat, Rows: f.Rows}
	for i := range f.Columns {
		c := &f.Columns[i]
		h.Columns = append(h.Columns, frameColumn{Name: c.Name, Type: string(c.Type),
			Texts: len(c.Dict), Low: c.Low != nil})
	}
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("keep a frame: %w", err)
	}
	if len(head) > maxFrameHeader {
		return fmt.Errorf("keep a frame: a header of %d bytes, at most %d", len(head), maxFrameHeader)
	}
	out := bufio.NewWriterSize(w, 64<<10) // it remembers the first error
	_, _ = out.WriteString(frameMagic)
	_, _ = out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(head)))) //nolint:gosec // bounded above
	_, _ = out.Write(head)
	for i := range f.Columns {
		f.Columns[i].encode(out)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("keep a frame: %w", err)
	}
	return nil
}

// encode writes one column in the layout above. Writes go through the buffered
// writer, whose first error Flush reports.
func (c *Column) encode(out *bufio.Writer) {
	var b [binary.MaxVarintLen64]byte
	if !c.Coded() {
		for _, v := range c.Floats {
			binary.LittleEndian.PutUint64(b[:8], math.Float64bits(v))
			_, _ = out.Write(b[:8])
		}
		for _, v := range c.Low {
			binary.LittleEndian.PutUint16(b[:2], uint16(v)) //nolint:gosec // the bits are what counts
			_, _ = out.Write(b[:2])
		}
		return
	}
	for _, code := range c.Codes {
		binary.LittleEndian.PutUint32(b[:4], uint32(code)) //nolint:gosec // the bits are what counts
		_, _ = out.Write(b[:4])
	}
	for _, s := range c.Dict {
		_, _ = out.Write(b[:binary.PutUvarint(b[:], uint64(len(s)))])
		_, _ = out.WriteString(s)
	}
}

// DecodeFrame reads what Encode wrote. It allocates no more than a small
// multiple of what it has read.
//
// The reader must end with the frame: trailing bytes are an error, as a file
// that was written twice into one would have them.
func DecodeFrame(r io.Reader) (*Frame, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	f, err := decodeFrame(in)
	if err == nil {
		err = f.Check()
	}
	if err == nil {
		// Whoever verifies what is read says at its end whether it was damaged.
		if _, end := in.ReadByte(); end == nil {
			err = errors.New("something follows it")
		} else if !errors.Is(end, io.EOF) {
			err = end
		}
	}
	if err != nil {
		return nil, fmt.Errorf("a kept frame: %w", err)
	}
	return f, nil
}

// decodeFrame trusts no length: rows and columns are read step by step, so a
// header that claims 2^60 rows fails at the end of the input and not by running
// out of memory.
func decodeFrame(in *bufio.Reader) (*Frame, error) {
	head, err := readBytes(in, len(frameMagic)+4)
	if err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[len(frameMagic):])
	if string(head[:len(frameMagic)]) != frameMagic || size > maxFrameHeader {
		return nil, errors.New("it is none")
	}
	text, err := readBytes(in, int(size))
	if err != nil {
		return nil, err
	}
	var h frameHeader
	if err := plan.Unmarshal(text, &h); err != nil {
		return nil, err
	}
	if h.Format != frameFormat || h.Rows < 0 || len(h.Columns) > MaxColumns {
		return nil, fmt.Errorf("format %d with %d columns and %d rows", h.Format, len(h.Columns), h.Rows)
	}
	f := &Frame{Rows: h.Rows}
	for _, c := range h.Columns {
		one, err := decodeColumn(in, c, h.Rows)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		}
		f.Columns = append(f.Columns, one)
	}
	return f, nil
}

// decodeColumn reads one column of so many rows. Codes below -1 become -1, the
// one code of a missing value; codes beyond the dictionary are for Frame.Check.
func decodeColumn(in *bufio.Reader, h frameColumn, rows int) (Column, error) {
	c := Column{Name: h.Name, Type: plan.ColumnType(h.Type)}
	if !slices.Contains(columnTypes, c.Type) || h.Texts < 0 || !c.Coded() && h.Texts > 0 ||
		h.Low && c.Type != plan.Integer {
		return c, fmt.Errorf("type %q with %d texts", h.Type, h.Texts)
	}
	width := 8
	if c.Coded() {
		width = 4
	}
	for done := 0; done < rows; {
		n := min(rows-done, 8192)
		b, err := readBytes(in, n*width)
		if err != nil {
			return c, err
		}
		for i := range n {
			if c.Coded() {
				c.Codes = append(c.Codes,
					max(int32(binary.LittleEndian.Uint32(b[4*i:])),
						MissingCode)) //nolint:gosec // the bits are what counts
			} else {
				c.Floats = append(c.Floats, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
			}
		}
		done += n
	}
	for h.Low && len(c.Low) < rows {
		b, err := readBytes(in, 2*min(rows-len(c.Low), 8192))
		if err != nil {
			return c, err
		}
		for i := 0; i < len(b); i += 2 {
			c.Low = append(c.Low, int16(binary.LittleEndian.Uint16(b[i:]))) //nolint:gosec // the bits are what counts
		}
	}
	for range h.Texts {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return c, cutShort(err)
		}
		if n > MaxRecordBytes {
			return c, fmt.Errorf("a text of %d bytes", n)
		}
		b, err := readBytes(in, int(n))
		if err != nil {
			return c, err
		}
		c.Dict = append(c.Dict, string(b))
	}
	return c, nil
}

// readBytes reads n bytes, in steps, so that a length which lies costs little.
func readBytes(in io.Reader, n int) ([]byte, error) {
	out := make([]byte, 0, min(n, 64<<10))
	for len(out) < n {
		at := len(out)
		out = append(out, make([]byte, min(n-at, 64<<10))...)
		if _, err := io.ReadFull(in, out[at:]); err != nil {
			return nil, cutShort(err)
		}
	}
	return out, nil
}

// cutShort makes the end of the input within a frame an error of its own, so
// that no caller takes it for a regular end.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
