package architecture

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite NOTICE")

const noticeHead = `Ashlar
Copyright the Ashlar authors

Ashlar is licensed under the Apache License 2.0, see LICENSE. Its programs contain
the modules below, each under its own licence, the text of which is in the module.
What modules ask to be passed on follows the list.

`

// licences are told apart by words that only their texts have.
var licences = []struct{ name, words string }{
	{"Apache-2.0", `Apache License,? Version 2\.0`},
	{"MPL-2.0", `Mozilla Public License,? [Vv]ersion 2\.0`},
	{"ISC", `Permission to use, copy, modify, and(/or)? distribute this software for any`},
	{"BSD-3-Clause", `Redistribution and use in source and binary forms.*(Neither|neither|names? of (its|the) |may not be used to endorse)`},
	{"BSD-2-Clause", `Redistribution and use in source and binary forms`},
	{"Unlicense", `This is free and unencumbered software released into the public domain`},
	{"MIT", `Permission is hereby granted, free of charge, to any person obtaining a copy`},
}

// declared are modules without a file of their licence, and where they say it.
var declared = map[string]string{
	"github.com/mattn/go-localereader": "MIT", // its README
}

// TestNoticeNamesEveryLicence: what the programs contain, by the files that are
// built, and under which licence.
func TestNoticeNamesEveryLicence(t *testing.T) {
	want := notice(t)
	file := filepath.Join("..", "..", "NOTICE")
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("NOTICE is not what the programs contain; `make golden` rewrites it: look at the licences that are new")
	}
}

func notice(t *testing.T) []byte {
	t.Helper()
	modules := contained(t)
	var list, asked strings.Builder
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		name, text := licenceOf(t, modules[path])
		if name = cmp.Or(name, declared[path]); name == "" {
			t.Errorf("%s: no licence was found in %s", path, modules[path])
		}
		fmt.Fprintf(&list, "    %-14s %s\n", name, path)
		if text != "" {
			fmt.Fprintf(&asked, "\n-- %s\n\n%s\n", path, strings.TrimSpace(text))
		}
	}
	return []byte(noticeHead + list.String() + asked.String())
}

// contained are the modules that the programs are built of, and their folders.
func contained(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f",
		`{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}`, "./cmd/...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	modules := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if path, dir, ok := strings.Cut(line, " "); ok {
			modules[path] = dir
		}
	}
	if len(modules) < 50 {
		t.Fatalf("only %d modules were found", len(modules))
	}
	return modules
}

// licenceOf is the name of the module's licence, and what its NOTICE asks to be
// passed on.
func licenceOf(t *testing.T, dir string) (name, notice string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		licence := strings.HasPrefix(upper, "LICENSE") || strings.HasPrefix(upper, "LICENCE") ||
			strings.HasPrefix(upper, "COPYING")
		if e.IsDir() || !licence && !strings.HasPrefix(upper, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !licence {
			notice = strings.ReplaceAll(string(text), "\r", "")
			continue
		}
		oneLine := strings.Join(strings.Fields(string(text)), " ")
		for _, l := range licences {
			if name == "" && regexp.MustCompile(l.words).MatchString(oneLine) {
				name = l.name
			}
		}
	}
	return name, notice
}
