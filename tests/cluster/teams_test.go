//go:build integration

package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// pulumiTools are what a team deploys with, all of them the real ones.
var pulumiTools = []string{"pulumi", "pulumi-language-go", "pulumi-resource-kubernetes"}

// platform is what teams share: a cluster, a place of Pulumi's state, an S3 server and a
// database, in which each stack has a schema.
type platform struct {
	ground
	tools    string // the folder of pulumiTools
	state    string
	server   *gateway
	database string // its URL, as its owner
	context  string // of the kubeconfig
}

// shared makes a platform; the test is skipped, saying why, where a part is missing.
func shared(t *testing.T) *platform {
	t.Helper()
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	for _, name := range pulumiTools {
		if _, err := os.Stat(filepath.Join(tools, name)); err != nil {
			t.Skipf("skipped: there is no %s in ASHLAR_TEST_TOOLS; `make teams` builds it", name)
		}
	}
	g := find(t)
	return &platform{ground: g, tools: tools, state: t.TempDir(), server: g.server(t), database: g.database(t),
		context: strings.TrimSpace(g.must(t, "", "config", "current-context"))}
}

// team is a repository of an owner's with a blueprint, as `ashlar init` writes it.
type team struct {
	*platform
	dir string
	env []string
}

// team makes the repository of a team, "owner/name".
func (p *platform) team(t *testing.T, repository string) *team {
	t.Helper()
	x := &team{platform: p, dir: filepath.Join(t.TempDir(), filepath.Base(repository))}
	x.env = append(os.Environ(), "GITHUB_REPOSITORY="+repository,
		"PATH="+p.tools+string(os.PathListSeparator)+os.Getenv("PATH"), "PULUMI_HOME="+t.TempDir(),
		"PULUMI_BACKEND_URL=file://"+p.state, "PULUMI_CONFIG_PASSPHRASE=correct horse", "PULUMI_SKIP_UPDATE_CHECK=1")
	x.run(t, p.ashlar, "init", x.dir, "--example", "credit")
	if err := errors.Join(os.Mkdir(filepath.Join(x.dir, "bin"), 0o700),
		os.Symlink(p.stack, filepath.Join(x.dir, "bin", "ashlar-stack"))); err != nil {
		t.Fatal(err)
	}
	// A new version's pod stands beside those before it, and the node has two cores for
	// the pods of all teams.
	const strategy = "strategy: canary: steps:"
	file := filepath.Join(x.dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), strategy) {
		t.Fatalf("%v: the example's strategy is another now:\n%s", err, text)
	}
	text = []byte(strings.Replace(string(text), strategy, "resources: cpu: \"100m\"\n\t\t"+strategy, 1))
	if err := os.WriteFile(file, text, 0o600); err != nil { //nolint:gosec // a test's own folder
		t.Fatal(err)
	}
	return x
}

// attempt runs a program in the repository, and returns what it printed.
func (x *team) attempt(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	if cmd.Dir = x.dir; args[0] == "init" {
		cmd.Dir = t.TempDir()
	}
	cmd.Env = x.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String() + errs.String(), err
	}
	return out.String(), nil
}

func (x *team) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	said, err := x.attempt(t, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, said)
	}
	return said
}

func (x *team) pulumi(t *testing.T, args ...string) string {
	t.Helper()
	return x.run(t, filepath.Join(x.tools, "pulumi"), append(args, "--non-interactive")...)
}

// configured makes a stack of an environment, and the config that the repository's README
// says.
func (x *team) configured(t *testing.T, env string, more ...string) *site {
	t.Helper()
	s := &site{ground: x.ground, server: x.server}
	x.pulumi(t, "stack", "init", env)
	pairs := append([]string{"environment", env, "provider", "kubernetes", "context", x.context, "image", x.image,
		"storeUrl", x.server.location(), "storeAccessKeyId", x.server.keys.id,
		"storeSecretAccessKey", x.server.keys.secret, "databaseUrl", x.database}, more...)
	for i := 0; i < len(pairs); i += 2 {
		args := []string{"config", "set", "--stack", env, pairs[i], pairs[i+1]}
		if pairs[i] == "databaseUrl" || pairs[i] == "storeSecretAccessKey" {
			args = append(args, "--secret")
		}
		x.pulumi(t, args...)
	}
	return s
}

// up deploys the stack, and says where it is.
func (x *team) up(t *testing.T, env string, s *site) {
	t.Helper()
	x.pulumi(t, "up", "--yes", "--skip-preview", "--stack", env)
	var out struct{ Namespaces map[string]string }
	if err := json.Unmarshal([]byte(x.pulumi(t, "stack", "output", "--json", "--stack", env)), &out); err != nil {
		t.Fatal(err)
	}
	s.namespace = out.Namespaces["credit-risk"]
	s.name = strings.TrimSuffix(s.namespace, "-credit-risk-"+env)
	s.system, s.registry = s.name+"-"+env+"-system", inSchema(t, x.database, config.SchemaOf(s.name, env))
	t.Cleanup(func() {
		s.explain(t, s.system)
		s.explain(t, s.namespace)
	})
}

// change is a step of a preview that is no "same".
type change struct{ op, urn string }

// preview returns what an up would change, but for the stack itself. A look at what
// there is changes nothing.
func (x *team) preview(t *testing.T, env string, more ...string) []change {
	t.Helper()
	text := x.pulumi(t, append([]string{"preview", "--json", "--stack", env}, more...)...)
	var plan struct {
		Steps []struct{ Op, URN string }
	}
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out []change
	for _, s := range plan.Steps {
		if !slices.Contains([]string{"same", "read", "refresh"}, s.Op) && !strings.Contains(s.URN, "pulumi:pulumi:Stack::") {
			out = append(out, change{s.Op, s.URN})
		}
	}
	return out
}

// destroy takes the stack down.
func (x *team) destroy(t *testing.T, env string) {
	t.Helper()
	x.pulumi(t, "state", "unprotect", "--all", "--yes", "--stack", env)
	x.pulumi(t, "destroy", "--yes", "--skip-preview", "--stack", env)
}

// traces are the objects that the cluster has of a tenant: those that say so in any
// namespace, and whatever of the cluster's own carries its name.
func (g ground) traces(t *testing.T, tenant string) []string {
	t.Helper()
	kinds := func(namespaced string) string {
		all := strings.Fields(g.must(t, "", "api-resources", "--verbs=list", "--namespaced="+namespaced, "-o", "name"))
		return strings.Join(slices.DeleteFunc(all,
			func(kind string) bool { return strings.HasPrefix(kind, "events") }), ",")
	}
	labelled := g.must(t, "", "get", kinds("true"), "--all-namespaces", "-l", "ashlar.dev/tenant="+tenant, "-o", "name",
		"--ignore-not-found")
	whole := strings.Fields(g.must(t, "", "get", kinds("false"), "-o", "name", "--ignore-not-found"))
	return append(strings.Fields(labelled), slices.DeleteFunc(whole, func(name string) bool {
		return !strings.Contains(name, "/"+tenant+"-")
	})...)
}
