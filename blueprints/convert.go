package blueprints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// plan lowers the checked blueprint and checks its references.
func (c *checked) plan(environment string) (*plan.Plan, error) {
	doc, _ := c.raw.(map[string]any)
	delete(doc, "environments")
	doc["apiVersion"], doc["environment"] = plan.APIVersion, environment
	// Whatever it uses, this program knows it; Encode states what others must know.
	doc["format"] = plan.Stated{Version: plan.Format, Reads: plan.Format}
	for _, section := range []string{"datasets", "models", "pipelines", "endpoints", "slos"} {
		if doc[section] == nil {
			doc[section] = map[string]any{}
		}
	}
	r := refs{checked: c}
	sized(doc, r.say)
	expand(doc, r.say)
	if len(r.found) > 0 {
		return nil, r.found.Sorted()
	}
	reshape(doc)
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p, err := plan.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.plan = p
	r.resolve()
	if len(r.found) > 0 {
		return nil, r.found.Sorted()
	}
	return p, nil
}

// each calls f for every concept of a section.
func each(doc map[string]any, section string, f func(map[string]any)) {
	all, _ := doc[section].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if m, ok := all[name].(map[string]any); ok {
			f(m)
		}
	}
}

// reshape turns the short forms that people write into the plan's one form.
func reshape(doc map[string]any) {
	each(doc, "datasets", func(d map[string]any) {
		if d["format"] == nil {
			d["format"] = formatOf(d["source"])
		}
		if d["columns"] == nil {
			d["columns"] = map[string]any{}
		}
		exps, _ := d["expect"].([]any)
		for _, e := range exps {
			foldKwargs(e.(map[string]any))
		}
	})
	each(doc, "models", func(m map[string]any) {
		if policy, ok := m["approval"].(string); ok {
			m["approval"] = map[string]any{"policy": policy, "count": 1, "not_author": false}
		}
		if a, ok := m["artifact"].(map[string]any); ok && a["serve"] != nil {
			a["serve"] = lines(a["serve"])
		}
		delete(m, "exclude") // resolved into features
		if m["features"] == nil {
			m["features"] = []any{}
		}
		if a, ok := m["approval"].(map[string]any); ok && a["approvers"] == nil {
			a["approvers"] = []any{}
		}
		require, _ := m["require"].(map[string]any)
		each(require, "fairness", func(f map[string]any) {
			if one, ok := f["split"].(float64); ok {
				f["split"] = []any{one}
			}
			gather(f, "split", "min_group")
		})
		each(require, "robustness", func(r map[string]any) { gather(r, "fraction") })
	})
	each(doc, "endpoints", func(e map[string]any) {
		if d, ok := e["drift"].(map[string]any); ok && d["columns"] == nil {
			d["columns"] = []any{}
		}
	})
	each(doc, "slos", func(s map[string]any) {
		threshold := map[string]any{}
		switch t := s["threshold"].(type) {
		case string:
			threshold["duration"] = t
		case float64:
			threshold["value"] = t
		}
		s["threshold"] = threshold
	})
}

// foldKwargs moves an expectation's arguments below "kwargs".
func foldKwargs(e map[string]any) {
	kwargs := map[string]any{}
	for k, v := range e {
		if k != "expectation" && k != "column" && k != "severity" {
			kwargs[k] = v
			delete(e, k)
		}
	}
	e["kwargs"] = kwargs
	if name, ok := e["expectation"].(string); ok {
		e["expectation"] = strings.TrimPrefix(name, "expect_")
	}
}

// gather moves everything but the named fields below "metrics".
func gather(m map[string]any, but ...string) {
	metrics := map[string]any{}
	for k, v := range m {
		if !slices.Contains(but, k) {
			metrics[k] = v
			delete(m, k)
		}
	}
	m["metrics"] = metrics
}

func formatOf(source any) string {
	text, _ := source.(string)
	text = strings.TrimSuffix(strings.ToLower(text), ".gz")
	if ext := path.Ext(text); ext == ".parquet" || ext == ".pq" {
		return "parquet"
	}
	return "csv"
}
