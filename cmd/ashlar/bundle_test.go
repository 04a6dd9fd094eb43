package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// stackDouble is the head of a program that renders two objects which tell what flags the
// rendering was given, but not its folders. What follows is for other calls.
const stackDouble = `#!/bin/sh
if [ "$1" = render ]; then
	for word in "$@"; do case $word in --out=*) out=${word#--out=};; --*) told="$told $word";; esac; done
	mkdir -p "$out/manifests"
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: told}\ndata: {told: "%s"}\n' "$told" >"$out/manifests/told.yaml"
	printf 'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: told}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "%s"}}\n' "$told" >"$out/manifests/scaler.yaml"
	echo "1 file in $out"
	exit
fi
`

// bundleFiles are two renderings and two pairs of keys, by path.
func bundleFiles(t *testing.T) map[string]string {
	t.Helper()
	const object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: p}\n"
	out := map[string]string{"deploy/manifests/e.yaml": fmt.Sprintf(object, "e"),
		"deploy2/manifests/f.yaml": "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: f}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: f}}\n"}
	for _, name := range []string{"bundle", "other"} {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		a, err1 := x509.MarshalPKCS8PrivateKey(private)
		b, err2 := x509.MarshalPKIXPublicKey(public)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		out[name+".key"] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a}))
		out[name+".pub"] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}))
	}
	return out
}

// bundleWorld is a folder with those files and a registry.
func bundleWorld(t *testing.T) (dir, url string) {
	t.Helper()
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SOURCE_DATE_EPOCH", "")
	dir = t.TempDir()
	for name, text := range bundleFiles(t) {
		write(t, filepath.Join(dir, name), text)
	}
	return dir, "oci" + strings.TrimPrefix(hub.URL, "http") + "/acme/credit"
}

func TestABundleIsPushedSignedAndVerified(t *testing.T) {
	dir, url := bundleWorld(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	git(t, dir, "init", "-q", "-b", "main", "--template=")
	write(t, in(".gitignore"), "*.key\n")
	git(t, dir, "remote", "add", "origin", "https://ci:hunter2@github.com/acme/ml.git")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "Begin")
	push := []string{"bundle", "push", url + ":1", "--from", in("deploy"), "--key", in("bundle.key"), "-o", "json"}
	var first, second pushedBundle
	for i, into := range []*pushedBundle{&first, &second} {
		code, out, errs := ashlar(t, push...)
		if err := json.Unmarshal([]byte(out), into); code != 0 || err != nil || errs != "" {
			t.Fatalf("push %d: %d %s %s %v", i, code, out, errs, err)
		}
	}
	if first.Already || !second.Already || !first.Signed || first.Digest != second.Digest || first.Objects != 1 ||
		first.Pinned != url+"@"+first.Digest {
		t.Errorf("first %+v, then %+v", first, second)
	}
	if a := first.Annotations; a["org.opencontainers.image.source"] != "https://github.com/acme/ml.git" ||
		len(a["org.opencontainers.image.revision"]) != 40 ||
		a["org.opencontainers.image.created"] != "2026-11-01T00:00:00Z" {
		t.Errorf("annotations are %v", a)
	}
	code, out, errs := ashlar(t, push[:len(push)-2]...)
	if code != 0 || out != first.Pinned+"\n" || !strings.Contains(errs, "nothing to push") {
		t.Errorf("for people: %d %q %q", code, out, errs)
	}
	code, out, errs = ashlar(t, "bundle", "verify", url+":1", "--key", in("bundle.pub"))
	if code != 0 || out != first.Pinned+"\n" || !strings.Contains(errs, "github.com/acme/ml") {
		t.Errorf("verify: %d %q %q", code, out, errs)
	}
	code, _, errs = ashlar(t, "bundle", "verify", first.Pinned, "--key", in("other.pub"))
	if code != 1 || !strings.Contains(errs, "has no signature of this key") {
		t.Errorf("verify with another key: %d %q", code, errs)
	}
	write(t, in("p.cue"), "package p\n")
	code, out, errs = ashlar(t, push[:len(push)-2]...)
	if code != 0 || out == first.Pinned+"\n" || !strings.Contains(errs, "the work tree differs from commit") {
		t.Errorf("from a changed work tree: %d %q %q", code, out, errs)
	}
}

