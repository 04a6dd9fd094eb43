package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// meaning is what a column's logical type adds to its physical one.
type meaning struct {
	date     bool
	tick     time.Duration // of a timestamp
	decimal  bool
	scale    int
	unsigned bool
	uuid     bool
	float16  bool
}

// meaningOf reads the logical type; a column without one has only its physical
// type. Types that add nothing to how a value reads, such as STRING and JSON,
// are left out.
func meaningOf(t parquet.Type) (m meaning) {
	logical := t.LogicalType()
	if logical == nil {
		return m
	}
	switch l := logical.Value.(type) {
	case *format.DateType:
		m.date = true
	case *format.TimestampType:
		m.tick = time.Nanosecond
		if l.Unit.Value != nil {
			m.tick = l.Unit.Value.Duration()
		}
	case *format.DecimalType:
		m.decimal, m.scale = true, int(l.Scale)
	case *format.IntType:
		m.unsigned = !l.IsSigned
	case *format.UUIDType:
		m.uuid = true
	case *format.Float16Type:
		m.float16 = true
	}
	return m
}

// cursor reads one column of a row group.
type cursor struct {
	target int
	meaning
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [256]parquet.Value
	text   []byte
}

func (c *cursor) close() error {
	parquet.Release(c.page)
	return c.pages.Close()
}

// read returns some of the next values, at most the given number.
//
// The slice is valid until the next call. Pages are released when they are read
// to the end, as their memory is pooled. An end of the pages is an error: the
// caller asks only for values that the footer says there are.
func (c *cursor) read(most int) ([]parquet.Value, error) {
	for {
		if c.values != nil {
			n, err := c.values.ReadValues(c.buffer[:min(most, len(c.buffer))])
			if n > 0 {
				return c.buffer[:n], nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("damaged Parquet page: %w", err)
			}
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		}
		page, err := c.pages.ReadPage()
		if err != nil {
			return nil, fmt.Errorf("damaged Parquet page: %w", noEOF(err))
		}
		c.page, c.values = page, page.Values()
	}
}

// noEOF makes an early end an error that nobody takes for the end of the data.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill reads one column of a batch.
//
// A cursor without a target only proves that the rows are there; its values are
// counted and dropped.
func (r *parquetReader) fill(c *cursor, rows int) error {
	p, s := r.parser, &r.parser.skip
	if c.target >= 0 {
		s = &p.columns[c.target]
	}
	for row := 0; row < rows; {
		values, err := c.read(rows - row)
		if err != nil {
			return err
		}
		if s.target == nil {
			row += len(values)
			continue
		}
		for _, v := range values {
			p.row, p.records = row, row+1
			if s.words != nil {
				s.codes[row] = c.code(p, s, v)
			} else {
				c.float(p, s, v)
			}
			if len(p.pending) > 0 {
				p.flush()
			}
			row++
		}
	}
	return nil
}

// code returns the code of a value in a column of texts, by its rendered text,
// so that a category may be a column of numbers in the file.
func (c *cursor) code(p *parser, s *slot, v parquet.Value) int32 {
	if v.IsNull() {
		p.missing(s)
		return MissingCode
	}
	c.text = c.render(c.text[:0], v)
	return p.code(s, c.text)
}

// float keeps a value as its column holds it; NaN means missing, in the file
// and in the frame.
func (c *cursor) float(p *parser, s *slot, v parquet.Value) {
	if v.IsNull() || len(s.nulls.texts) > 0 && c.null(s, v) {
		p.none(s)
		return
	}
	f, low, ok := c.typed(s.plan.Type, v)
	switch {
	case ok && math.IsNaN(f):
		p.none(s)
	case ok:
		p.put(s, f, low)
	default:
		c.text = c.render(c.text[:0], v)
		if p.suspect(s, WrongType, c.text); len(c.text) == 0 {
			p.pending[len(p.pending)-1].hint = "write a null where a value is missing"
		}
		s.floats[p.row] = math.NaN()
	}
}

// null reports whether the column says of the value's text that it is missing.
func (c *cursor) null(s *slot, v parquet.Value) bool {
	c.text = c.render(c.text[:0], v)
	return s.nulls.Text(bytes.TrimSpace(c.text))
}

// typed returns the value as a column of the type holds it, or false.
//
// A moment is never a number, nor a number a moment: the declared type has to
// agree with the file's. Texts are the exception, which read by the rules of
// CSV.
func (c *cursor) typed(t plan.ColumnType, v parquet.Value) (f float64, low int16, ok bool) {
	moment := c.date || c.tick != 0 || v.Kind() == parquet.Int96
	if moment != (t == plan.Timestamp) && (moment || v.Kind() != parquet.ByteArray) {
		return 0, 0, false
	}
	if moment {
		f, ok = c.seconds(v)
		return f, 0, ok && f >= literal.FirstMoment && f < literal.LastMoment
	}
	switch v.Kind() {
	case parquet.Boolean:
		if v.Boolean() {
			f = 1
		}
	case parquet.Float:
		f = float64(v.Float())
	case parquet.Double:
		f = v.Double()
	default:
		c.text = c.render(c.text[:0], v)
		return literal.ParseExact(t, bytes.TrimSpace(c.text))
	}
	switch t {
	case plan.Boolean:
		ok = f == 0 || f == 1 || math.IsNaN(f)
	case plan.Integer:
		ok = literal.Integral(f) || math.IsNaN(f)
	default:
		ok = !math.IsInf(f, 0)
	}
	return f, 0, ok
}

// seconds returns a date or time as seconds since 1970 UTC.
//
// Whole seconds and the fraction are converted apart, or nanoseconds since 1970
// would lose their last digits to 53 bits. 2440588 is the Julian day of
// 1970-01-01.
func (c *cursor) seconds(v parquet.Value) (float64, bool) {
	switch v.Kind() {
	case parquet.Int32:
		return float64(v.Int32()) * 86_400, c.date
	case parquet.Int64:
		perSecond := int64(max(time.Second/max(c.tick, 1), 1))
		whole, part := v.Int64()/perSecond, v.Int64()%perSecond
		return float64(whole) + float64(part)/float64(perSecond), c.tick != 0
	case parquet.Int96: // nanoseconds of a day, then the Julian day
		i := v.Int96()
		nanos := uint64(i[1])<<32 | uint64(i[0])
		return (float64(i[2])-2_440_588)*86_400 + float64(nanos)/1e9, true
	}
	return 0, false
}
