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
		out.Summary = fmt.Sprintf("A window closes after %s with at least %s, or at %s.", endpoint.Drift.Window,
			plan.Counted(endpoint.Drift.MinRows, "row"), plan.Counted(endpoint.Drift.MaxRows, "row"))
		return out
	}
	newest := reports[len(reports)-1]
	out.Drifted, out.Status = newest.Detected, driftStatus(newest)
	out.Summary = driftSummary(endpoint.Drift, newest)
	for _, c := range newest.Columns {
		out.Columns = append(out.Columns, viewDriftColumn(c))
	}
	// Drifted columns first: they are what somebody came to see.
	slices.SortStableFunc(out.Columns, func(a, b page.DriftColumn) int { return rank(b.Drifted) - rank(a.Drifted) })
	out.Predictions = plot(newest.Predictions.Column)
	for _, r := range slices.Backward(reports[max(0, len(reports)-shownWindows):]) {
		out.History = append(out.History, page.Window{
			When: r.From.UTC().Format(clockFormat), Rows: strconv.FormatInt(r.Rows, 10), Drifted: r.Detected,
			Open: r.Open, Share: page.Bar{Percent: 100 * r.Share, Text: windowText(r)},
		})
	}
	return out
}

// driftStatus is the newest window's state in a word or two, the worst that holds.
func driftStatus(r *drift.Report) string {
	switch {
	case r.Open && r.Detected:
		return "drifting, window open"
	case r.Open && r.Drifted > 0:
		return "some columns drifting, window open"
	case r.Open:
		return "no drift so far, window open"
	case r.Alert:
		return "alert"
	case r.Detected:
		return "drifted"
	case r.Drifted > 0:
		return "some columns drifted"
	default:
		return "no drift"
	}
}

// driftSummary says in words the result of the newest window.
// Everything that a reader needs to judge the verdict is in it: how many rows, what
// counts, how often chance alone would do it.
func driftSummary(d *plan.Drift, r *drift.Report) string {
	var out strings.Builder
	if r.Open {
		fmt.Fprintf(&out, "This window is still open, and counts when it closes: after %s with at least %s, or at %s. ",
			d.Window, plan.Counted(d.MinRows, "row"), plan.Counted(d.MaxRows, "row"))
	}
	fmt.Fprintf(&out, "Window of %s from %s to %s, against %s of training data: %d of %d columns drifted",
		plan.Counted(r.Rows, "row"), r.From.UTC().Format(clockFormat), r.To.UTC().Format(clockFormat),
		plan.Counted(r.ReferenceRows, "row"), r.Drifted, len(r.Columns))
	if r.WeightedShare != nil {
		fmt.Fprintf(&out, ", %s %% of their importance to the model", number(100**r.WeightedShare))
	}
	fmt.Fprintf(&out, "; from %g %% on the dataset counts as drifted. ", 100*d.Alert.Share)
	if r.FalseAlarmRate > 0 {
		fmt.Fprintf(&out, "By chance anything drifts in at most %s %% of the windows. ", number(100*r.FalseAlarmRate))
	}
	switch {
	case r.Detected && r.Open:
		fmt.Fprintf(&out, "It would count towards the alert by %s. ", strings.Join(r.Reasons, ", "))
	case r.Detected:
		fmt.Fprintf(&out, "The window counts towards the alert by %s. ", strings.Join(r.Reasons, ", "))
	}
	if r.Sampled > 0 {
		fmt.Fprintf(&out, "Numbers are compared on a sample of %s. ", plan.Counted(r.Sampled, "row"))
	}
	fmt.Fprintf(&out, "%d of the last %d windows count; an alert takes %d of %d", r.DriftedWindows, r.OfWindows,
		d.Alert.Windows, d.Alert.Of)
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
	fmt.Fprintf(&out, " against %d on rows that the model was not trained on (%s %s", p.ReferenceRows,
		p.Test, scoreText(p.Result))
	if p.Mean != nil && p.Std != nil {
		// A tenth of a standard deviation: means that differ by less look the same.
		step := max(p.Std.Current, p.Std.Reference) / 10
		fmt.Fprintf(&out, "; mean %s, was %s; standard deviation %s, was %s", near(p.Mean.Current, step),
			near(p.Mean.Reference, step), number(p.Std.Current), number(p.Std.Reference))
	}
	out.WriteString(").")
	return out.String()
}

// windowText says the result of a past window.
func windowText(r *drift.Report) string {
	out := fmt.Sprintf("%d of %d columns drifted", r.Drifted, len(r.Columns))
	if r.WeightedShare != nil {
		out += fmt.Sprintf(", %.0f %% by importance", 100**r.WeightedShare)
	}
	switch {
	case r.Detected && r.Open:
		out += "; would count by " + strings.Join(r.Reasons, ", ")
	case r.Detected:
		out += "; counts by " + strings.Join(r.Reasons, ", ")
	}
	return out
}

// viewDriftColumn is a row of the table. The share of missing values is noted where it
// drifted or is at least 0.05 %, the least that the text can show.
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

// scoreText is the number that is compared with the threshold, and for a p-value
// also the statistic it belongs to.
func scoreText(r drift.Result) string {
	if r.PAdjusted == nil {
		return number(r.Statistic)
	}
	return fmt.Sprintf("%s, p %s", number(r.Statistic), number(*r.PAdjusted))
}

// plot draws both sides of a column's histogram.
// It is nil for a column without a histogram, such as one with too few values.
func plot(c drift.Column) *page.Histogram {
	h := c.Histogram
	if h == nil || len(h.Reference) == 0 {
		return nil
	}
	labels := h.Labels
	if n := len(h.Edges); n > 0 {
		step := h.Edges[n-1]/100 - h.Edges[0]/100 // apart, not to overflow
		labels = []string{tick(h.Edges[0], step, c.Type), tick(h.Edges[n-1], step, c.Type)}
	}
	return page.NewHistogram(floats(h.Reference), floats(h.Current), labels)
}

// tick writes an end of an axis on which a step counts.
// Timestamps are in seconds since 1970. 1e11 of them is the year 5138: beyond that
// the value is in another unit, and shown as a number.
func tick(v, step float64, kind plan.ColumnType) string {
	if kind == plan.Timestamp && math.Abs(v) < 1e11 {
		return time.Unix(int64(v), 0).UTC().Format(time.DateOnly)
	}
	return near(v, step)
}

// near writes a number of any unit to four digits, or as many as show a step of
// that size, so that what differs by some steps does not look the same.
func near(v, step float64) string {
	digits := 4
	if size := math.Abs(v); size > 0 && step > 0 && !math.IsInf(step, 0) {
		digits = min(max(digits, 1+int(math.Floor(math.Log10(size))-math.Floor(math.Log10(step)))), 17)
	}
	text := strconv.FormatFloat(v, 'g', digits, 64)
	if size := math.Abs(v); size >= 1000 && size < 1e9 && strings.Contains(text, "e") {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return text
}

// floats converts counts for drawing.
func floats(counts []int64) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c)
	}
	return out
}

// rank orders what drifted before what did not.
func rank(drifted bool) int {
	if drifted {
		return 1
	}
	return 0
}
