package pipeline

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// encoding is the preprocessing that a custom model is scored with, learnt from
// the training part, and the target of every row.
type encoding struct {
	encoder model.Encoder
	inputs  []model.Field
	labels  []string
	y       []float64
}

func (x *execution) encoding(frame *dataset.Frame, p parts) (*encoding, error) {
	spec, err := x.spec()
	if err != nil {
		return nil, err
	}
	var e encoding
	if e.encoder, e.inputs, err = train.FitEncoder(frame.Select(p.Train), spec); err != nil {
		return nil, err
	}
	e.labels, e.y, err = train.Target(frame, spec)
	return &e, err
}

// divided returns the rows and how prepare has divided them.
func (x *execution) divided(ctx context.Context) (*dataset.Frame, parts, error) {
	var p parts
	frame, err := x.table.rows(ctx)
	if err != nil {
		return nil, p, err
	}
	return frame, p, x.get(ctx, plan.StagePrepare, "split", &p)
}

// writeFeatures writes one part of the rows as the numbers that a custom model
// is scored with: a column a feature of the encoder, by a name that libraries
// take, then the target, a class as
// its index. A missing number is nothing between commas.
func writeFeatures(part func(parts) []int) func(context.Context, *execution, *bytes.Buffer) error {
	return func(ctx context.Context, x *execution, out *bytes.Buffer) error {
		frame, p, err := x.divided(ctx)
		if err != nil {
			return err
		}
		e, err := x.encoding(frame, p)
		if err != nil {
			return err
		}
		rows := part(p)
		m, err := e.encoder.Apply(frame.Select(rows))
		if err != nil {
			return err
		}
		header := csv.NewWriter(out)
		if err := header.Write(append(e.encoder.ColumnNames(), x.model.Target)); err != nil {
			return err
		}
		header.Flush()
		var line []byte
		for i, row := range rows {
			line = line[:0]
			for _, c := range m.Columns {
				if !math.IsNaN(c[i]) {
					line = appendNumber(line, c[i])
				}
				line = append(line, ',')
			}
			line = appendNumber(line, e.y[row])
			out.Write(append(line, '\n'))
		}
		return nil
	}
}

// appendNumber writes a number without an exponent where that is readable.
func appendNumber(line []byte, v float64) []byte {
	format := byte('g')
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e21 {
		format = 'f'
	}
	return strconv.AppendFloat(line, v, format, -1, 64)
}
