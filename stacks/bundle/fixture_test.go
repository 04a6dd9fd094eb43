package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

// rendering is what `ashlar generate manifests` writes for a small blueprint.
func rendering() map[string]string {
	object := func(version, kind, name, wave, more string) string {
		return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata:\n  name: " + name +
			"\n  annotations:\n    argocd.argoproj.io/sync-wave: \"" + wave + "\"\n" + more
	}
	return map[string]string{
		"manifests/kustomization.yaml":           "kind: Kustomization\n",
		"manifests/credit/namespace-credit.yaml": object("v1", "Namespace", "credit", "0", ""),
		"manifests/credit/configmap-plan.yaml": object("v1", "ConfigMap", "plan", "1",
			"    ashlar.dev/plan-digest: sha256:abc\n  labels:\n    app.kubernetes.io/instance: credit-risk\n  namespace: credit\ndata:\n  plan.json: 'echo ${home}'\n"),
		"manifests/credit/job-migrate.yaml": object("batch/v1", "Job", "migrate", "2", "  namespace: credit\n"),
		"manifests/credit/service-scoring.yaml": object("v1", "Service", "scoring", "3",
			"  namespace: credit\nspec:\n  selector: {app: scoring}\n"),
		"manifests/credit/deployment-scoring.yaml": object("apps/v1", "Deployment", "scoring",
			"4", "  namespace: credit\n"),
		"secrets/credit/secret-database.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: database}\nstringData: {url: hunter2}\n",
		".ashlar-render":                      "manifests/credit/job-migrate.yaml\n",
	}
}

// folder writes files into a folder of its own.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700),
			os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// build makes the bundle of the files.
func build(t *testing.T, files map[string]string, o Origin) *Bundle {
	t.Helper()
	m, err := Read(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// content returns the files of the artifact's only layer, and their headers.
func content(t *testing.T, img v1.Image) (map[string]string, []*tar.Header) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	r, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	files, in := map[string]string{}, tar.NewReader(unzipped)
	var headers []*tar.Header
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files, headers
		}
		if err != nil {
			t.Fatal(err)
		}
		headers = append(headers, h)
		if h.Typeflag == tar.TypeReg {
			text, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			files[h.Name] = string(text)
		}
	}
}

// hub is a registry that counts what is written to it.
type hub struct {
	host   string
	writes atomic.Int64
}

func newHub(t *testing.T) *hub {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	h := &hub{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.writes.Add(1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	h.host = strings.TrimPrefix(server.URL, "http://")
	return h
}

// push pushes the bundle and returns where it is.
func (h *hub) push(t *testing.T, b *Bundle) name.Digest {
	t.Helper()
	tag, err := ParseTag("oci://" + h.host + "/acme/credit:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := image.Push(t.Context(), b.Image, tag, nil); err != nil {
		t.Fatal(err)
	}
	return tag.Context().Digest(b.Digest)
}
