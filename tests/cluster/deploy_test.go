//go:build integration

package cluster

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// The example that runs, and its concepts.
const (
	example     = "blueprints/examples/credit"
	environment = "prod" // where people must approve
	model       = "default-risk"
	pipeline    = "nightly"
	endpoint    = "scoring"
	dataset     = "data/credit_data.csv"

	serving = "app.kubernetes.io/component=endpoint,app.kubernetes.io/name=" + endpoint
)

// site is the example on the cluster.
type site struct {
	ground
	argo              bool   // Argo's controllers roll out and run pipelines
	name              string // of the stack
	namespace, system string // of the workloads, and of what the installation itself runs
	registry          string // URL of the database, with its schema
	server            *gateway
	manifests         string // the folder that was rendered
	key               string // of a caller; "": calling makes it
}

// deploy renders the example for servers of its own and applies it. Nothing is
// there at first that the README does not tell a platform engineer to bring:
// the image, the two servers, and a Secret with the keys of one.
func deploy(t *testing.T, g ground, argo bool) *site {
	t.Helper()
	s := deployOf(t, g, example, argo)
	s.upload(t, s.server.location())
	return s
}

// deployOf is deploy of a blueprint's folder, whose data somebody else brings, with
// more config as KEY=VALUE.
func deployOf(t *testing.T, g ground, dir string, argo bool, pairs ...string) *site {
	t.Helper()
	s := renderOf(t, g, dir, argo, pairs...)
	s.bring(t, s.server.keys)
	s.must(t, "", append([]string{"apply"}, s.applied()...)...)
	return s
}

// renderOf renders a blueprint's folder for servers of its own.
func renderOf(t *testing.T, g ground, dir string, argo bool, pairs ...string) *site {
	t.Helper()
	id := "proof-" + strings.ToLower(rand.Text()[:6])
	s := &site{
		ground: g, argo: argo, name: id,
		namespace: id + "-credit", system: id + "-" + environment + "-system",
		registry: inSchema(t, g.database(t), config.SchemaOf(id, environment)), manifests: t.TempDir(),
	}
	s.server = g.server(t)
	s.render(t, dir, pairs...)
	return s
}

// render renders a blueprint's folder as this site, in the place of what was rendered
// before.
func (s *site) render(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	delivery, pipelines := config.DeliveryDeployment, config.PipelinesCronJob
	if s.argo {
		delivery, pipelines = config.DeliveryRollout, config.PipelinesArgo
	}
	args := []string{"render", "--out", s.manifests, "--secrets", "--env", environment,
		"--layer", config.LayerWorkloads,
		"--provider", config.ProviderKubernetes,
		"--config", "name=" + s.name, "--config", "namespace=" + s.namespace, "--config", "image=" + s.image,
		"--config", "delivery=" + delivery,
		"--config", "pipelines=" + pipelines, "--config", "storeUrl=" + s.server.location(), "--config",
		"databaseUrl=" + s.registry}
	for _, one := range pairs {
		args = append(args, "--config", one)
	}
	s.command(t, s.stack, append(args, dir)...)
}

// load builds the runtime's image as people do, brings it to the node and
// returns its name.
func (g ground) load(t *testing.T) string {
	t.Helper()
	name, archive := "proof.test/ashlar-runtime:"+strings.ToLower(rand.Text()[:12]),
		filepath.Join(t.TempDir(), "runtime.tar")
	g.command(t, g.ashlar, "image", "build", "--out", archive, "--name", name)
	g.command(t, g.loader, "load", archive)
	return name
}

// command runs a program in the checkout and returns what it printed.
func (g ground) command(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := g.try(t, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func (g ground) try(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = g.root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *site) folder(name string) string { return filepath.Join(s.manifests, name) }

// applied are the arguments by which kubectl takes all that was rendered.
func (s *site) applied() []string {
	return []string{"--server-side", "--field-manager=ashlar", "-k", s.folder("manifests")}
}

// bring brings the namespaces, then what is secret. What is rendered goes when the test
// ends, whoever applied it.
func (s *site) bring(t *testing.T, k keys) {
	t.Helper()
	t.Cleanup(func() {
		s.explain(t, s.system)
		s.explain(t, s.namespace)
		// Policies belong to no namespace. The test's context has ended by now.
		if out, err := exec.Command(s.kubectl, "delete", "-k", s.folder("manifests"), "--ignore-not-found",
			"--timeout=180s").CombinedOutput(); err != nil {
			t.Errorf("clean up: %v\n%s", err, out)
		}
	})
	for _, n := range []string{s.namespace, s.system} {
		s.must(t, "", "apply", "--server-side", "--field-manager=ashlar", "-f",
			filepath.Join(s.folder("manifests"), n, "namespace-"+n+".yaml"))
	}
	s.must(t, "", "-n", s.namespace, "create", "secret", "generic", "ashlar-store",
		"--from-literal=AWS_ACCESS_KEY_ID="+k.id, "--from-literal=AWS_SECRET_ACCESS_KEY="+k.secret)
	s.must(t, "", "apply", "--server-side", "--field-manager=ashlar", "-k", s.folder("secrets"))
}

// upload brings the dataset to where the pipeline's pod is told that it is.
func (s *site) upload(t *testing.T, store string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.root, example, dataset))
	if err != nil {
		t.Fatal(err)
	}
	place, query, _ := strings.Cut(store, "?")
	upload(t, place+s.within()+"/data/applications?"+query, dataset, content)
}

// within is the blueprint's folder in the store.
func (s *site) within() string { return "/" + s.name + "/" + environment + "/credit-risk" }

// migrated waits for the database to have its schema.
func (s *site) migrated(t *testing.T) {
	t.Helper()
	s.must(t, "", "-n", s.system, "wait", "--for=condition=Complete", "--timeout=180s", "job", "-l",
		"app.kubernetes.io/component=migrate")
}

// version is what the registry holds of a version, as the CLI prints it.
type version struct {
	Model, Status, Author string
	Version               int
	ModelDigest           string `json:"model_digest"`
	PlanDigest            string `json:"plan_digest"`
}

// show asks a registry for the first version of the model.
func (g ground) show(t *testing.T, where ...string) (v version) {
	t.Helper()
	text := g.command(t, g.ashlar, append([]string{"model", "show", model, "1", "--output", "json"}, where...)...)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// patience is for what a loaded machine may take with what starts a pod.
const patience = 5 * time.Minute
