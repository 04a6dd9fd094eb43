package effect

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	black "github.com/ashlar-dev/ashlar/tests/ashlar"
)

// callers ask for the same prediction, each with two names of theirs.
func callers() []request {
	var out []request
	for i := range 12 {
		r := predict(row)
		r.headers = map[string]string{"X-User": fmt.Sprint("user-", i), "X-Account": fmt.Sprint("account-", 7*i+3)}
		out = append(out, r)
	}
	return out
}

// retrain builds another version of the model.
func retrain(l *lab) {
	text := l.read("base.cue")
	for _, change := range [][2]string{{`n_estimators: 5,`, `n_estimators: 2,`}, {`"linear_regression"`, `"random_forest"`}} {
		if strings.Contains(text, change[0]) {
			l.write("base.cue", strings.Replace(text, change[0], change[1], 1))
			if out, code := l.run("up", "--build"); code != 0 {
				l.Fatalf("exit code %d: %s", code, out)
			}
			return
		}
	}
	l.Fatal("the blueprint says nothing that can be trained otherwise")
}

// retrainedFirst looks once there are two versions.
func retrainedFirst(look probe) probe {
	return func(l *lab) string {
		l.run("up", "--build")
		retrain(l)
		return look(l)
	}
}

// released serves the first version, trains another, and calls f while that is released.
func released(l *lab, f func(url string)) {
	l.Helper()
	for i := range 2 {
		if i == 1 {
			retrain(l)
		}
		p, err := black.Up(ashlar, l.dir)
		if err != nil {
			l.Fatal(err)
		}
		if i == 0 {
			predict(row).send(l, p.URL)
		} else {
			f(p.URL)
		}
		if err := p.Stop(); err != nil {
			l.Error(err)
		}
	}
}

// flooded is whether requests went without a comparison, when many came at once.
func flooded(l *lab) string {
	seen := ""
	released(l, func(url string) {
		many := predict(times(row, 500)...)
		many.times = 20
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { many.send(l, url) })
		}
		wg.Wait()
		dropped := "none"
		for line := range strings.Lines(get("/metrics").send(l, url)) {
			if strings.HasPrefix(line, "model_comparisons_dropped_total") && !strings.HasSuffix(line, " 0\n") {
				dropped = "some"
			}
		}
		seen = "dropped: " + dropped
	})
	return seen
}

// phaseOf is the phase of the newest release in what `ashlar release status` prints.
var phaseOf = regexp.MustCompile(`"phase": ?"(\w+)"`)

// shadowed is how the release of a version ends under traffic.
func shadowed(l *lab) string {
	phase := ""
	released(l, func(url string) {
		many := predict(row)
		many.times = 40
		for until := time.Now().Add(time.Minute); phase != "promoted" && phase != "aborted" && time.Now().Before(until); {
			many.send(l, url)
			out, _ := l.run("release", "status", "--output", "json")
			if found := phaseOf.FindStringSubmatch(out); found != nil {
				phase = found[1]
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
	return "the release is " + phase
}
