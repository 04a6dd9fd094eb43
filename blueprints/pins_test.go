package blueprints

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func pinOf(n int) plan.Pin {
	d := "sha256:" + strings.Repeat("0", 63) + string(rune('0'+n))
	return plan.Pin{Version: n, Model: d, Data: d, Plan: d, Evidence: d}
}

func TestPinsAreReadAsTheyWereWritten(t *testing.T) {
	want := Pins{"": {"a": pinOf(1)}, "prod": {"a": pinOf(2), "b-c": pinOf(3)}}
	text, err := want.Source("credit")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePins(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v\n%s", got, err, text)
	}
	if again, err := got.Source("credit"); err != nil || string(again) != string(text) {
		t.Errorf("%v\n%s", err, again)
	}
}

func TestPinsAreWhereTheLoaderFindsThem(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("examples/credit")); err != nil {
		t.Fatal(err)
	}
	if none, err := ReadPins(dir); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
	pkg, declared, err := Package(dir)
	if err != nil || pkg != "credit" || !reflect.DeepEqual(declared, []string{"dev", "prod"}) {
		t.Errorf("%q, %v, %v", pkg, declared, err)
	}
	before, err := LoadAllDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Pins{"prod": {"default-risk": pinOf(2)}}.Source(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, PinsFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	plans, err := LoadAllDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if plans["prod"].Pins["default-risk"] != pinOf(2) || len(plans["dev"].Pins) > 0 {
		t.Errorf("prod %v, dev %v", plans["prod"].Pins, plans["dev"].Pins)
	}
	was, _ := before["dev"].Digest()
	if is, err := plans["dev"].Digest(); err != nil || is != was {
		t.Errorf("a pin in prod moved the plan of dev: %v", err)
	}
}

func TestPinsOfOthersAreNotOurs(t *testing.T) {
	for text, want := range map[string]string{
		"package credit\n":                      "was not written by",
		pinsHead + "\npackage c\nx":             "pins.cue",
		pinsHead + strings.Repeat(" ", MaxPins): "larger than",
	} {
		if _, err := ParsePins([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func FuzzParsePins(f *testing.F) {
	text, err := Pins{"prod": {"a": pinOf(2)}}.Source("p")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		pins, err := ParsePins(text)
		if err != nil {
			return
		}
		if _, err := pins.Source("p"); err != nil {
			t.Errorf("%v cannot be written: %v", pins, err)
		}
	})
}
