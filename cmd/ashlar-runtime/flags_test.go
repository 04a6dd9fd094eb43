package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/flags"
)

// The law of effect for flags: every flag of every duty changes something that
// can be seen. The flags are found, their effects listed.

// flagEffect are lines that come first, and two that must end differently.
type flagEffect struct {
	first    []string
	from, to string
}

const (
	oneStage = "stage --pipeline own --stage make --run one"
	ownRun   = "finish --pipeline own --run one"
	released = "release --listen 127.0.0.1:0 --pods {endpoint}:1"

	ingested  = "stage --pipeline nightly --stage ingest --run one"
	validated = "stage --pipeline nightly --stage validate --run one"
)

// dutyFlags are what the flags of each duty change.
var dutyFlags = map[string]flagEffect{
	"serve endpoint": {from: "serve --listen $taken --endpoint scoring", to: "serve --listen $taken --endpoint other"},
	"serve listen": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen 256.0.0.1:1"},
	"serve listen-operators": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --listen-operators 256.0.0.1:1"},
	"serve plain-operators": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --plain-operators"},
	"serve tls-cert": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --tls-cert none"},
	"serve tls-key": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --tls-key none"},
	"serve client-ca": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --client-ca none"},
	"serve assigned": {from: "serve --endpoint scoring --listen $taken",
		to: "serve --endpoint scoring --listen $taken --assigned"},
	"release kind":    {from: released, to: released + " --kind statefulset"},
	"release account": {from: released, to: released + " --account $away"},
	"release pods":    {from: released, to: "release --listen 127.0.0.1:0 --pods all"},
	"release listen":  {from: released, to: "release --listen $taken"},
	"run pipeline":    {from: "run --pipeline own", to: "run --pipeline third"},
	"run model":       {from: "run --model none", to: "run --model nobody"},
	"stage pipeline":  {from: oneStage, to: "stage --pipeline third --stage make --run one"},
	"stage model": {from: "stage --model default-risk --stage ingest --run one",
		to: "stage --model none --stage ingest --run one"},
	"stage stage": {from: oneStage, to: "stage --pipeline own --stage use --run one"},
	"stage run":   {from: oneStage, to: "stage --pipeline own --stage make --run two"},
	"stage date":  {from: oneStage + " --date 2026-11-01", to: oneStage + " --date 2026-11-02"},
	"stage due":   {from: oneStage + " --due 2026-11-01T10:00:00Z", to: oneStage + " --due 2026-11-02T10:00:00Z"},
	"stage part":  {first: []string{ingested}, from: validated, to: validated + " --part 0/2"},
	"stage parts": {first: []string{ingested, validated + " --part 0/2"}, from: validated,
		to: validated + " --parts 2"},
	"finish pipeline": {first: []string{oneStage}, from: ownRun, to: "finish --pipeline third --run one"},
	"finish model":    {from: "finish --model default-risk --run one", to: "finish --model none --run one"},
	"finish run":      {first: []string{oneStage}, from: ownRun, to: "finish --pipeline own --run two"},
	"finish status": {first: []string{oneStage, "stage --pipeline own --stage use --run one"}, from: ownRun,
		to: ownRun + " --status Failed"},
	"finish date": {first: []string{oneStage}, from: ownRun + " --date 2026-11-01",
		to: ownRun + " --date 2026-11-02"},
	"finish due": {first: []string{oneStage}, from: ownRun + " --due 2026-11-01T10:00:00Z", to: ownRun +
		" --due 2026-11-02T10:00:00Z"},
	"drift endpoint": {from: "drift --endpoint scoring", to: "drift --endpoint other"},
	"backup to":      {from: "backup --to away", to: "backup --to $away"},
	"backup keep": {first: []string{"backup --to $away", "backup --to $away"}, from: "backup --to $away",
		to: "backup --to $away --keep 1"},
	"retain dry-run": {first: []string{ingested}, from: "retain", to: "retain --dry-run"},
}

// dutyNames are all flags of all duties, as "duty flag".
func dutyNames(root *cobra.Command) (out []string) {
	for _, c := range root.Commands() {
		for _, name := range flags.Of(c) {
			out = append(out, c.Name()+" "+name)
		}
	}
	return out
}

var clockwork = regexp.MustCompile(`\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{12}|"manifest":"[^"]*"|"\w*(_ns|_seconds|_bytes|duration|usage)":(\{[^}]*\}|[0-9.]+)|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)|\d{8}T\d{6}\.\d{9}Z|/tmp/[^ ":,]*|[\d.]+m?s of CPU, [\d.]+ [KMG]iB`)

