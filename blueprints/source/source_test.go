package source

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestWhatHasNoEndIsGivenUpOn(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	err := within("p.cue", 20*time.Millisecond, 1<<40, func() error { <-stop; return nil })
	if err == nil || !strings.Contains(err.Error(), "p.cue: evaluating this takes longer than 20ms; look for") {
		t.Errorf("got %v", err)
	}
	var kept [][]byte
	err = within("p.cue", time.Minute, 8<<20, func() error {
		for range 64 {
			kept = append(kept, make([]byte, 1<<20))
		}
		<-stop
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "more than 8 MiB") {
		t.Errorf("got %v", err)
	}
	if err := Bounded("p.cue", func() error { return errors.New("its own") }); err == nil || err.Error() != "its own" {
		t.Errorf("got %v", err)
	}
	if err := Bounded("p.cue", func() error { panic("boom") }); err == nil ||
		!strings.Contains(err.Error(), "p.cue: evaluating this breaks CUE: boom") {
		t.Errorf("got %v", err)
	}
}

func TestAFolderIsReadWithinBounds(t *testing.T) {
	many, large := fstest.MapFS{}, fstest.MapFS{"a.cue": {Data: []byte("package p\n// " +
		strings.Repeat("x", MaxFileBytes))}}
	for i := range MaxFiles + 1 {
		many[strings.Repeat("a", i+1)+".cue"] = &fstest.MapFile{Data: []byte("package p\n")}
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"too many files": {many, "at most 200 files"},
		"a large file":   {large, "larger than 1048576 bytes; a pack is read by people"},
		"deep brackets":  {fstest.MapFS{"a.cue": {Data: []byte(strings.Repeat("[", 1000))}}, "nested deeper than 200"},
		"two packages": {fstest.MapFS{"a.cue": {Data: []byte("package p\n")}, "b.cue": {Data: []byte("package q\n")}},
			`b.cue:1:1: package "q", but a.cue is package "p"`},
		"an import": {fstest.MapFS{"a.cue": {Data: []byte("package p\nimport \"example.com/x\"\n")}},
			`unknown import "example.com/x"; a pack may import "ashlar.dev/x"`},
		"nothing": {fstest.MapFS{"a.txt": {}}, "this folder contains no pack; make one"},
		"no CUE":  {fstest.MapFS{"a.cue": {Data: []byte("\x00\xff")}}, "does not parse"},
	} {
		r := Reader{Noun: "pack", Imports: []string{"ashlar.dev/x"}, Missing: "make one"}
		_, err := r.Files(c.files, ".")
		var problems Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want it to say %q", name, err, c.want)
		}
	}
	r := Reader{Noun: "pack", Prefix: "packs/", Skip: func(name string) bool { return name == "skip.cue" }}
	files, err := r.Files(fstest.MapFS{"a.cue": {Data: []byte("package p\n")}, "skip.cue": {Data: []byte("{")},
		"_x.cue": {Data: []byte("{")}, ".y.cue": {Data: []byte("{")}}, ".")
	if err != nil || len(files) != 1 || files[0].Filename != "packs/a.cue" {
		t.Errorf("%v, %v", files, err)
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("package p\nimport \"strings\"\na: strings.MinRunes(1)\n")
	f.Add("a: {b: [1, 2]}")
	f.Fuzz(func(t *testing.T, text string) {
		r := Reader{Noun: "pack"}
		if _, err := r.Files(fstest.MapFS{"a.cue": {Data: []byte(text)}}, "."); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
