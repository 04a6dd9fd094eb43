package pipeline

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/run"
)

// validation checks the data against its columns and expectations, and makes
// its profile in the same pass. Data that are not as declared end the run before
// anything is learnt from them, with a finding that has every expectation that
// does not hold.
var validation = stage{
	name:    "validate",
	version: 1,
	reads:   map[string]output{"data": {"ingest", "data"}},
	depends: func(r *recipe) (map[string]any, error) {
		d := r.dataset
		// Neither changes a verdict.
		d.Description, d.Retention = "", ""
		return r.sampled(map[string]any{"dataset": d}), nil
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		report, err := x.report(ctx)
		if err != nil {
			return err
		}
		if err := x.put(ctx, res, "report", report); err != nil {
			return err
		}
		s := report.Statistics
		res.Detail = fmt.Sprintf("%s, %d of %d expectations hold", report.Counted(), s.Successful, s.Evaluated)
		if !report.Success {
			return &Finding{
				Summary: fmt.Sprintf("dataset %s does not meet what the blueprint expects of it (%s)",
					x.model.Dataset, res.Detail),
				Details: report.Failures(),
				Fix:     "mend the data, or change the expectation in the blueprint if it is the one that is wrong",
			}
		}
		return nil
	},
}
