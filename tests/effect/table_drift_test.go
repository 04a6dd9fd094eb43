package effect

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	black "github.com/ashlar-dev/ashlar/tests/ashlar"
)

// shifted are n rows of which age, and city where both is set, are far from
// what was learnt from.
func shifted(n int, both bool) []string {
	out := make([]string, n)
	for i := range out {
		city := []string{"Berlin", "Paris", "Rome"}[i%3]
		if both {
			city = "Rome"
		}
		out[i] = fmt.Sprintf(`{"age": %d, "income": %d, "city": %q, "member": %t}`, 76+i%4,
			1000+i*8000/n, city, i%2 == 0)
	}
	return out
}

func driftEntries() []entry {
	watched := func(drift string) []string {
		return []string{`model: "risk"}` + "\n\tslos", `model: "risk", drift: {` + drift + "}}\n\tslos"}
	}
	full := answers(predict(shifted(60, false)...), get("/drift"))
	late := answers(predict(shifted(60, false)...),
		request{method: "GET", path: "/health", after: 1500 * time.Millisecond}, predict(row), get("/drift"))
	// A window that is full ends when it is looked at: rows that come before then are its own.
	judged := request{method: "GET", path: "/health", after: time.Second}
	const alone = `min_rows: 20, max_rows: 60, alert: {predictions: false, weighted_by: "none", share: 0.9}`
	return []entry{
		{field: "#Drift.window", with: watched(`window: "1h", min_rows: 20`),
			change: []string{`"1h"`, `"1s"`}, seen: late},
		{field: "#Drift.min_rows", with: watched(`window: "1s", min_rows: 20`),
			change: []string{`min_rows: 20`, `min_rows: 900`}, seen: late},
		{field: "#Drift.max_rows", with: watched(`min_rows: 20, max_rows: 60`),
			change: []string{`max_rows: 60`, `max_rows: 600`}, seen: full},
		{field: "#Drift.tests", with: watched(`min_rows: 20, max_rows: 60`),
			change: []string{`max_rows: 60`, `max_rows: 60, tests: "psi"`}, seen: full},
		{field: "#Drift.columns", with: watched(`min_rows: 20, max_rows: 60`),
			change: []string{`max_rows: 60`, `max_rows: 60, columns: ["age"]`}, seen: full},
		{field: "#Drift.alert.share", with: watched(alone), change: []string{`share: 0.9`, `share: 0.1`}, seen: full},
		{field: "#Drift.alert.weighted_by", with: watched(`min_rows: 20, max_rows: 60`),
			change: []string{`max_rows: 60`, `max_rows: 60, alert: weighted_by: "none"`}, seen: full},
		{field: "#Drift.alert.columns", with: watched(alone),
			change: []string{`share: 0.9`, `share: 0.9, columns: ["age"]`}, seen: full},
		{field: "#Drift.alert.predictions", with: watched(alone),
			change: []string{`predictions: false`, `predictions: true`}, seen: full},
		{field: "#Drift.alert.false_alarm_rate", with: watched(`min_rows: 20, max_rows: 60`),
			change: []string{`max_rows: 60`, `max_rows: 60, alert: false_alarm_rate: 0.0001`}, seen: full},
		{field: "#Drift.alert.windows", with: watched(alone + `, alert: columns: ["age"], alert: {windows: 1, of: 3}`),
			change: []string{`windows: 1`, `windows: 2`}, seen: full},
		{field: "#Drift.alert.of", with: watched(alone + `, alert: columns: ["age"], alert: {windows: 2, of: 2}`),
			change: []string{`of: 2`, `of: 3`},
			seen: answers(predict(shifted(60, false)...), judged, predict(usual(60)...), judged,
				predict(shifted(60, false)...), judged, get("/drift"))},
		{field: "#Drift.retrain", with: watched(alone + `, alert: columns: ["age"]`),
			change: []string{`max_rows: 60`, `max_rows: 60, retrain: true`}, seen: retrained},
	}
}

// usual are n rows as the model has learnt from.
func usual(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"age": %d, "income": %d, "city": %q, "member": %t}`, 18+i*63/n, 1000+i*7919%8000,
			[]string{"Berlin", "Paris", "Rome"}[i%3], i%2 == 0)
	}
	return out
}

// retrained is why the runs began that there are after traffic that has moved.
func retrained(l *lab) string {
	p, err := black.Up(ashlar, l.dir)
	if err != nil {
		l.Fatal(err)
	}
	predict(shifted(60, false)...).send(l, p.URL)
	time.Sleep(2 * time.Second) // a run of this table takes a tenth of it
	if err := p.Stop(); err != nil {
		l.Error(err)
	}
	out, _ := l.run("runs", "list", "--output", "json")
	var runs []struct{ Model, Trigger string }
	if err := json.Unmarshal([]byte(out), &runs); err != nil {
		l.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(fmt.Sprint(runs))
}
