package bundle

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

func TestABundleHasAFolderForEachStage(t *testing.T) {
	files, _ := content(t, build(t, rendering(), Origin{}).Image)
	want := []string{
		"kustomization.yaml", "migrate/credit/job-migrate.yaml", "migrate/kustomization.yaml",
		"run/credit/deployment-scoring.yaml", "run/credit/service-scoring.yaml", "run/kustomization.yaml",
		"setup/credit/configmap-plan.yaml", "setup/credit/namespace-credit.yaml", "setup/kustomization.yaml",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("it has\n%q, want\n%q", got, want)
	}
	for name, want := range map[string]string{
		"kustomization.yaml":       "resources:\n  - setup\n  - migrate\n  - run\n",
		"setup/kustomization.yaml": "resources:\n  - credit/namespace-credit.yaml\n  - credit/configmap-plan.yaml\n",
		"run/kustomization.yaml":   "resources:\n  - credit/service-scoring.yaml\n  - credit/deployment-scoring.yaml\n",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s is\n%s, want\n%s", name, files[name], want)
		}
	}
	for name, text := range files {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s holds a secret", name)
		}
		if original := rendering()["manifests/"+name[strings.Index(name, "/")+1:]]; !strings.HasSuffix(name,
			"kustomization.yaml") && text != original {
			t.Errorf("%s is not what was rendered:\n%s", name, text)
		}
	}
}

func TestAStageWithoutObjectsHasNoFolder(t *testing.T) {
	given := rendering()
	delete(given, "manifests/credit/job-migrate.yaml")
	m, err := Read(folder(t, given))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(m, Origin{})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := content(t, b.Image)
	if text := files["kustomization.yaml"]; !strings.Contains(text, "- setup\n  - run\n") || len(m.Stages()) != 2 {
		t.Errorf("stages %v:\n%s", m.Stages(), text)
	}
}

// Flux takes the first layer and unpacks a gzipped tar. Argo CD 3.1 and later wants
// exactly one layer of a type of its list, which this one is on by default.
func TestTheArtifactIsOfTheTypesThatFluxAndArgoCDTake(t *testing.T) {
	b := build(t, rendering(), Origin{})
	m, err := b.Image.Manifest()
	if err != nil || len(m.Layers) != 1 ||
		m.Layers[0].MediaType != "application/vnd.oci.image.layer.v1.tar+gzip" ||
		m.MediaType != "application/vnd.oci.image.manifest.v1+json" ||
		m.Config.MediaType != "application/vnd.oci.image.config.v1+json" {
		t.Errorf("%+v, %v", m, err)
	}
	_, headers := content(t, b.Image)
	var names []string
	for _, h := range headers {
		names = append(names, h.Name)
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(time.Unix(0, 0)) || h.Mode&0o7022 != 0 {
			t.Errorf("%s differs between machines: %+v", h.Name, h)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %q", names)
	}
}

func TestTheSameManifestsGiveTheSameDigest(t *testing.T) {
	o := Origin{Source: "https://github.com/acme/ml", Revision: "c0ffee", Created: time.Unix(1700000000, 0)}
	first := build(t, rendering(), o)
	if second := build(t, rendering(), o); first.Digest != second.Digest {
		t.Errorf("%s and %s", first.Digest, second.Digest)
	}
	changed := rendering()
	changed["manifests/credit/service-scoring.yaml"] += "  type: ClusterIP\n"
	if b := build(t, changed, o); b.Digest == first.Digest {
		t.Error("another Service has the same digest")
	}
	o.Revision = "decaf"
	if b := build(t, rendering(), o); b.Digest == first.Digest {
		t.Error("another commit has the same digest")
	}
}

func TestTheAnnotationsSayWhereItComesFrom(t *testing.T) {
	b := build(t, rendering(), Origin{Source: "https://github.com/acme/ml", Revision: "c0ffee",
		Created: time.Unix(1700000000, 0)})
	want := map[string]string{
		"org.opencontainers.image.source":   "https://github.com/acme/ml",
		"org.opencontainers.image.revision": "c0ffee",
		"org.opencontainers.image.created":  "2023-11-14T22:13:20Z",
		"dev.ashlar.plan.credit-risk":       "sha256:abc",
	}
	if !maps.Equal(b.Annotations, want) {
		t.Errorf("got %v, want %v", b.Annotations, want)
	}
	if b := build(t, rendering(), Origin{}); len(b.Annotations) != 1 {
		t.Errorf("nothing is known of the origin, and it says %v", b.Annotations)
	}
}

func TestAPushedBundleIsTheOneThatWasBuiltAndIsNotSentTwice(t *testing.T) {
	h := newHub(t)
	b := build(t, rendering(), Origin{Revision: "c0ffee"})
	d := h.push(t, b)
	there, err := remote.Image(d)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := content(t, there)
	ours, _ := content(t, b.Image)
	m, err := there.Manifest()
	if err != nil || !maps.Equal(files, ours) || m.Annotations["org.opencontainers.image.revision"] != "c0ffee" {
		t.Errorf("%v, %v", m, err)
	}
	before := h.writes.Load()
	tag, err := ParseTag("oci://" + h.host + "/acme/credit:1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := image.Push(t.Context(), build(t, rendering(), Origin{Revision: "c0ffee"}).Image, tag, nil)
	if err != nil || !again.Already || h.writes.Load() != before {
		t.Errorf("%+v with %d writes, %v", again, h.writes.Load()-before, err)
	}
}

func TestWhereABundleIsIsSaidInFull(t *testing.T) {
	for _, bad := range []string{"", "oci://", "registry.example.com/acme/credit:1", "http://registry.example.com/a:1",
		"https://registry.example.com/a:1", "oci://registry.example.com/acme/credit", "oci://credit:1",
		"oci://registry.example.com/UPPER:1"} {
		if _, err := ParseTag(bad); err == nil || !strings.Contains(err.Error(), "oci://registry/repository:tag") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, secret := range []string{"oci://ci:hunter2@registry.example.com/a:1",
		"https://ci:hunter2@registry.example.com/a:1",
		"ci:hunter2@registry.example.com/a:1"} {
		if _, err := Parse(secret); err == nil || strings.Contains(err.Error(), "hunter2") ||
			!strings.Contains(err.Error(), "docker login") {
			t.Errorf("%q: %v", secret, err)
		}
	}
	if _, err := ParseTag("oci://registry.example.com/a@sha256:" + strings.Repeat("a", 64)); err == nil {
		t.Error("a digest is pushed to")
	}
	for _, good := range []string{"oci://registry.example.com/a@sha256:" + strings.Repeat("a", 64),
		"oci://registry.example.com/acme/credit:1.2.0"} {
		if _, err := Parse(good); err != nil {
			t.Error(err)
		}
	}
}
