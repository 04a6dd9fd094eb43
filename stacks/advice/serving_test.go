package advice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

func TestMemoryOfEndpointsIsComparedWithWhatServingHeld(t *testing.T) {
	const endpoints = "	endpoints: {usual: model: \"m\", own: {model: \"m\", resources: memory: \"3Gi\"}}\n}\n"
	dir := t.TempDir()
	text := strings.TrimSuffix(sized, "}\n") + endpoints
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var loader blueprints.Loader
	loaded, err := loader.LoadDir(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	served := func(endpoint string, mibs ...int64) (out []run.Served) {
		for _, n := range mibs {
			out = append(out, run.Served{Blueprint: "p", Endpoint: endpoint, Model: "m", PeakMemory: n * mib})
		}
		return out
	}
	for name, c := range map[string]struct {
		served []run.Served
		want   string // "": nothing is said
	}{
		"close to the default": {served("usual", 100, 460), `endpoint usual: a process that served one of the last ` +
			`versions held up to 460.0 MiB of memory, 90 % of the 512Mi of its pods; ` +
			`set endpoints.usual.resources.memory to "704Mi"`},
		"within the default": {served("usual", 200), ""},
		"long ago":           {served("usual", 1, 1, 1, 1, 1, 460), ""},
		"far below what it states": {served("own", 300), `300.0 MiB of memory, 10 % of the 3Gi of its pods; ` +
			`set endpoints.own.resources.memory to "512Mi"`},
		"another's":    {[]run.Served{{Blueprint: "q", Endpoint: "usual", Model: "m", PeakMemory: 460 * mib}}, ""},
		"not measured": {nil, ""},
	} {
		var got []string
		for _, one := range loaded {
			for _, f := range Serving(one.Plan, one.Positions, c.served) {
				if f.File != "p.cue" || f.Line == 0 || f.Refuses() || f.Policy != memoryRule {
					t.Errorf("%s: %+v", name, f)
				}
				got = append(got, f.Message+"; "+f.Fix)
			}
		}
		if all := strings.Join(got, "\n"); !strings.Contains(all, c.want) || c.want == "" && all != "" {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
}