// seen runs the lines on a ground of its own, and returns what can be seen of
// the last: how it ended, what it printed and logged, and what it made of the
// store.
func seen(t *testing.T, e env, lines ...string) string {
	t.Helper()
	e = maps.Clone(e)
	e["ASHLAR_STORE"], e["ASHLAR_DATABASE"] = t.TempDir(), filepath.Join(t.TempDir(), "registry.db")
	if got := duty(t, e, "migrate"); got.code != plan.ExitOK {
		t.Fatal(got)
	}
	var got ended
	for _, line := range lines {
		got = duty(t, e, strings.Fields(line)...)
		time.Sleep(3 * time.Millisecond) // the retention, and more
	}
	out := fmt.Sprint(got.code, "\n", got.out, got.log)
	err := filepath.WalkDir(e["ASHLAR_STORE"], func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "/locks/") {
			out += strings.TrimPrefix(path, e["ASHLAR_STORE"]) + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return clockwork.ReplaceAllString(out, "CLOCKWORK")
}

// ownStages is a workload with two pipelines of custom stages beside the
// one of a model, whose data is kept for no longer than a moment.
func ownStages(t *testing.T) env {
	t.Helper()
	e, _ := partitioned(t, 2, 2)
	text, err := os.ReadFile(e["ASHLAR_PLAN"])
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d := p.Datasets["applications"]
	d.Retention = "1ms"
	p.Datasets["applications"] = d
	for _, name := range []string{"own", "third"} {
		p.Pipelines[name] = plan.Pipeline{
			Concurrency: plan.Allow, Schedule: "@daily",
			Stages: map[string]plan.Stage{
				"make": {Cmd: []string{"cat params.json > " + name + ".txt"}, Params: []string{"date"},
					Outs: []string{name + ".txt"}},
				"use": {Cmd: []string{"cat " + name + ".txt > used.txt"}, Deps: []string{name + ".txt"},
					Outs: []string{"used.txt"}},
			},
		}
	}
	if text, err = p.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(e["ASHLAR_PLAN"], text, 0o600); err != nil {
		t.Fatal(err)
	}
	return e.with("ASHLAR_CODE", t.TempDir())
}

func TestEveryFlagOfEveryDutyHasAnEffect(t *testing.T) {
	for _, wrong := range flags.Unlisted(dutyNames((&app{}).root()), dutyFlags, "dutyFlags") {
		t.Error(wrong)
	}
	e := ownStages(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for name, f := range dutyFlags {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look := func(last string) string {
				lines := append(slices.Clone(f.first), last)
				away := t.TempDir()
				for i, line := range lines {
					lines[i] = strings.NewReplacer("$taken", l.Addr().String(), "$away", away).Replace(line)
				}
				return seen(t, e, lines...)
			}
			before, after := look(f.from), look(f.to)
			_, flag, _ := strings.Cut(name, " ")
			switch {
			case !strings.Contains(f.to, "--"+flag):
				t.Errorf("its entry does not use the flag: %s", f.to)
			case strings.Contains(before+after, "unknown flag"):
				t.Errorf("the entry is wrong:\n%s", before)
			case before == after:
				t.Errorf("nothing changes from %q to %q:\n%s", f.from, f.to, before)
			case look(f.from) != before:
				t.Errorf("two runs of the same differ, so that nothing was compared:\n%s\n%s", before, look(f.from))
			}
		})
	}
}

func TestTheLawOfFlagsBites(t *testing.T) {
	whole := duties
	defer func() { duties = whole }()
	duties = append(slices.Clone(duties), func(*app) *cobra.Command {
		c := &cobra.Command{Use: "planted", RunE: func(*cobra.Command, []string) error { return nil }}
		c.Flags().String("nothing", "", "")
		return c
	})
	table := maps.Clone(dutyFlags)
	table["serve gone"] = flagEffect{}
	got := strings.Join(flags.Unlisted(dutyNames((&app{}).root()), table, "dutyFlags"), "\n")
	for _, want := range []string{"planted nothing: nothing shows", "serve gone is listed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q goes unnoticed:\n%s", want, got)
		}
	}
	var log said
	if run(context.Background(), []string{"planted", "--nothing", "x"}, env{}.get, &bytes.Buffer{},
		&log); log.String() != "" {
		t.Errorf("the planted duty says %s", log.String())
	}
}
