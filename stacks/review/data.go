package review

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// today validates the data as it is against what the plan expects of it now, of
// the datasets whose columns or expectations changed.
// New datasets are left out: their expectations did not change.
func (c *comparison) today(ctx context.Context, dir string, was, is *consequence.Side) ([]consequence.Change, error) {
	if c.SkipData || is == nil || was == nil {
		return nil, nil
	}
	var out []consequence.Change
	for _, name := range slices.Sorted(maps.Keys(is.Plan.Datasets)) {
		now, before := is.Plan.Datasets[name], was.Plan.Datasets[name]
		// A file elsewhere on the machine is none of a comparison's business: what
		// fails is shown, and whoever proposes a change chooses the file.
		if reflect.DeepEqual(requirements(now), requirements(before)) || !strings.Contains(now.Source, "://") &&
			!filepath.IsLocal(filepath.FromSlash(now.Source)) || strings.HasPrefix(now.Source, "file:") {
			continue
		}
		change, err := validated(ctx, dir, name, now, is.Plan.Seed)
		if err != nil {
			return nil, err
		}
		out = append(out, change)
	}
	return out, nil
}

// requirements are what the data are validated against.
func requirements(d plan.Dataset) plan.Dataset {
	return plan.Dataset{Source: d.Source, Format: d.Format, CSV: d.CSV, Columns: d.Columns, Expect: d.Expect,
		Sample: d.Sample}
}

// validated is what validation says of the data. Data that cannot be read is no
// error of the comparison: what runs would meet the same.
// The error's text is the failure then. Cancelling is an error.
func validated(ctx context.Context, dir, name string, d plan.Dataset, seed uint64) (consequence.Change, error) {
	reader, err := dataset.Open(ctx, d, dataset.Options{Dir: dir, Seed: seed})
	if err == nil {
		var report *validate.Report
		report, err = validate.Run(ctx, reader, d, validate.Options{Dataset: name})
		err = errors.Join(err, reader.Close())
		if err == nil {
			failures := report.Failures()
			// A report must not fail without saying why.
			if !report.Success && len(failures) == 0 {
				failures = []string{"it does not meet what is expected"}
			}
			return consequence.Today(name, report.Counted(), failures), nil
		}
	}
	if ctx.Err() != nil {
		return consequence.Change{}, ctx.Err()
	}
	return consequence.Today(name, "", []string{err.Error()}), nil
}
