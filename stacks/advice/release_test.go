package advice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
)

// released is what is said of an endpoint with the traffic and the strategy.
func released(t *testing.T, traffic, strategy string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.TrimSuffix(sized, "}\n") + "	endpoints: e: {model: \"m\", " + traffic + "strategy: " + strategy + "}\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var loader blueprints.Loader
	loaded, err := loader.LoadDir(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, one := range loaded {
		for _, f := range Release(one.Plan, one.Positions) {
			if f.File != "p.cue" || f.Line == 0 || f.Refuses() {
				t.Errorf("%s: %+v", strategy, f)
			}
			out = append(out, f.Policy+": "+f.Message+"; "+f.Fix)
		}
	}
	return strings.Join(out, "\n")
}

func TestACanaryThatCannotSeeItsRegressionIsNoticed(t *testing.T) {
	const slow, fast = "traffic: requests_per_second: 2, ", "traffic: requests_per_second: 100, "
	const whole = `canary: {steps: [{setWeight: 10}, {pause: "5m"}, {setWeight: 50}, {pause: "5m"}], ` +
		`analysis: metrics: error_rate: <0.01}`
	for _, c := range []struct{ traffic, strategy, want string }{ // "": nothing is said
		{slow, whole, "release/power: endpoint e: canary.analysis cannot see an error_rate of 0.02 within its steps: " +
			"that takes 1853 requests to the new version, and 2 a second bring 360, which is 1493 too few; " +
			"let its steps last 51m instead of 10m"},
		{fast, whole, ""},
		{"", whole, ""},
		{slow, strings.Replace(whole, `"5m"}]`, `"manual"}]`, 1), ""},
		{fast, strings.Replace(whole, "<0.01", "<0.0001", 1), "18"},
		{fast, strings.Replace(whole, "metrics: error_rate: <0.01", "{min_requests: 50000, metrics: error_rate: <0.01}", 1),
			"that takes 50000 requests to the new version, and 100 a second bring 18000, which is 32000 too few"},
		{slow, `canary: steps: [{setWeight: 10}, {analysis: metrics: agreement: >=0.98}]`, ""},
		{"traffic: requests_per_second: 0.001, ", `canary: steps: [{setWeight: 10}, {analysis: metrics: agreement: >=0.98}]`,
			"canary.steps.1.analysis has its verdict on agreement after "},
		{fast, `canary: steps: [{analysis: metrics: agreement: >=0.98}, {setWeight: 10}]`,
			"the new version has no traffic when it begins"},
		{slow, `blueGreen: postPromotion: metrics: latency_p99: <"50ms"`, "cannot see that 0.02 of the requests exceed the bound of " +
			"latency_p99 within its scaleDownDelay: that takes 1853 " +
			"requests to the new version, and 2 a second bring 60, which is 1793 too few; " +
			"let its scaleDownDelay last 15m instead of 30s, or allow"},
		{slow, `blueGreen: {scaleDownDelay: "1h", postPromotion: metrics: latency_p99: <"50ms"}`, ""},
		{slow, `shadow: analysis: metrics: agreement: >=0.98`, ""},
		{"traffic: requests_per_second: 0.001, ", `shadow: analysis: metrics: agreement: >=0.98`,
			"shadow.analysis has its verdict on agreement after "},
		{"traffic: requests_per_second: 0.1, ", `ab: {by: "header:X-User", variants: {a: weight: 99, b: {weight: 1, ` +
			`version: 2}}, analysis: metrics: error_rate_difference: <0.01}`, "ab.analysis has its verdict on " +
			"error_rate_difference after "},
		{"", `shadow: analysis: metrics: accuracy: >=0.7`, "release/labels: endpoint e: shadow.analysis judges accuracy, " +
			"which takes labels"},
	} {
		if got := released(t, c.traffic, c.strategy); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s%s:\ngot  %q\nwant %q", c.traffic, c.strategy, got, c.want)
		}
	}
}
