package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// reporting puts an ashlar-stack on PATH that finds what is written to the file that is
// returned. Of --env dev it says that there is none.
func reporting(t *testing.T) (report func(findings ...drift.Finding)) {
	t.Helper()
	bin := t.TempDir()
	file := filepath.Join(bin, "report.json")
	write(t, filepath.Join(bin, "ashlar-stack"),
		"#!/bin/sh\n[ \"$2\" != --env=dev ] || { echo no such environment >&2; exit 2; }\ncat '"+file+"'\n")
	if err := os.Chmod(filepath.Join(bin, "ashlar-stack"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func(findings ...drift.Finding) {
		text, err := json.Marshal(drift.Report{Findings: findings, Compared: 2,
			Notes: []string{"Job n/j is not compared"}})
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, string(text))
	}
}

var (
	port = drift.Finding{Object: "Service n/s", Path: "spec.type", Change: drift.Changed, Expected: `"ClusterIP"`,
		Found: `"NodePort"`, By: "kubectl-edit", At: "2026-11-30T10:00:00Z",
		Class: drift.Security, Why: "w", Advice: "a"}
	note = drift.Finding{Object: "Service n/s", Path: "metadata.labels.x", Change: drift.Added, Found: `"y"`,
		Class: drift.Benign, Why: "w", Advice: "a"}
)

func TestDriftIsToldByItsExitCode(t *testing.T) {
	report := reporting(t)
	for name, c := range map[string]struct {
		found []drift.Finding
		flags string
		code  int
		says  string
	}{
		"none":           {nil, "", 0, "2 objects compared: 0 findings"},
		"benign":         {[]drift.Finding{note}, "", 0, "Only benign ones: the exit code is 0."},
		"security":       {[]drift.Finding{port, note}, "", 1, `"ClusterIP" -> "NodePort"`},
		"another class":  {[]drift.Finding{port}, "--class cost,data", 0, "0 findings"},
		"the same class": {[]drift.Finding{port, note}, "--class security", 1, "1 finding (1 security)"},
	} {
		t.Run(name, func(t *testing.T) {
			report(c.found...)
			var out, errw bytes.Buffer
			code := run(t.Context(), append([]string{"drift"}, strings.Fields(c.flags)...), closed{}, &out, &errw)
			if code != c.code || !strings.Contains(out.String(), c.says) ||
				!strings.Contains(errw.String(), "note: Job n/j is not compared") {
				t.Errorf("exit code %d, want %d\n%s%s", code, c.code, out.String(), errw.String())
			}
		})
	}
}

func TestDriftAsJSON(t *testing.T) {
	reporting(t)(port, note)
	var out, errw bytes.Buffer
	code := run(t.Context(), []string{"drift", "--output", "json"}, closed{}, &out, &errw)
	var got drift.Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != 1 ||
		len(got.Findings) != 2 || got.Findings[0] != port {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, out.String(), errw.String())
	}
}

func TestWrongInputOfDrift(t *testing.T) {
	reporting(t)
	for line, want := range map[string]string{
		"--class safety":             "use security, data, cost or benign",
		"--env dev":                  "no such environment",
		"--issue --repo acme/shop/x": "want owner/name",
	} {
		var out, errw bytes.Buffer
		code := run(t.Context(), append([]string{"drift"}, strings.Fields(line)...), closed{}, &out, &errw)
		if code != 2 || !strings.Contains(errw.String(), want) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, out.String(), errw.String())
		}
	}
}

func TestAPreviewIsClassified(t *testing.T) {
	const text = `{"steps": [{"op": "update", "urn": "urn:pulumi:p::a::aws:iam/role:Role::ci", "newState": {"type": "aws:iam/role:Role"},
		"detailedDiff": {"assumeRolePolicy": {"kind": "update"}}}]}`
	file := filepath.Join(t.TempDir(), "preview.json")
	write(t, file, text)
	for at, in := range map[string]string{"-": text, file: ""} {
		var out, errw bytes.Buffer
		code := run(t.Context(), []string{"drift", "--preview", at}, strings.NewReader(in), &out, &errw)
		if code != 1 || !strings.Contains(out.String(), "1 finding (1 security)") {
			t.Errorf("%s: exit code %d\n%s%s", at, code, out.String(), errw.String())
		}
	}
	for line, want := range map[string]string{"--preview gone.json": "gone.json",
		"--preview - .": "leave the folders out",
		"--preview -":   "give it the output of"} {
		var out, errw bytes.Buffer
		if code := run(t.Context(), append([]string{"drift"}, strings.Fields(line)...), strings.NewReader("x"), &out,
			&errw); code != 2 || !strings.Contains(errw.String(), want) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, out.String(), errw.String())
		}
	}
}

func TestDriftKeepsOneIssue(t *testing.T) {
	report := reporting(t)
	hub := githubtest.New(t)
	t.Setenv("GITHUB_TOKEN", githubtest.Token)
	drifts := func(want string, found ...drift.Finding) {
		t.Helper()
		report(found...)
		var out, errw bytes.Buffer
		run(t.Context(), []string{"drift", "--env", "prod", "--issue", "--repo", "acme/shop",
			"--api", hub.URL}, closed{},
			&out, &errw)
		if !strings.Contains(out.String(), "issue "+want) {
			t.Errorf("want the issue %s\n%s%s", want, out.String(), errw.String())
		}
	}
	drifts("unchanged", note) // a label alone opens none
	drifts("created", port, note)
	drifts("unchanged", port, note)
	if text := hub.Issues()["Configuration drift in prod"]; !strings.Contains(text, "`Service n/s`") ||
		!strings.Contains(text, "2 findings (1 security, 1 benign)") {
		t.Errorf("the issue says\n%s", text)
	}
	drifts("updated", port)
	drifts("closed")
	if len(hub.OpenIssues()) > 0 {
		t.Errorf("open: %v", hub.OpenIssues())
	}
}
