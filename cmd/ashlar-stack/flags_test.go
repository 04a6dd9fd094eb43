package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/tests/flags"
)

// flagEffect are two command lines that must end differently; $out is a folder
// of their own.
type flagEffect struct{ from, to string }

const (
	onAWS   = "render --out $out/a --config-file ../../Pulumi.dev.yaml ../../blueprints/examples/credit"
	onOther = "render --out $out/a --env dev --provider kubernetes --config image=registry.example.com/runtime:1.0.0 --config storeUrl=s3://models/ashlar?region=eu-central-1 " +
		"--config databaseUrl=postgres://u:secret@db.example.com:5432/ashlar ../../blueprints/examples/credit"
)

// stackFlags are what the flags change, by "verb flag".
var stackFlags = map[string]flagEffect{
	"render out":         {onOther, onOther + " --out $out/b"},
	"render env":         {onOther, onOther + " --env prod"},
	"render layer":       {onAWS, onAWS + " --layer foundation"},
	"render provider":    {onOther, onOther + " --provider aws"},
	"render config":      {onOther, onOther + " --config namespace=loans"},
	"render config-file": {onAWS, onAWS + " --config-file ../../Pulumi.prod.yaml"},
	"render values":      {onAWS, onAWS + " --values $values"},
	"render only":        {onAWS, onAWS + " --only manifests"},
	"render start-date": {onOther + " --config pipelines=argo --only airflow --start-date 2026-11-01", onOther +
		" --config pipelines=argo --only airflow --start-date 2026-11-02"},
	"render secrets": {onOther, onOther + " --secrets"},

	"drift env":         {driftOther, driftOther + " --env prod"},
	"drift layer":       {driftAWS, driftAWS + " --layer foundation"},
	"drift provider":    {driftOther, driftOther + " --provider aws"},
	"drift config":      {driftOther, driftOther + " --config namespace=loans"},
	"drift config-file": {driftAWS, driftAWS + " --config-file ../../Pulumi.prod.yaml"},
	"drift values":      {driftAWS, driftAWS + " --values $values"},
	"drift context":     {driftOther, driftOther + " --context other"},

	"preview stack": {onNoRevision, onNoRevision + " --stack nowhere"},
	"preview base":  {onNoRevision, onNoRevision + " --base nothing"},
	"preview all":   {onNoRevision, onNoRevision + " --all"},

	"adopt env":         {adoptOther, adoptOther + " --env prod"},
	"adopt provider":    {adoptOther, adoptOther + " --provider aws"},
	"adopt config":      {adoptOther, adoptOther + " --config namespace=loans"},
	"adopt config-file": {adoptAWS, adoptAWS + " --config-file ../../Pulumi.prod.yaml"},
	"adopt values":      {adoptAWS, adoptAWS + " --values none.json"},
	"adopt context":     {adoptOther, adoptOther + " --context other"},
}

// The clusters of both contexts are doubles: see deployed.
var (
	driftAWS   = strings.Replace(onAWS, "render --out $out/a", "drift --context it", 1)
	adoptAWS   = strings.Replace(onAWS, "render --out $out/a", "adopt --context it", 1)
	driftOther = strings.Replace(onOther, "render --out $out/a", "drift --context it", 1)
)

// onNoRevision ends with the same error whatever the work tree has.
const onNoRevision = "preview --stack dev --base no-revision"

// stackFlagNames are all flags of all verbs, as "verb flag".
func stackFlagNames(root *cobra.Command) (out []string) {
	for _, c := range append(root.Commands(), root) {
		for _, name := range flags.Of(c) {
			if name := strings.TrimPrefix(c.CommandPath()+" "+name, "ashlar-stack "); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// seen runs the line and returns how it ended, what it said and what it wrote.
func seen(t *testing.T, line, values string) string {
	t.Helper()
	out := t.TempDir()
	code, said := command(t, strings.Fields(strings.NewReplacer("$out", out, "$values", values).Replace(line))...)
	text := fmt.Sprint(code, "\n", strings.ReplaceAll(said, out, "OUT"))
	all := files(t, out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text += "-- " + name + "\n" + all[name]
	}
	return text
}

// valuesFor are values for what the manifests of a rendering on AWS leave open.
func valuesFor(t *testing.T) string {
	t.Helper()
	open := regexp.MustCompile(`\$\{(\w+)\}`).FindStringSubmatch(seen(t, onAWS+" --only manifests", ""))
	if open == nil {
		t.Fatal("no manifest leaves a value open")
	}
	file := filepath.Join(t.TempDir(), "values.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, `{%q: {"value": "something-known"}}`, open[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEveryFlagHasAnEffect(t *testing.T) {
	for _, wrong := range flags.Unlisted(stackFlagNames(newRoot(io.Discard, io.Discard)), stackFlags, "stackFlags") {
		t.Error(wrong)
	}
	values := valuesFor(t)
	deployed(t, onAWS)
	pulumiDouble(t)
	for name, f := range stackFlags {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := seen(t, f.from, values), seen(t, f.to, values)
			_, flag, _ := strings.Cut(name, " ")
			switch {
			case !strings.Contains(f.to, "--"+flag+" ") && !strings.HasSuffix(f.to, "--"+flag):
				t.Errorf("its entry does not use the flag: %s", f.to)
			case strings.Contains(before+after, "unknown flag"):
				t.Errorf("the entry is wrong:\n%s", before)
			case before == after:
				t.Errorf("nothing changes from %q to %q", f.from, f.to)
			case seen(t, f.from, values) != before:
				t.Error("two runs of the same differ, so that nothing was compared")
			}
		})
	}
}

func TestTheLawOfFlagsBites(t *testing.T) {
	root := newRoot(io.Discard, io.Discard)
	planted := &cobra.Command{Use: "planted", RunE: func(*cobra.Command, []string) error { return nil }}
	planted.Flags().String("nothing", "", "")
	root.AddCommand(planted)
	table := maps.Clone(stackFlags)
	table["render gone"] = flagEffect{}
	got := strings.Join(flags.Unlisted(stackFlagNames(root), table, "stackFlags"), "\n")
	for _, want := range []string{"planted nothing: nothing shows", "render gone is listed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q goes unnoticed:\n%s", want, got)
		}
	}
}
