package pipeline

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // dvc.lock names files by it
	"encoding/hex"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
)

// builtinFile is a file of a built-in stage, made when a custom stage
// first asks for it.
type builtinFile struct {
	stage, file string
	reads       map[string]output
	// object is the output that is the file; empty: write makes it.
	object  string
	write   func(context.Context, *execution, *bytes.Buffer) error
	depends func(*recipe) any
}

// fileVersion changes when a file would have other bytes for the same inputs.
const fileVersion = 2

// fileOf returns the built-in stage's file.
func fileOf(stage, file string) *builtinFile {
	for _, b := range builtinFiles() {
		if b.stage == stage && b.file == file {
			return &b
		}
	}
	return nil // the blueprint's loader lets none by that is not in the list
}

// builtinFiles is the list that a new file is added to, as well as to
// plan.BuiltinStages.
func builtinFiles() []builtinFile {
	data := map[string]output{"data": {plan.StageIngest, "data"}}
	split := map[string]output{"data": {plan.StageIngest, "data"}, "split": {plan.StagePrepare, "split"}}
	columns := func(r *recipe) any { return []any{r.dataset.Columns, r.dataset.CSV, r.dataset.Format} }
	features := func(r *recipe) any {
		return []any{r.dataset.Columns, r.dataset.CSV, r.model.Features, r.model.Preprocessing, r.model.Target,
			r.model.Task, r.model.Positive}
	}
	object := func(stage, file, name string) builtinFile {
		return builtinFile{stage: stage, file: file, object: name, reads: map[string]output{name: {stage, name}}}
	}
	return []builtinFile{
		{stage: plan.StageIngest, file: "data.csv", reads: data, depends: columns, write: writeData},
		object(plan.StageValidate, "report.json", "report"),
		{stage: plan.StagePrepare, file: "train.csv", reads: split, depends: columns,
			write: writeRows(func(p parts) []int { return p.Train })},
		{stage: plan.StagePrepare, file: "test.csv", reads: split, depends: columns,
			write: writeRows(func(p parts) []int { return p.Test })},
		{stage: plan.StagePrepare, file: "train_features.csv", reads: split, depends: features,
			write: writeFeatures(func(p parts) []int { return p.Train })},
		{stage: plan.StagePrepare, file: "test_features.csv", reads: split, depends: features,
			write: writeFeatures(func(p parts) []int { return p.Test })},
		object(plan.StageTrain, "model", "model"),
		object(plan.StageTrain, "report.json", "report"),
		object(plan.StageEvaluate, "report.json", "report"),
	}
}

// given is the file as an artifact; it is made and kept where it is not yet.
func (x *execution) given(ctx context.Context, f *builtinFile) (artifact.Artifact, error) {
	in := map[string]any{}
	for name, from := range f.reads {
		in[name] = x.record.output(from.stage, from.name)
	}
	if f.depends != nil {
		in["plan"] = f.depends(&x.recipe)
	}
	key, err := cache.FileKey(f.stage+":"+f.file, fileVersion, in)
	if err != nil {
		return artifact.Artifact{}, err
	}
	// A file is not part of the built-in stage's result: most pipelines read none, and it costs a pass over the rows.
	if a, ok := x.cache.GetFile(ctx, key); ok {
		return a, nil
	}
	var a artifact.Artifact
	var b bytes.Buffer
	if f.object != "" {
		raw, err := x.Store.GetBytes(ctx, x.record.output(f.stage, f.object), math.MaxInt32)
		if err != nil {
			return a, err
		}
		b.Write(raw)
	} else if err := f.write(ctx, x, &b); err != nil {
		return a, err
	}
	sum := md5.Sum(b.Bytes()) //nolint:gosec // see the import
	a = artifact.Artifact{MD5: hex.EncodeToString(sum[:]), Size: int64(b.Len())}
	if a.Digest, _, err = x.Store.Put(ctx, &b); err != nil {
		return a, err
	}
	kept := cache.File{Artifact: a, Dataset: x.model.Dataset, ReadAt: x.record.madeAt(plan.StageIngest)}
	return a, x.cache.PutFile(ctx, key, kept)
}

func writeData(ctx context.Context, x *execution, out *bytes.Buffer) error {
	frame, err := x.table.rows(ctx)
	if err != nil {
		return err
	}
	return dataset.WriteCSV(out, frame, x.dataset)
}

// writeRows writes one part of the rows with all their columns.
func writeRows(part func(parts) []int) func(context.Context, *execution, *bytes.Buffer) error {
	return func(ctx context.Context, x *execution, out *bytes.Buffer) error {
		frame, p, err := x.divided(ctx)
		if err != nil {
			return err
		}
		return dataset.WriteCSV(out, frame.Select(part(p)), x.dataset)
	}
}
