package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

var amd64 = Platform{"linux", "amd64"}

// hello compiles the smallest program, with flags of the test's choice.
func hello(t *testing.T, p Platform, flags ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "hello")
	args := append([]string{"build", "-o", out, "-trimpath"}, flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./testdata/hello")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Arch)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	binary, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func build(t *testing.T, binary []byte) v1.Image {
	t.Helper()
	built, err := Build(Config{Binary: binary, Platform: amd64})
	if err != nil {
		t.Fatal(err)
	}
	return built.Image
}

func digestOf(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

// file is a file of the image as a container would see it.
type file struct {
	header  *tar.Header
	content []byte
}

// files are all files of the image by path.
func files(t *testing.T, img v1.Image) map[string]file {
	t.Helper()
	r := mutate.Extract(img)
	defer r.Close()
	out := map[string]file{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		out["/"+h.Name] = file{h, content}
	}
}

func saved(t *testing.T, img v1.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Save(&out, img, "ashlar-runtime:test"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
