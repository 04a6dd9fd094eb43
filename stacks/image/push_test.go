package image

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// hub is a registry that counts what is written to it and may want a login.
type hub struct {
	host   string
	writes atomic.Int64
}

func newHub(t *testing.T, user, password string) *hub {
	t.Helper()
	h := &hub{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); user != "" && (u != user || p != password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.writes.Add(1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	h.host = strings.TrimPrefix(server.URL, "http://")
	return h
}

// dockerConfig is what `docker login` leaves behind.
func dockerConfig(t *testing.T, content string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
}

func TestAPushedImageIsTheOneThatWasBuilt(t *testing.T) {
	dockerConfig(t, `{}`)
	h := newHub(t, "", "")
	img := build(t, hello(t, amd64))
	tag, err := ParseReference(h.host + "/team/ashlar-runtime:1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	var last, total int64
	got, err := Push(t.Context(), img, tag, func(d, of int64) { last, total = d, of })
	if err != nil || got.Already || last != total || total == 0 {
		t.Fatalf("%+v, %d of %d bytes, %v", got, last, total, err)
	}
	there, err := remote.Image(tag)
	if err != nil {
		t.Fatal(err)
	}
	if d := digestOf(t, there); d != got.Digest || got.Pinned != h.host+"/team/ashlar-runtime@"+d {
		t.Errorf("%s is there, %+v was said", d, got)
	}
	before := h.writes.Load()
	again, err := Push(t.Context(), img, tag, nil)
	if err != nil || !again.Already || h.writes.Load() != before {
		t.Errorf("again: %+v with %d writes, %v", again, h.writes.Load()-before, err)
	}
}

func TestAnIndexHasAnImageForEachPlatform(t *testing.T) {
	dockerConfig(t, `{}`)
	h := newHub(t, "", "")
	arm := Platform{"linux", "arm64"}
	one := build(t, hello(t, amd64))
	other, err := Build(Config{Binary: hello(t, arm), Platform: arm})
	if err != nil {
		t.Fatal(err)
	}
	index, err := Together([]v1.Image{other.Image, one})
	if err != nil {
		t.Fatal(err)
	}
	turned, err := Together([]v1.Image{one, other.Image})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := index.Digest()
	if second, _ := turned.Digest(); first != second {
		t.Errorf("in another order it is %s, and was %s", second, first)
	}
	tag, err := ParseReference(h.host + "/team/ashlar-runtime:1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Push(t.Context(), index, tag, nil)
	if err != nil || got.Digest != first.String() {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, p := range []Platform{amd64, arm} {
		there, err := remote.Image(tag, remote.WithPlatform(v1.Platform{OS: p.OS, Architecture: p.Arch}))
		if err != nil {
			t.Fatal(err)
		}
		file, err := there.ConfigFile()
		if err != nil || file.Architecture != p.Arch {
			t.Errorf("a node of %s gets %+v, %v", p, file, err)
		}
	}
	before := h.writes.Load()
	if again, err := Push(t.Context(), index, tag, nil); err != nil || !again.Already || h.writes.Load() != before {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := Together([]v1.Image{one, one}); err == nil ||
		!strings.Contains(err.Error(), "two images for linux/amd64") {
		t.Errorf("twice the same platform: %v", err)
	}
	if _, err := Together([]v1.Image{one}); err == nil {
		t.Error("one image is an index")
	}
}

func TestThePushLogsInAsDockerDoes(t *testing.T) {
	h := newHub(t, "ci", "s3cr3t")
	img := build(t, hello(t, amd64))
	tag, err := ParseReference(h.host + "/ashlar-runtime:1")
	if err != nil {
		t.Fatal(err)
	}
	dockerConfig(t, `{}`)
	if _, err := Push(t.Context(), img, tag, nil); err == nil || !strings.Contains(err.Error(), "push to "+h.host) {
		t.Errorf("without a login: %v", err)
	}
	dockerConfig(t, `{"auths":{"`+h.host+`":{"username":"ci","password":"wrong-s3cr3t"}}}`)
	if _, err := Push(t.Context(), img, tag, nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("with a wrong password: %v", err)
	}
	dockerConfig(t, `{"auths":{"`+h.host+`":{"username":"ci","password":"s3cr3t"}}}`)
	if _, err := Push(t.Context(), img, tag, nil); err != nil {
		t.Error(err)
	}
}

func TestWhereToPushIsSaidInFull(t *testing.T) {
	for _, bad := range []string{"", "ashlar-runtime", "registry.example.com/ashlar-runtime",
		"registry.example.com/UPPER:1", "registry.example.com/x@sha256:" + strings.Repeat("a", 64)} {
		if _, err := ParseReference(bad); err == nil || !strings.Contains(err.Error(), "registry/repository:tag") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if tag, err := ParseReference("123456789012.dkr.ecr.eu-west-1.amazonaws.com/ashlar-runtime:v1.2.0"); err != nil ||
		tag.TagStr() != "v1.2.0" {
		t.Errorf("%v, %v", tag, err)
	}
}

func TestARegistryThatIsNotThereIsNamed(t *testing.T) {
	dockerConfig(t, `{}`)
	tag, err := ParseReference("127.0.0.1:1/x:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Push(t.Context(), build(t, hello(t, amd64)), tag, nil); err == nil ||
		!strings.Contains(err.Error(), "push to 127.0.0.1:1/x:1") {
		t.Errorf("got %v", err)
	}
}
