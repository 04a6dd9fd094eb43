package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/standing"
)

// stood puts an ashlar-stack on PATH that answers with the report that is set, to `adopt`
// alone.
func stood(t *testing.T) (answer func(standing.Report)) {
	t.Helper()
	bin := t.TempDir()
	file := filepath.Join(bin, "report.json")
	write(t, filepath.Join(bin, "ashlar-stack"), "#!/bin/sh\n[ \"$1\" = adopt ] || exit 3\ncat '"+file+"'\n")
	if err := os.Chmod(filepath.Join(bin, "ashlar-stack"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func(r standing.Report) {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, string(text))
	}
}

// shop is what some of stands; no namespace is somebody else's.
func shop() standing.Report {
	return standing.Report{Context: "prod", Objects: []standing.Object{
		{Version: "v1", Kind: "Namespace", Name: "shop", Action: standing.Import},
		{Version: "v1", Kind: "Service", Namespace: "shop", Name: "scoring", Action: standing.Apply},
		{Version: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "scoring", Action: standing.Create}}}
}

func TestAdoptShowsWhatStandsAndChangesNothing(t *testing.T) {
	stood(t)(shop())
	file := filepath.Join(t.TempDir(), "Pulumi.prod.yaml")
	write(t, file, "config:\n  ashlar:environment: prod\n")
	var out, errw bytes.Buffer
	code := run(t.Context(), []string{"adopt", "--config-file", file}, closed{}, &out, &errw)
	for _, want := range []string{"import", "Namespace shop", "apply", "Service shop/scoring",
		"3 objects in prod: 1 to import, 1 to apply, 1 to create", "To import them: --write"} {
		if code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("exit code %d, want %q in\n%s%s", code, want, out.String(), errw.String())
		}
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "adopt") {
		t.Errorf("the config was written although nobody asked: %s, %v", text, err)
	}
}

func TestAdoptWritesTheConfigWhereAnythingStands(t *testing.T) {
	answer := stood(t)
	file := filepath.Join(t.TempDir(), "Pulumi.prod.yaml")
	adopt := func(r standing.Report, more ...string) (code int, out, config string) {
		t.Helper()
		answer(r)
		write(t, file, "# ours\nconfig:\n  shop:environment: prod\n")
		var said, errw bytes.Buffer
		code = run(t.Context(), append([]string{"adopt", "--config-file", file, "--write"}, more...), closed{}, &said, &errw)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return code, said.String() + errw.String(), string(text)
	}
	code, said, config := adopt(shop())
	if code != 0 || config != "# ours\nconfig:\n  shop:adopt: \"true\"\n  shop:environment: prod\n" ||
		!strings.Contains(said, "adopt is true in "+file) {
		t.Errorf("exit code %d\n%s\n%s", code, said, config)
	}
	nothing := shop()
	for i := range nothing.Objects {
		nothing.Objects[i].Action = standing.Create
	}
	if code, said, config := adopt(nothing); code != 0 || strings.Contains(config, "adopt") ||
		!strings.Contains(said, "Nothing stands") {
		t.Errorf("nothing stands, and: exit code %d\n%s\n%s", code, said, config)
	}
	foreign := shop()
	foreign.Problems = []string{"namespace shop is managed by stack other/prod"}
	code, said, _ = adopt(foreign, "--output", "json")
	var got struct {
		standing.Report
		Written string
	}
	if err := json.Unmarshal([]byte(said), &got); err != nil || code != 1 || got.Written != file ||
		len(got.Problems) != 1 || len(got.Objects) != 3 {
		t.Errorf("exit code %d, %v\n%s", code, err, said)
	}
}

func TestWrongInputOfAdopt(t *testing.T) {
	stood(t)(shop())
	odd := filepath.Join(t.TempDir(), "Pulumi.odd.yaml")
	write(t, odd, "config: {}\n")
	for line, want := range map[string]string{
		"--write":                               "name it by --config-file",
		"--write --config-file " + odd:          "run `pulumi config set adopt true`",
		"--write --config-file gone.yaml":       "gone.yaml",
		"--layer foundation":                    "unknown flag: --layer",
		"--writ --config-file Pulumi.prod.yaml": "did you mean \"--write\"",
	} {
		var out, errw bytes.Buffer
		if code := run(t.Context(), append([]string{"adopt"}, strings.Fields(line)...), closed{}, &out, &errw); code == 0 ||
			!strings.Contains(errw.String(), want) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, out.String(), errw.String())
		}
	}
}
