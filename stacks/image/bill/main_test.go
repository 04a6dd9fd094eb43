package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatHasNoBillIsRefused(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes_v1")
	if err := os.WriteFile(text, []byte("not a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "name the programs"},
		{[]string{text}, 1, "notes does not say what it was built from"},
		{[]string{text + ".missing"}, 1, "notes_v1.missing"},
	} {
		var errw bytes.Buffer
		if code := run(c.args, &errw); code != c.code || !strings.Contains(errw.String(), c.want) {
			t.Errorf("bill %q: exit code %d, %s", c.args, code, errw.String())
		}
	}
	if _, err := os.Stat(text + ".cdx.json"); err == nil {
		t.Error("a bill was written")
	}
}

func TestABillIsBesideItsProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "tool_v1.0.0_linux_amd64")
	if err := os.WriteFile(program, binary, 0o600); err != nil {
		t.Fatal(err)
	}
	var errw bytes.Buffer
	if code := run([]string{program}, &errw); code != 0 {
		t.Fatalf("exit code %d: %s", code, errw.String())
	}
	bill, err := os.ReadFile(program + ".cdx.json")
	if err != nil || !strings.Contains(string(bill), `"name": "tool"`) ||
		!strings.Contains(string(bill), "github.com/google/renameio/v2") {
		t.Errorf("%v\n%s", err, bill)
	}
}
