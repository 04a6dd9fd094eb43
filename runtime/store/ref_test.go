package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestRefsAreNamedValues(t *testing.T) {
	for name, location := range map[string]string{"a folder": t.TempDir(), "a bucket": "mem://"} {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t, location), t.Context()
			for _, name := range []string{"runs/m/2", "runs/m/1", "runs/other/1", "runs/a model, é/1"} {
				if err := s.PutRef(ctx, name, []byte(name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.PutRef(ctx, "runs/m/2", []byte("new\nlines")); err != nil {
				t.Fatal(err)
			}
			if b, err := s.GetRef(ctx, "runs/m/2"); string(b) != "new\nlines" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			if b, err := s.GetRef(ctx, "runs/a model, é/1"); string(b) != "runs/a model, é/1" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			if names, err := s.ListRefs(ctx, "runs/m/"); err != nil || strings.Join(names, " ") != "runs/m/1 runs/m/2" {
				t.Errorf("%v, %v", names, err)
			}
			if names, err := s.ListRefs(ctx, "none/"); err != nil || len(names) != 0 {
				t.Errorf("%v, %v", names, err)
			}
			if names, err := s.ListRefs(ctx, ""); err != nil || len(names) != 4 {
				t.Errorf("%v, %v", names, err)
			}
			if err := s.DeleteRef(ctx, "runs/m/2"); err != nil {
				t.Error(err)
			}
			if _, err := s.GetRef(ctx, "runs/m/2"); !errors.Is(err, ErrNotFound) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRefNamesStayInside(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "store"))
	for _, bad := range []string{
		"", "/a", "a/", "..", "../a", "a/../b", "a//b", "a/./b", "a\\b", "a\x00b", "a\nb", "a\u200bb", "\xff",
		"a.ref/b", strings.Repeat("a", 161), strings.Repeat("a/", 300) + "a",
	} {
		if err := s.PutRef(t.Context(), bad, nil); err == nil {
			t.Errorf("%q was taken as a name", bad)
		}
		if _, err := s.GetRef(t.Context(), bad); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("reading %q: %v", bad, err)
		}
		if err := s.DeleteRef(t.Context(), bad); err == nil {
			t.Errorf("deleting %q was taken", bad)
		}
	}
	if _, err := s.ListRefs(t.Context(), "../"); err == nil {
		t.Error("listing beside the store was answered")
	}
	if all := files(t, dir); len(all) > 0 {
		t.Errorf("refused names left %v", all)
	}
}

func TestADamagedRefIsNoValue(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.PutRef(t.Context(), "a", []byte(`{"version":1}`)); err != nil {
		t.Fatal(err)
	}
	file := s.file(refKey("a"))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"edited": bytes.Replace(whole, []byte(`:1}`), []byte(`:2}`), 1), "cut": whole[:len(whole)-1],
		"grown": append(bytes.Clone(whole), '\n'), "without its head": []byte(`{"version":1}`), "empty": nil,
	} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *DamagedError
		if _, err := s.GetRef(t.Context(), "a"); !errors.As(err, &damaged) || damaged.Ref != "a" ||
			!strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.PutRef(t.Context(), "big", make([]byte, MaxRefBytes+1)); err == nil ||
		!strings.Contains(err.Error(), "at most") {
		t.Errorf("a reference beyond the bound: %v", err)
	}
}

func FuzzOpenRef(f *testing.F) {
	f.Add([]byte("ashlar-ref sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, ok := openRef(raw)
		if ok && !bytes.HasSuffix(raw, value) {
			t.Fatalf("%q came out of %q", value, raw)
		}
	})
}

func FuzzRefName(f *testing.F) {
	for _, name := range []string{"runs/credit/1", "../x", "a/../../b", "C:\\x", "a.ref"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if checkRefName(name) != nil {
			return
		}
		base := filepath.FromSlash("/store/refs")
		if p := filepath.Join(base, filepath.FromSlash(name)); !strings.HasPrefix(p, base+string(filepath.Separator)) {
			t.Fatalf("%q leads to %s", name, p)
		}
	})
}

func TestAReferenceThatIsTooLongIsCut(t *testing.T) {
	dir := t.TempDir()
	s, ctx := open(t, dir), t.Context()
	if err := s.PutRef(ctx, "big", []byte("small")); err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("x"), MaxRefBytes+2048) // whole, with the digest that it should have
	long = append([]byte(refMagic+plan.DigestBytes(long)+"\n"), long...)
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(refKey("big"))), long, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() ([]byte, error){
		"GetRef":  func() ([]byte, error) { return s.GetRef(ctx, "big") },
		"PeekRef": func() ([]byte, error) { return s.PeekRef(ctx, "big") },
	} {
		if b, err := read(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s reads %d bytes (%v)", name, len(b), err)
		}
	}
}
