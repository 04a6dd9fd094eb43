package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ashlar-dev/ashlar/stacks/image"
	"github.com/ashlar-dev/ashlar/templates/dockerfile"
)

// hello is a small static binary for Linux.
func hello(t *testing.T, arch string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "hello")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, "../../stacks/image/testdata/hello")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return out
}

// ashlar runs the command and returns its exit code and what it wrote.
func ashlar(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestAnImageIsBuiltIntoAFileAndPushedFromIt(t *testing.T) {
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	binary, file := hello(t, "amd64"), filepath.Join(t.TempDir(), "runtime.tar")
	code, out, errs := ashlar(t, "image", "build", "--binary", binary, "--out", file, "-o", "json")
	var built struct{ File, Name, Digest, Platform string }
	if err := json.Unmarshal([]byte(out), &built); code != 0 || err != nil || built.File != file ||
		built.Name != "ashlar-runtime:devel" || built.Platform != "linux/amd64" {
		t.Fatalf("%d %s %s %v", code, out, errs, err)
	}
	reference := strings.TrimPrefix(hub.URL, "http://") + "/ashlar-runtime"
	pinned := reference + "@" + built.Digest + "\n"
	if code, out, errs := ashlar(t, "image", "push", reference+":1", "--from", file); code != 0 || out != pinned {
		t.Errorf("from the archive: %d %q %s, want %q", code, out, errs, pinned)
	}
	if code, out, errs := ashlar(t, "image", "push", reference+":1", "--binary", binary); code != 0 || out != pinned ||
		!strings.Contains(errs, "has it already") {
		t.Errorf("from the binary: %d %q %s, want %q", code, out, errs, pinned)
	}
	if _, out, _ := ashlar(t, "image", "build", "--binary", binary, "--out", file); !strings.Contains(out,
		built.Digest) || strings.Count(out, "\n") != 1 {
		t.Errorf("for people: %q", out)
	}
}

func TestArchivesOfSeveralPlatformsArePushedTogether(t *testing.T) {
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	reference := strings.TrimPrefix(hub.URL, "http://") + "/ashlar-runtime:1"
	push := []string{"image", "push", reference, "-o", "json"}
	for _, arch := range []string{"amd64", "arm64"} {
		file := filepath.Join(t.TempDir(), arch+".tar")
		if code, _, errs := ashlar(t, "image", "build", "--binary", hello(t, arch), "--platform", "linux/"+arch,
			"--out", file); code != 0 {
			t.Fatalf("%s: %d %s", arch, code, errs)
		}
		push = append(push, "--from", file)
	}
	code, out, errs := ashlar(t, push...)
	var pushed struct{ Digest string }
	if err := json.Unmarshal([]byte(out), &pushed); code != 0 || err != nil {
		t.Fatalf("%d %s %s %v", code, out, errs, err)
	}
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if digest, _ := index.Digest(); err != nil || len(list.Manifests) != 2 || digest.String() != pushed.Digest {
		t.Errorf("%s is there with %+v, %v", digest, list, err)
	}
	if code, out, errs := ashlar(t, append(push, push[len(push)-2:]...)...); code != 2 ||
		!strings.Contains(out+errs, "two images for linux/arm64") {
		t.Errorf("the same platform twice: %d %s%s", code, out, errs)
	}
}

func TestWrongImageCommandsAreWrongInput(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"build", "--platform", "windows/amd64", "--binary", script}, "use linux/amd64 or linux/arm64"},
		{[]string{"build", "--binary", filepath.Join(dir, "none")}, "no such file"},
		{[]string{"build", "--binary", script}, "not a Linux program"},
		{[]string{"build", "--platform", "linux/amd64,linux/arm64", "--binary", script},
			"use linux/amd64 or linux/arm64"},
		{[]string{"push", "registry.example.com/x:1", "--platform", "linux/amd64,linux/s390x"}, "use linux/amd64 or"},
		{[]string{"push", "registry.example.com/x:1", "--platform", "linux/amd64,linux/arm64", "--binary", script},
			"--binary is of one platform"},
		{[]string{"push"}, "takes one reference"},
		{[]string{"push", "registry.example.com/x"}, "registry/repository:tag"},
		{[]string{"push", "registry.example.com/x:1", "--from", script}, "image archive"},
		{[]string{"push", "registry.example.com/x:1", "--from", script, "--binary", script}, "use one"},
	} {
		code, _, errs := ashlar(t, append([]string{"image"}, c.args...)...)
		if code != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%v: %d %s, want %q", c.args, code, errs, c.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("something was left behind: %v, %v", entries, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if code, _, errs := ashlar(t, "image", "build", "--binary", script); code != 2 ||
		!strings.Contains(errs, "seconds since 1970") {
		t.Errorf("%d %s", code, errs)
	}
}

// TestDockerMakesTheSameImage checks the Dockerfile against what `ashlar image`
// makes.
func TestDockerMakesTheSameImage(t *testing.T) {
	text, err := dockerfile.Runtime{}.Render()
	if err != nil {
		t.Fatal(err)
	}
	port, _, _ := strings.Cut(image.Port, "/")
	for _, want := range []string{"FROM scratch\n", "USER " + image.User + "\n", "EXPOSE " + port + "\n",
		`ENTRYPOINT ["` + image.Entrypoint + `"]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}
