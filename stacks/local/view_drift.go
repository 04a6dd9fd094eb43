package local

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// shownWindows is how many past windows the page lists.
const shownWindows = 24

// viewDrift shows an endpoint's newest window and the ones before; reports come
// oldest first.
func viewDrift(name string, endpoint plan.Endpoint, reports []*drift.Report) page.Drift {
	out := page.Drift{Endpoint: name, Status: "no window yet"}
	if endpoint.Drift == nil {
		return out
	}
	if len(reports) == 0 {
		out.Summary = fmt.Sprintf("A window closes after %s with at least %d rows, or at %d rows.", endpoint.Drift.Window, endpoint.Drift.MinRows, endpoint.Drift.MaxRows)
		return out
	}
	newest := reports[len(reports)-1]
	out.Drifted, out.Status = newest.DatasetDrift, driftStatus(newest)
	out.Summary = driftSummary(endpoint.Drift, newest)
	for _, c := range newest.Columns {
		out.Columns = append(out.Columns, viewDriftColumn(c))
	}
	// Drifted columns first: they are what somebody came to see.
	slices.SortStableFunc(out.Columns, func(a, b page.DriftColumn) int { return rank(b.Drifted) - rank(a.Drifted) })
	out.Predictions = plot(newest.Predictions.Column)
	for _, r := range slices.Backward(reports[max(0, len(reports)-shownWindows):]) {
		out.History = append(out.History, page.Window{
			When: r.From.UTC().Format(clockFormat), Rows: strconv.FormatInt(r.Rows, 10), Drifted: r.DatasetDrift,
			Share: page.Bar{Percent: 100 * r.Share, Text: fmt.Sprintf("%d of %d columns drifted", r.Drifted, len(r.Columns))},
		})
	}
	return out
}

func driftStatus(r *drift.Report) string {
	switch {
	case r.Alert:
		return "alert"
	case r.DatasetDrift:
		return "drifted"
	case r.Drifted > 0:
		return "some columns drifted"
	default:
		return "no drift"
	}
}

// driftSummary says in words what the newest window came to.
func driftSummary(d *plan.Drift, r *drift.Report) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Window of %d rows from %s to %s, against %d rows of training data: %d of %d columns drifted; from %g %% on the dataset counts as drifted. ",
		r.Rows, r.From.UTC().Format(clockFormat), r.To.UTC().Format(clockFormat), r.ReferenceRows, r.Drifted, len(r.Columns), 100*d.Alert.Share)
	if r.Sampled > 0 {
		fmt.Fprintf(&out, "Numbers are compared on a sample of %d rows. ", r.Sampled)
	}
	fmt.Fprintf(&out, "%d of the last %d windows drifted; an alert takes %d of %d", r.DriftedWindows, r.OfWindows, d.Alert.Windows, d.Alert.Of)
	if d.Retrain {
		out.WriteString(" and asks for a retrain")
	}
	out.WriteString(". Predictions ")
	p := r.Predictions
	if p.Drifted {
		out.WriteString("drifted")
	} else {
		out.WriteString("did not drift")
	}
	fmt.Fprintf(&out, " (%s %s", p.Test, scoreText(p.Result))
	if p.Mean != nil && p.Std != nil {
		fmt.Fprintf(&out, "; mean %s, was %s; standard deviation %s, was %s", number(p.Mean.Current), number(p.Mean.Reference), number(p.Std.Current), number(p.Std.Reference))
	}
	out.WriteString(").")
	return out.String()
}

func viewDriftColumn(c drift.Column) page.DriftColumn {
	out := page.DriftColumn{
		Name: c.Column, Test: c.Test, Score: scoreText(c.Result), Threshold: number(c.Threshold),
		Note: c.Note, Drifted: c.Drifted, Plot: plot(c),
	}
	if c.Missing.Drifted || max(c.Missing.Reference, c.Missing.Current) >= 0.0005 {
		note := fmt.Sprintf("missing %.1f %%, was %.1f %%", 100*c.Missing.Current, 100*c.Missing.Reference)
		if out.Note != "" {
			note = out.Note + "; " + note
		}
		out.Note = note
	}
	return out
}

// scoreText is the number that is held against the threshold, and for a p-value
// also the statistic it belongs to.
func scoreText(r drift.Result) string {
	if r.PAdjusted == nil {
		return number(r.Statistic)
	}
	return fmt.Sprintf("%s, p %s", number(r.Statistic), number(*r.PAdjusted))
}

// plot draws both sides of a column's histogram.
func plot(c drift.Column) *page.Histogram {
	h := c.Histogram
	if h == nil || len(h.Reference) == 0 {
		return nil
	}
	labels := h.Labels
	if n := len(h.Edges); n > 0 {
		labels = []string{tick(h.Edges[0], c.Type), tick(h.Edges[n-1], c.Type)}
	}
	return page.NewHistogram(floats(h.Reference), floats(h.Current), labels)
}

// tick writes an end of an axis.
func tick(v float64, kind plan.ColumnType) string {
	switch size := math.Abs(v); {
	case kind == plan.Timestamp && size < 1e11:
		return time.Unix(int64(v), 0).UTC().Format(time.DateOnly)
	case size >= 1000 && size < 1e9:
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	default:
		return number(v)
	}
}

func floats(counts []int64) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c)
	}
	return out
}

func rank(drifted bool) int {
	if drifted {
		return 1
	}
	return 0
}
