package delivery

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
)

const (
	namespace  = "apiVersion: v1\nkind: Namespace\nmetadata: {name: credit}\n"
	job        = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, namespace: credit}\n"
	deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: scoring, namespace: credit}\n"
	scaler     = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: scoring, namespace: credit}\n" +
		"spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scoring}}\n"
	zero = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: scoring, namespace: credit}\n" +
		"spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scoring}}\n"
	rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: scoring, namespace: credit}\n" +
		"spec:\n  strategy:\n    canary:\n      stableService: scoring-stable\n      canaryService: scoring-canary\n" +
		"      steps: [{setWeight: 10}, {pause: {duration: 300s}}, {pause: {duration: 60}}]\n"
	webhook = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: w}\n"
)

// manifests are the objects of a bundle.
func manifests(t *testing.T, objects ...string) *bundle.Manifests {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "manifests")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(strings.Join(objects, "---\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := bundle.Read(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// at parses a reference.
func at(t *testing.T, text string) name.Reference {
	t.Helper()
	ref, err := bundle.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

const tagged = "oci://registry.example.com/acme/credit:1.2.0"

// written returns the objects that are written, by kind and name.
func written(t *testing.T, tool, ref string, m *bundle.Manifests, o Options) map[string]bundleObject {
	t.Helper()
	o.Name = "credit"
	text, err := For(tool, at(t, ref), m, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bundleObject{}
	for dec := yaml.NewDecoder(strings.NewReader(string(text))); ; {
		var body map[string]any
		err := dec.Decode(&body)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		one := bundleObject(body)
		out[one.at("kind").(string)+" "+one.at("metadata", "name").(string)] = one
	}
}

// bundleObject is an object that was read back.
type bundleObject map[string]any

// at is the value at a path, nil where there is none.
func (o bundleObject) at(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func TestFluxAppliesAStageWhenTheOneBeforeIsHealthy(t *testing.T) {
	got := written(t, "flux", tagged, manifests(t, namespace, job, deployment), Options{ServiceAccount: "deployer",
		PullSecret: "ghcr"})
	source := got["OCIRepository credit"]
	if source.at("spec", "url") != "oci://registry.example.com/acme/credit" ||
		source.at("spec", "ref", "tag") != "1.2.0" ||
		source.at("metadata", "namespace") != "flux-system" || source.at("spec", "verify") != nil ||
		source.at("spec", "secretRef", "name") != "ghcr" {
		t.Errorf("the source is %v", source)
	}
	before := ""
	for _, stage := range []string{"setup", "migrate", "run"} {
		name := map[string]string{"run": "credit"}[stage]
		if name == "" {
			name = "credit-" + stage
		}
		k := got["Kustomization "+name]
		if k.at("spec", "path") != "./"+stage || k.at("spec", "prune") != true || k.at("spec", "wait") != true ||
			k.at("spec", "serviceAccountName") != "deployer" || k.at("spec", "sourceRef", "name") != "credit" {
			t.Errorf("%s is %v", name, k)
		}
		waits, _ := k.at("spec", "dependsOn").([]any)
		if before == "" != (len(waits) == 0) || before != "" &&
			bundleObject(waits[0].(map[string]any)).at("name") != before {
			t.Errorf("%s waits for %v, want %q", name, waits, before)
		}
		before = name
	}
	if len(got) != 4 {
		t.Errorf("there are %d objects", len(got))
	}
	fewer := written(t, "flux", tagged, manifests(t, namespace, deployment), Options{})
	if fewer["Kustomization credit-migrate"] != nil ||
		fewer["Kustomization credit"].at("spec", "serviceAccountName") != nil {
		t.Errorf("got %v", fewer)
	}
}

func TestFluxVerifiesWithTheKeyThatIsNamed(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bundle.pub")
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := bundle.ReadPublicKey(file)
	if err != nil {
		t.Fatal(err)
	}
	digest := "sha256:" + strings.Repeat("a", 64)
	got := written(t, "flux", "oci://registry.example.com/acme/credit@"+digest,
		manifests(t, namespace), Options{Key: &key,
			Namespace: "team"})
	source, secret := got["OCIRepository credit"], got["Secret credit-verify"]
	if source.at("spec", "verify", "provider") != "cosign" ||
		source.at("spec", "verify", "secretRef", "name") != "credit-verify" ||
		source.at("spec", "ref", "digest") != digest || source.at("spec", "ref", "tag") != nil {
		t.Errorf("the source is %v", source)
	}
	if secret.at("stringData", "bundle.pub") != string(text) || secret.at("metadata", "namespace") != "team" {
		t.Errorf("the key is %v", secret)
	}
}

// routed is a Rollout whose weights are those of requests.
func routed(by string) string {
	return "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: scoring, namespace: credit}\n" +
		"spec: {strategy: {canary: {trafficRouting: {" + by + "}}}}\n"
}

func TestArgoCDIgnoresWhatOtherControllersOwn(t *testing.T) {
	for name, c := range map[string]struct {
		objects []string
		want    []string
	}{
		"nothing": {[]string{namespace, deployment}, nil},
		"an autoscaler": {[]string{deployment, scaler},
			[]string{"apps Deployment credit scoring jsonPointers [/spec/replicas]"}},
		"KEDA's scaler": {[]string{deployment, zero},
			[]string{"apps Deployment credit scoring jsonPointers [/spec/replicas]"}},
		"a rollout": {[]string{rollout}, []string{
			"Service credit scoring-canary jsonPointers [/spec/selector /metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts]",
			"Service credit scoring-stable jsonPointers [/spec/selector /metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts]",
			"argoproj.io Rollout credit scoring jsonPointers [/metadata/annotations/rollout.argoproj.io~1revision]",
		}},
		"weights of Traefik": {[]string{routed("traefik: {weightedTraefikServiceName: scoring}")}, []string{
			"argoproj.io Rollout credit scoring jsonPointers [/metadata/annotations/rollout.argoproj.io~1revision]",
			"traefik.io TraefikService credit scoring jqPathExpressions [.spec.weighted.services[]?.weight]",
		}},
		"weights of a Gateway": {[]string{routed(`plugins: {"argoproj-labs/gatewayAPI": {httpRoute: scoring}}`)}, []string{
			"argoproj.io Rollout credit scoring jsonPointers [/metadata/annotations/rollout.argoproj.io~1revision]",
			"gateway.networking.k8s.io HTTPRoute credit scoring jqPathExpressions [.spec.rules[]?.backendRefs[]?.weight]",
		}},
		"a webhook": {[]string{webhook},
			[]string{"admissionregistration.k8s.io MutatingWebhookConfiguration w jqPathExpressions [.webhooks[]?.clientConfig.caBundle]"}},
	} {
		app := written(t, "argocd", tagged, manifests(t, c.objects...), Options{})["Application credit"]
		var got []string
		rules, _ := app.at("spec", "ignoreDifferences").([]any)
		for _, r := range rules {
			got = append(got, flat(bundleObject(r.(map[string]any))))
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: it ignores\n%q, want\n%q", name, got, c.want)
		}
	}
}

// flat writes a rule as one line.
func flat(rule bundleObject) string {
	var words []string
	for _, name := range []string{"group", "kind", "namespace", "name"} {
		if word, _ := rule.at(name).(string); word != "" {
			words = append(words, word)
		}
	}
	for _, name := range []string{"jsonPointers", "jqPathExpressions"} {
		fields, _ := rule.at(name).([]any)
		var all []string
		for _, f := range fields {
			all = append(all, f.(string))
		}
		if len(all) > 0 {
			words = append(words, name, "["+strings.Join(all, " ")+"]")
		}
	}
	return strings.Join(words, " ")
}

func TestArgoCDAppliesTheBundleOnTheServer(t *testing.T) {
	app := written(t, "argocd", tagged, manifests(t, namespace, deployment), Options{})["Application credit"]
	options, _ := app.at("spec", "syncPolicy", "syncOptions").([]any)
	for _, want := range []string{"ServerSideApply=true", "RespectIgnoreDifferences=true", "ApplyOutOfSyncOnly=true"} {
		if !slices.Contains(options, any(want)) {
			t.Errorf("%s is not among %v", want, options)
		}
	}
	if app.at("spec", "source", "repoURL") != "oci://registry.example.com/acme/credit" ||
		app.at("spec", "source", "targetRevision") != "1.2.0" || app.at("spec", "source", "path") != "." ||
		app.at("metadata", "namespace") != "argocd" {
		t.Errorf("got %v", app)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	m := manifests(t, namespace)
	for want, c := range map[string]struct {
		tool string
		o    Options
	}{
		`"helm": use flux or argocd`:        {"helm", Options{Name: "x"}},
		`name "X_": is not a valid name`:    {"flux", Options{Name: "X_"}},
		"the objects have no name":          {"flux", Options{}},
		"Argo CD does not verify":           {"argocd", Options{Name: "x", Key: &bundle.PublicKey{}}},
		"destinationServiceAccounts":        {"argocd", Options{Name: "x", ServiceAccount: "x"}},
		"argocd repo add URL":               {"argocd", Options{Name: "x", PullSecret: "x"}},
		`service account "a b": is not a v`: {"flux", Options{Name: "x", ServiceAccount: "a b"}},
	} {
		if _, err := For(c.tool, at(t, tagged), m, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