func TestBlueprintsAreRenderedForABundle(t *testing.T) {
	dir, url := bundleWorld(t)
	tools := t.TempDir()
	write(t, filepath.Join(tools, "ashlar-stack"), stackDouble)
	if err := os.Chmod(filepath.Join(tools, "ashlar-stack"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TMPDIR", t.TempDir())
	write(t, filepath.Join(dir, "p.cue"), sound)
	code, out, errs := ashlar(t, "bundle", "push", url+":1", dir, "--env", "prod", "--config", "a=b")
	if code != 0 || !strings.HasPrefix(out, url+"@sha256:") || strings.Count(out, "\n") != 1 ||
		!strings.Contains(errs, "rendering the manifests") {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
	write(t, filepath.Join(tools, "ashlar-stack"), "#!/bin/sh\necho wrong config >&2\nexit 2\n")
	if code, out, errs := ashlar(t, "bundle", "push", url+":2", dir); code != 2 || out != "" ||
		!strings.Contains(errs, "wrong config") {
		t.Errorf("a rendering that is refused: %d %q %q", code, out, errs)
	}
}

func TestWrongBundleCommandsAreWrongInput(t *testing.T) {
	dir, url := bundleWorld(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv("PATH", t.TempDir())
	write(t, in("wrong/manifests/s.yaml"),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}\n")
	write(t, in("b/p.cue"), sound)
	write(t, in("c/p.cue"), strings.Replace(sound, `target: "y"`, `targt: "y"`, 1))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"push"}, "takes the address of a bundle"},
		{[]string{"push", "registry.example.com/a:1", "--from", in("deploy")}, "oci://registry/repository:tag"},
		{[]string{"push", "oci://ci:hunter2@registry.example.com/a:1", "--from", in("deploy")}, "docker login"},
		{[]string{"push", url + ":1", in("b"), "--from", in("deploy")}, "the manifests are there already"},
		{[]string{"push", url + ":1", "--env", "prod", "--from", in("deploy")}, "the manifests are there already"},
		{[]string{"push", url + ":1", "--from", in("none")}, "no such file"},
		{[]string{"push", url + ":1", "--from", in("wrong")}, "Secret s: whoever may pull a bundle"},
		{[]string{"push", url + ":1", "--from", in("deploy"), "--key", in("bundle.pub")}, "unencrypted key in PKCS#8"},
		{[]string{"push", url + ":1", in("b")}, "ashlar-stack, which renders manifests"},
		{[]string{"push", url + ":1", in("c")}, "targt"},
		{[]string{"verify"}, "takes one address"},
		{[]string{"verify", url + ":1"}, "--key FILE is missing"},
		{[]string{"verify", url + ":1", "--key", in("bundle.key")}, "it takes PUBLIC KEY"},
		{[]string{"verify", url + ":1", "--key", in("bundle.pub")}, "bundle " + strings.TrimPrefix(url, "oci://")},
	} {
		code, out, errs := ashlar(t, append([]string{"bundle"}, c.args...)...)
		if code != 2 || !strings.Contains(errs, c.want) || strings.Contains(out+errs, "hunter2") {
			t.Errorf("%v: %d %q %s, want %q", c.args, code, out, errs, c.want)
		}
	}
}

func TestADeliveryIsWrittenForAPushedBundle(t *testing.T) {
	dir, url := bundleWorld(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	generate := []string{"generate", "delivery", url + ":1", "--from", in("deploy")}
	code, out, errs := ashlar(t, append(generate, "--for", "flux", "--key", in("bundle.pub"))...)
	if code != 0 || !strings.Contains(out, "name: credit\n") || !strings.Contains(out, "provider: cosign") ||
		!strings.Contains(out, "path: ./run") || errs != "" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	code, out, errs = ashlar(t, append(generate, "--for", "argocd", "--out", in("app.yaml"), "-o", "json")...)
	text, err := os.ReadFile(in("app.yaml"))
	if code != 0 || err != nil || !strings.Contains(string(text), "kind: Application") ||
		!strings.Contains(out, `"name": "credit"`) {
		t.Errorf("%d %s %s %s %v", code, out, errs, text, err)
	}
	for want, args := range map[string][]string{
		`--for "": use flux or argocd`: nil, "Argo CD does not verify": {"--for", "argocd", "--key", in("bundle.pub")},
		"it takes PUBLIC KEY": {"--for", "flux", "--key", in("bundle.key")},
		"is not a valid name": {"--for", "flux", "--name", "A"},
	} {
		if code, _, errs := ashlar(t, append(generate, args...)...); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: %d %s, want %q", args, code, errs, want)
		}
	}
	code, _, errs = ashlar(t, "generate", "delivery")
	if code != 2 || !strings.Contains(errs, "takes the address of a bundle") {
		t.Errorf("without an address: %d %s", code, errs)
	}
}
