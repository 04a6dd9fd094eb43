package blueprints

import (
	"fmt"
	"time"
)

func (r *refs) endpoint(name string) {
	e := r.plan.Endpoints[name]
	at := func(rest ...string) []string { return append([]string{"endpoints", name}, rest...) }
	r.among("model", e.Model, keys(r.plan.Models), at("model")...)
	if e.Replicas.Max == 0 {
		r.say("max is 0, as min is: add the largest number of pods, such as max: 3", "", at("replicas", "min")...)
	}
	if e.Replicas.Min > e.Replicas.Max {
		r.say(fmt.Sprintf("min %d is more than max %d", e.Replicas.Min, e.Replicas.Max), "", at("replicas", "min")...)
	}
	r.duration(e.Limits.Timeout, at("limits", "timeout")...)
	r.pods(e.Pods, r.plan.Models[e.Model], true, at)
	r.strategy(name)
	r.access(name)
	r.expose(name)
	r.drift(name)
}

func (r *refs) drift(name string) {
	e := r.plan.Endpoints[name]
	d := e.Drift
	if d == nil {
		return
	}
	at := func(rest ...string) []string { return append([]string{"endpoints", name, "drift"}, rest...) }
	r.atLeast(time.Second, d.Window, at("window")...)
	if d.MinRows > d.MaxRows {
		r.say(fmt.Sprintf("min_rows %d is more than max_rows %d", d.MinRows, d.MaxRows), "", at("min_rows")...)
	}
	if d.Alert.Windows > d.Alert.Of {
		r.say(fmt.Sprintf("%d windows cannot drift of the last %d", d.Alert.Windows, d.Alert.Of), "",
			at("alert", "windows")...)
	}
	if d.Alert.FalseAlarmRate > 0 && d.Tests != "auto" {
		r.say(fmt.Sprintf("tests %q have thresholds of their own and hold no false_alarm_rate", d.Tests),
			`leave it out, or say tests: "auto"`, at("alert", "false_alarm_rate")...)
	}
	m, ok := r.plan.Models[e.Model]
	if !ok {
		return
	}
	for i, column := range d.Columns {
		r.among("feature", column, m.Features, at("columns", fmt.Sprint(i))...)
	}
	watched := d.Columns
	if len(watched) == 0 {
		watched = m.Features
	}
	for i, column := range d.Alert.Columns {
		r.among("watched column", column, watched, at("alert", "columns", fmt.Sprint(i))...)
	}
}
