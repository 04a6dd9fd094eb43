package tracking

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
)

// maxLeftOut is how many names a server may refuse before it is taken to refuse
// the run.
const maxLeftOut = 100

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// metric is one value of a metric.
type metric struct {
	Key       string  `json:"key"`
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"` // milliseconds
	Step      int64   `json:"step"`
}

// batch is what one request logs: entries of one kind.
type batch struct {
	kind    string // params, metrics or tags
	entries []any
	names   []string // of the entries, as the record has them
}

func (b *batch) add(name string, entry any) {
	b.entries, b.names = append(b.entries, entry), append(b.names, name)
}

// cutUp divides the batch into those that the server takes.
// most is a number of entries, at least 1. The parts share the batch's memory.
func (b batch) cutUp(most int) []batch {
	var out []batch
	for from := 0; from < len(b.entries); from += most {
		to := min(from+most, len(b.entries))
		out = append(out, batch{b.kind, b.entries[from:to], b.names[from:to]})
	}
	return out
}

// pairs are parameters or tags, in order of their names, with values cut to most
// bytes. tagged lists what was cut.
func pairs(kind string, of map[string]string, most int) batch {
	out := batch{kind: kind}
	// Mapped together: which name a changed one gets depends on the others.
	names := forMLflow().mapped(slices.Collect(maps.Keys(of)))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out.add(name, pair{names[name], cut(of[name], most)})
	}
	return out
}

// measured are the record's metrics.
// All have the time of the run's end, since the report has no other. NaN and
// infinities have no JSON and are left out. Names of metrics and of points are
// mapped together, so that they stay distinct.
func measured(r Record) batch {
	out, all := batch{kind: "metrics"}, slices.Collect(maps.Keys(r.Metrics))
	for _, p := range r.Points {
		all = append(all, p.Name)
	}
	names := forMLflow().mapped(all)
	add := func(name string, v float64, step int64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out.add(name, metric{names[name], v, r.Finished.UnixMilli(), step})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		add(name, r.Metrics[name], 0)
	}
	for _, p := range r.Points {
		add(p.Name, p.Value, p.Step)
	}
	return out
}

// tagged are the record's tags, and with them what had to be changed to be told:
// values that were cut, and names.
func tagged(r Record) map[string]string {
	tags := maps.Clone(r.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	var short []string
	for name, value := range r.Params {
		if len(value) > maxParamValue {
			short = append(short, name)
		}
	}
	if slices.Sort(short); len(short) > 0 {
		tags["ashlar.cut"] = strings.Join(short, ", ")
	}
	changed := renamed(forMLflow().mapped(slices.Collect(maps.Keys(r.Params))))
	names := slices.Collect(maps.Keys(r.Metrics))
	for _, p := range r.Points {
		names = append(names, p.Name)
	}
	changed = append(changed, renamed(forMLflow().mapped(names))...)
	if slices.Sort(changed); len(changed) > 0 {
		tags["ashlar.renamed"] = strings.Join(slices.Compact(changed), ", ")
	}
	return tags
}

// log puts everything of the record into the run. A name or a value that the
// server refuses is left out, and named by a tag and a notice; everything else
// is told all the same.
func (m *mlflow) log(ctx context.Context, run string, r Record) error {
	all := pairs("params", r.Params, maxParamValue).cutUp(maxParams)
	all = append(all, pairs("tags", tagged(r), maxTagValue).cutUp(maxTags)...)
	all = append(all, measured(r).cutUp(maxMetrics)...)
	l := logging{mlflow: m, run: run}
	for _, b := range all {
		if err := l.send(ctx, b); err != nil {
			return err
		}
	}
	if len(l.refused) == 0 {
		return nil
	}
	// Everything was refused: the run itself is the problem, not one name of it.
	if l.taken == 0 {
		return l.why
	}
	slices.Sort(l.refused)
	refused := strings.Join(slices.Compact(l.refused), ", ")
	m.notice(fmt.Sprintf("mlflow refuses %s of run %s (%v); the rest is logged", refused, r.ID, l.why))
	return l.call(ctx, batch{"tags", []any{pair{"ashlar.refused", cut(refused, maxTagValue)}}, nil})
}

// logging is the telling of one run.
type logging struct {
	*mlflow
	run     string
	refused []string // kind and name
	why     error    // the first refusal
	taken   int      // entries
}

// call logs the batch in one request; MLflow takes all of it or nothing.
func (l *logging) call(ctx context.Context, b batch) error {
	return l.mlflow.call(ctx, http.MethodPost, "runs/log-batch",
		map[string]any{"run_id": l.run, b.kind: b.entries}, nil)
}

// send logs the batch, or, where it is refused, each half of it.
// Halving finds one bad entry among n in about 2 log n requests, without knowing
// how a server words which one it was. Only 400 and 422 are about content.
func (l *logging) send(ctx context.Context, b batch) error {
	err := l.call(ctx, b)
	if err == nil {
		l.taken += len(b.entries)
		return nil
	}
	if f := (*failure)(nil); !errors.As(err, &f) || f.status != http.StatusBadRequest &&
		f.status != http.StatusUnprocessableEntity {
		return err
	}
	if l.why == nil {
		l.why = err
	}
	if len(b.entries) == 1 {
		if l.refused = append(l.refused, strings.TrimSuffix(b.kind, "s")+" "+b.names[0]); len(l.refused) > maxLeftOut {
			return err
		}
		return nil
	}
	for _, half := range b.cutUp((len(b.entries) + 1) / 2) {
		if err := l.send(ctx, half); err != nil {
			return err
		}
	}
	return nil
}
