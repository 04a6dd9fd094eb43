package effect

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	black "github.com/ashlar-dev/ashlar/tests/ashlar"
)

// verdict is what `ashlar check` answers: problems, findings, the exit code.
func verdict(l *lab) string {
	out, code := l.run("check", "--output", "json")
	return fmt.Sprintf("exit code %d\n%s", code, scrub(out))
}

// echoed are fields of outcomes that repeat the plan, name a run, or tell time or memory.
var echoed = map[string]bool{
	"params": true, "approval": true, "algorithm": true, "description": true,
	"id": true, "run_id": true, "plan_digest": true, "key": true, "environment": true, "evidence": true,
	"outputs": true, "model_digest": true,
	"started_at": true, "finished_at": true, "made_at": true, "created_at": true, "trained_at": true, "at": true,
	"duration_ns": true, "elapsed_ns": true, "peak_memory_bytes": true,
}

// built is what `ashlar up --build` results in: stages, metrics, gates, states of
// versions and what own stages printed.
func built(l *lab) string {
	out, code := l.run("up", "--build", "--output", "json")
	var b strings.Builder
	fmt.Fprintf(&b, "exit code %d\n", code)
	for line := range strings.Lines(out) {
		var event map[string]any
		if json.Unmarshal([]byte(line), &event) != nil {
			b.WriteString(scrub(line))
			continue
		}
		if event["event"] == "built" || event["error"] != nil {
			b.WriteString(scrub(indented(l.T, named(without(event, echoed)))) + "\n")
		}
	}
	return b.String()
}

// named puts the stages of runs into the order of their names: those that run side
// by side are recorded in the order in which they began.
func named(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			v[key] = named(one)
		}
		if stages, ok := v["stages"].([]any); ok {
			slices.SortStableFunc(stages, func(a, b any) int { return strings.Compare(stageName(a), stageName(b)) })
		}
	case []any:
		for i := range v {
			v[i] = named(v[i])
		}
	}
	return v
}

func stageName(v any) string {
	stage, _ := v.(map[string]any)
	name, _ := stage["stage"].(string)
	return name
}

// learnt is built without the words about it: the numbers that the model has on
// rows it has not seen.
func learnt(l *lab) string {
	out, code := l.run("up", "--build", "--output", "json")
	if code != 0 {
		l.Fatalf("the model is not built, so that nothing can be said of its numbers:\n%s", out)
	}
	shown, code := l.run("model", "show", "risk", "1", "--output", "json")
	var version struct{ Metrics map[string]float64 }
	if err := json.Unmarshal([]byte(shown), &version); err != nil || code != 0 || len(version.Metrics) < 3 {
		l.Fatalf("exit code %d, %v: %s", code, err, shown)
	}
	return indented(l.T, version.Metrics)
}

// rebuilt is built after another build and after the edit of a file: what runs
// again.
func rebuilt(name, text string) probe {
	return func(l *lab) string {
		l.run("up", "--build")
		l.write(name, text)
		return built(l)
	}
}

// answers starts the endpoint, asks each request in turn and returns the
// answers.
func answers(requests ...request) probe {
	return func(l *lab) string {
		p, err := black.Up(ashlar, l.dir)
		if err != nil {
			l.Fatal(err)
		}
		defer func() {
			if err := p.Stop(); err != nil {
				l.Error(err)
			}
		}()
		var b strings.Builder
		for _, r := range requests {
			b.WriteString(r.send(l, p.URL))
		}
		return scrub(b.String())
	}
}

// file is what the command leaves at the path, or prints where path is "".
func file(path string, args ...string) probe {
	return func(l *lab) string {
		out, code := l.run(args...)
		if path == "" {
			return fmt.Sprintf("exit code %d\n%s", code, scrub(out))
		}
		text, err := os.ReadFile(filepath.Join(l.dir, path))
		return fmt.Sprintf("exit code %d, %v\n%s", code, err != nil, scrub(string(text)))
	}
}

// shown is what `ashlar model show` says of how the model was chosen, without
// what repeats the blueprint.
func shown(l *lab) string {
	if out, code := l.run("up", "--build"); code != 0 {
		l.Fatalf("exit code %d: %s", code, out)
	}
	out, code := l.run("model", "show", "risk", "1", "--output", "json")
	var version map[string]any
	if err := json.Unmarshal([]byte(out), &version); err != nil || code != 0 {
		l.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	return scrub(indented(l.T, without(version, echoed)))
}

// approved is what comes of somebody's approval.
func approved(by string) probe {
	return func(l *lab) string {
		l.run("up", "--build")
		said, code := l.run("model", "approve", "risk", "1", "--by", by, "--comment", "looks right")
		out, _ := l.run("model", "list")
		return fmt.Sprintf("exit code %d\n%s\n%s", code, scrub(said), scrub(out))
	}
}

// pinned promotes a version and is what `ashlar check` says of the pin, with
// one of its fields changed where that is asked for.
func pinned(field string) probe {
	return func(l *lab) string {
		l.run("up", "--build")
		if out, code := l.run("model", "promote", "risk", "1", "--env", "dev"); code != 0 {
			l.Fatalf("exit code %d: %s", code, out)
		}
		path := filepath.Join(l.dir, "pins.cue")
		text, err := os.ReadFile(path)
		if err != nil {
			l.Fatal(err)
		}
		if l.changed {
			l.write("pins.cue", altered(l, string(text), field))
		}
		return verdict(l)
	}
}

// altered gives the field of a pin another value of its kind.
func altered(l *lab, text, field string) string {
	l.Helper()
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		name, value, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found || name != field {
			continue
		}
		was := strings.TrimSpace(value)
		now := "2"
		if strings.HasPrefix(was, `"sha256:`) {
			now = `"sha256:` + strings.Repeat("0", 64) + `"`
		}
		lines[i] = strings.Replace(line, was, now, 1)
		return strings.Join(lines, "\n")
	}
	l.Fatalf("the pin has no %s:\n%s", field, text)
	return ""
}

// gotten is what `ashlar pipeline get` takes from the last run of a pipeline.
func gotten(pipeline, path string) probe {
	return func(l *lab) string {
		l.run("up", "--build")
		out, code := l.run("pipeline", "get", pipeline, path, "--to", "got")
		text, err := os.ReadFile(filepath.Join(l.dir, "got"))
		return fmt.Sprintf("exit code %d, %v\n%s\n%s", code, err != nil, scrub(out), text)
	}
}
