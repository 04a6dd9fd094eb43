package native

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/onnx"
)

// readONNX reads a ModelProto. Whether the runtime computes all of it is seen
// when it is joined with the columns.
func readONNX(b []byte) (*Imported, error) {
	if _, err := onnx.Decode(b); err != nil {
		return nil, err
	}
	return &Imported{Graph: &model.Graph{File: b}}, nil
}

// graphModel gives the graph the columns that it was trained on: those of
// prepare:train_features.csv, or, where its inputs are not these, the dataset's
// own, as they are in prepare:train.csv.
func (m *Imported) graphModel(name string, task plan.Task, sig model.Signature,
	enc model.Encoder) (*model.Model, error) {
	out := &model.Model{Name: name, Task: task, Algorithm: plan.Custom, Params: plan.Params{}, Signature: sig,
		Encoder: enc, Graph: m.Graph}
	encoded := out.Prepare()
	if encoded == nil {
		return out, nil
	}
	out.Encoder = untouched(enc)
	if raw := out.Prepare(); raw != nil {
		if raw.Error() == encoded.Error() {
			return nil, raw
		}
		return nil, fmt.Errorf("with the columns of prepare:train_features.csv: %w; with those of the dataset: %w", encoded, raw)
	}
	return out, nil
}

// untouched is an encoder that leaves numbers as they are, and has for categories
// their places, from which a graph is given the texts.
func untouched(enc model.Encoder) model.Encoder {
	out := model.Encoder{}
	for _, f := range enc.Fields {
		out.Fields = append(out.Fields, model.FieldEncoder{Name: f.Name, Type: f.Type, Categories: f.Categories})
	}
	return out
}
