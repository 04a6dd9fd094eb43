package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// openCSV is a file whose header has been read.
type openCSV struct {
	splitter
	content *content
	file    origin.File
	header  []string
	lines   int64 // lines that the header took
}

// open reads a file's header.
func (r *csvReader) open(ctx context.Context, f origin.File) (*openCSV, error) {
	c, err := openText(ctx, f)
	if err != nil {
		return nil, err
	}
	o := &openCSV{splitter: splitter{in: contextReader{ctx, c}, comma: r.dialect.comma,
		free: r.free}, content: c, file: f}
	if err := o.readHeader(r.dialect); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, errors.Join(err, c.Close()))
	}
	return o, nil
}

// readHeader reads the first record that is not blank.
//
// Lines before and of the header are counted, so that problems name the lines
// of the file.
func (o *openCSV) readHeader(d dialect) error {
	for {
		lines, err := o.blank()
		if err != nil {
			return err
		}
		o.lines += lines
		text, err := o.next(1)
		if errors.Is(err, io.EOF) {
			return errors.New("the file contains only blank lines: export the table again, with a header row")
		}
		if err != nil {
			return err
		}
		o.lines += int64(bytes.Count(text, []byte{'\n'}))
		blank := len(bytes.Trim(text, "\r\n")) == 0
		if !blank {
			o.header, err = splitHeader(text, d)
		}
		o.free.put(text)
		if !blank {
			return err
		}
	}
}

// splitHeader returns the names in a header record.
//
// The text ends in a newline, as the splitter sees to, so the loop ends at it.
// A name is not trimmed: it has to be what the blueprint declares.
func splitHeader(text []byte, d dialect) ([]string, error) {
	p := parser{dialect: d}
	var names []string
	for i := 0; i < len(text); {
		field, end, ok := p.token(text, i)
		if !ok {
			return nil, errors.New("line 1: the header has a quote without its partner")
		}
		if bad := badText(field); bad != "" {
			return nil, fmt.Errorf("line 1: column %d is called %q: want %s", len(names)+1,
				literal.Shown(field), want(bad, plan.Column{}))
		}
		if names = append(names, string(field)); len(names) > MaxColumns {
			return nil, fmt.Errorf("line 1: over %d columns", MaxColumns)
		}
		if text[end] == '\n' {
			break
		}
		i = end + 1
	}
	return names, nil
}
