package render

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteRemovesWhatAnEarlierRenderingLeftAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "manifests", "mine.yaml")
	if err := Write(dir, Everything, Files{"manifests/a.yaml": []byte("a"),
		"secrets/b.yaml": []byte("b")}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "secrets", "b.yaml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a secret is readable by others: %v %v", info, err)
	}
	if err := Write(dir, Everything, Files{"manifests/c.yaml": []byte("c")}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"manifests/a.yaml": false, "secrets/b.yaml": false,
		"manifests/c.yaml": true, "manifests/mine.yaml": true} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != want {
			t.Errorf("%s is there: %t", path, err == nil)
		}
	}
}

func TestOneKindIsWrittenBesideAnother(t *testing.T) {
	dir := t.TempDir()
	for kind, files := range map[string]Files{Manifests: {"manifests/a.yaml": nil, "main.tf.json": nil},
		Terraform: {"manifests/b.yaml": nil, "main.tf.json": nil}} {
		if err := Write(dir, kind, files); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]bool{"manifests/a.yaml": true, "manifests/b.yaml": false, "main.tf.json": true} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != want {
			t.Errorf("%s is there: %t", path, err == nil)
		}
	}
	if err := Write(dir, Manifests, Files{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "main.tf.json")); err != nil {
		t.Error("rendering manifests removed Terraform's file")
	}
	if _, err := os.Stat(filepath.Join(dir, "manifests", "a.yaml")); err == nil {
		t.Error("a manifest that is no longer rendered is still there")
	}
}

func TestWriteRemovesNothingOutsideItsFolder(t *testing.T) {
	outer := t.TempDir()
	victim, dir := filepath.Join(outer, "victim"), filepath.Join(outer, "out")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{victim: "v",
		filepath.Join(dir, listFile): "../victim\n" + victim + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(dir, Everything, Files{"a": []byte("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(victim); err != nil {
		t.Error("a list that was tampered with made it remove another's file")
	}
}
