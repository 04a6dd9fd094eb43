package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const object = "apiVersion: v1\nkind: %s\nmetadata: {name: x, namespace: credit}\n%s"

func TestWhatABundleMayNotHoldIsRefusedWithAllThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a Secret": {fmt.Sprintf(object, "Secret", "stringData: {a: hunter2}\n"),
			"Secret credit/x: whoever may pull a bundle"},
		"an open value": {fmt.Sprintf(object, "Service", "spec: {a: ['${database_host}:1']}\n"),
			"the values of database_host are open"},
		"no kind":         {"apiVersion: v1\nmetadata: {name: x}\n", "no apiVersion, kind or metadata.name"},
		"a list":          {"apiVersion: v1\nkind: List\nitems: []\n", "no apiVersion, kind or metadata.name"},
		"a wave of words": {"apiVersion: v1\nkind: Service\nmetadata: {name: x, annotations: {argocd.argoproj.io/sync-wave: last}}\n", "write a whole number"},
		"an object twice": {fmt.Sprintf(object, "Service", "---\n"+
			fmt.Sprintf(object, "Service", "")), "keep one of them"},
		"text that is no YAML": {"a: [", "manifests/credit/bad.yaml"},
		"another text":         {"- a\n", "manifests/credit/bad.yaml"},
		"a kustomization":      {"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}\n", "kustomizations of its own"},
		"too much":             {"#" + strings.Repeat("x", maxFile), "2 MiB"},
	} {
		files := rendering()
		files["manifests/credit/bad.yaml"] = c.text
		files["manifests/credit/README"] = "not a manifest"
		_, err := Read(folder(t, files))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if name != "too much" && !strings.Contains(fmt.Sprint(err), "manifests/credit/README") {
			t.Errorf("%s: the other fault is missing: %v", name, err)
		}
	}
}

func TestAFolderWithoutManifestsIsRefused(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := Read(dir); err == nil {
			t.Errorf("%s has manifests", dir)
		}
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte(fmt.Sprintf(object, "Service", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := folder(t, rendering())
	if err := os.Symlink(secret, filepath.Join(dir, "manifests", "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil ||
		!strings.Contains(err.Error(), "manifests/link.yaml: is not a regular .yaml file") {
		t.Errorf("got %v", err)
	}
}

// What somebody puts beside the rendered manifests is in the bundle, with its wave.
func TestObjectsOfOthersGetTheWaveOfTheirKind(t *testing.T) {
	files := rendering()
	files["manifests/credit/external.yaml"] = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: database, namespace: credit}\n---\n" +
		"apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: credit}\n"
	got, _ := content(t, build(t, files, Origin{}).Image)
	for name, want := range map[string]string{
		"setup/credit/external.yaml": `argocd.argoproj.io/sync-wave: "1"`,
		"run/credit/external.2.yaml": `argocd.argoproj.io/sync-wave: "3"`,
		"setup/kustomization.yaml":   "- credit/external.yaml\n",
		"run/kustomization.yaml":     "- credit/external.2.yaml\n",
	} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s is\n%s, want %q", name, got[name], want)
		}
	}
}

func TestTwoFilesOfOnePlaceAreRefused(t *testing.T) {
	files := rendering()
	files["manifests/a.yaml"] = fmt.Sprintf(object, "Service", "")
	files["manifests/a.yml"] = fmt.Sprintf(object, "Ingress", "")
	m, err := Read(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(m, Origin{}); err == nil || !strings.Contains(err.Error(), "rename one of them") {
		t.Errorf("got %v", err)
	}
}
