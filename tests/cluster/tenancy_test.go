//go:build integration

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestTeamsShareACluster deploys repositories of two owners, one of them in two
// environments, with the real engine and the real provider onto the real cluster, all
// from one place of Pulumi's state.
func TestTeamsShareACluster(t *testing.T) {
	p := shared(t)
	a, b := p.team(t, "acme/credit"), p.team(t, "other/credit")
	prod, dev, theirs := a.configured(t, "prod"), a.configured(t, "dev"), b.configured(t, "prod")
	a.up(t, "prod", prod)
	a.up(t, "dev", dev)
	b.up(t, "prod", theirs)
	for name, x := range map[string]*team{"prod": a, "dev": a, "other's": b} {
		if changes := x.preview(t, strings.Replace(name, "other's", "prod", 1)); len(changes) != 0 {
			t.Errorf("a second preview of %s is not empty: %v", name, changes)
		}
	}
	answers := prod.served(t)
	t.Run("edits", func(t *testing.T) { a.edits(t, "prod") })
	t.Run("changes by hand", func(t *testing.T) { a.byHand(t, "prod", prod) })
	t.Run("what is another's", func(t *testing.T) { p.refuses(t, prod) })
	t.Run("the end of one", func(t *testing.T) {
		before := p.traces(t, "acme-credit")
		b.destroy(t, "prod")
		if left := p.traces(t, "other-credit"); len(left) != 0 {
			t.Errorf("the other team left %v", left)
		}
		if after := p.traces(t, "acme-credit"); len(after) < len(before)*9/10 || len(before) < 40 {
			t.Errorf("there were %d objects of acme's, and are %d", len(before), len(after))
		}
		a.destroy(t, "dev")
		if changes := a.preview(t, "prod"); len(changes) != 0 {
			t.Errorf("something of acme's production has gone: %v", changes)
		}
		rows := prod.requests(t, asked)
		now := predictions(t, prod.calling(t, prod.address(t)), rows)
		if strings.Join(now, "") != strings.Join(answers, "") {
			t.Error("acme's endpoint answers otherwise than before")
		}
		a.destroy(t, "prod")
		if left := p.traces(t, "acme-credit"); len(left) != 0 {
			t.Errorf("acme left %v", left)
		}
	})
}

// served trains a model, has it approved, and returns what the endpoint answers.
func (s *site) served(t *testing.T) []string {
	t.Helper()
	s.upload(t, s.server.location())
	s.job(t, pipeline)
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--comment", "reviewed",
		"--registry", s.registry)
	s.becomeReady(t, s.show(t, "--registry", s.registry))
	return predictions(t, s.calling(t, s.address(t)), s.requests(t, asked))
}

// edits changes the blueprint in every way that changes objects: each is carried out,
// and leaves nothing to do.
func (x *team) edits(t *testing.T, env string) {
	for _, edit := range []struct{ name, from, to, touches string }{
		{"replicas", "replicas: min: 3", "replicas: min: 4", "endpoint-scoring"},
		{"schedule", `schedule: "@daily"`, `schedule: "@weekly"`, "pipeline-nightly"},
		{"resources", `schedule: "@weekly"`, `schedule: "@weekly", resources: memory: "3Gi"`, "pipeline-nightly"},
		{"an endpoint more", "	endpoints: scoring: {",
			"	endpoints: second: {model: \"default-risk\", access: public: true, replicas: {min: 1, max: 1}}\n	endpoints: scoring: {",
			"endpoint-second"},
		{"an endpoint less", "	endpoints: second: {model: \"default-risk\", access: public: true, replicas: {min: 1, max: 1}}\n", "",
			"endpoint-second"},
	} {
		t.Run(edit.name, func(t *testing.T) {
			x.edit(t, edit.from, edit.to)
			touched := false
			for _, c := range x.preview(t, env) {
				touched = touched || strings.Contains(c.urn, edit.touches)
				if strings.Contains(c.urn, "Namespace::") {
					t.Errorf("%s %s", c.op, c.urn)
				}
			}
			if !touched {
				t.Errorf("the preview does not show %s", edit.touches)
			}
			x.pulumi(t, "up", "--yes", "--skip-preview", "--stack", env)
			if changes := x.preview(t, env); len(changes) != 0 {
				t.Errorf("a preview after it is not empty: %v", changes)
			}
		})
	}
}

// edit changes the blueprint's file.
func (x *team) edit(t *testing.T, from, to string) {
	t.Helper()
	file := filepath.Join(x.dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("credit.cue does not say %q (%v)", from, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// byHand changes objects behind Pulumi's back: a preview that looks shows each, an
// update puts them right.
func (x *team) byHand(t *testing.T, env string, s *site) {
	for name, c := range map[string]struct {
		args    []string
		touches string
	}{
		"another schedule": {[]string{"patch", "cronjob", pipeline, "--type=merge", "-p",
			`{"spec": {"schedule": "1 1 1 1 1"}}`},
			"pipeline-nightly"},
		"another image": {[]string{"set", "image", "deployment/" + endpoint, "*=" + s.image +
			"-other"}, "endpoint-scoring"},
		"a deleted job": {[]string{"delete", "cronjob", "drift-" + endpoint}, "monitor-scoring"},
		"an opened network": {[]string{"patch", "networkpolicy", "dns", "--type=merge", "-p",
			`{"spec": {"egress": [{}]}}`}, "dns"},
	} {
		t.Run(name, func(t *testing.T) {
			s.must(t, "", append([]string{"-n", s.namespace}, c.args...)...)
			found := false
			changes := x.preview(t, env, "--refresh")
			for _, one := range changes {
				found = found || strings.Contains(one.urn, c.touches)
			}
			if !found {
				t.Errorf("the preview does not show it: %v", changes)
			}
			x.pulumi(t, "up", "--yes", "--skip-preview", "--refresh", "--stack", env)
			if changes := x.preview(t, env, "--refresh"); len(changes) != 0 {
				t.Errorf("a preview after it is not empty: %v", changes)
			}
		})
	}
}

// refuses tells a third team to deploy where another's are, and to clusters that are
// not there.
func (p *platform) refuses(t *testing.T, others *site) {
	c := p.team(t, "third/credit")
	c.configured(t, "prod", "namespace", others.namespace)
	for name, one := range map[string]struct{ key, value, want string }{
		"a namespace":             {"context", p.context, "is managed by stack"},
		"no context of that name": {"context", "nowhere", `no context "nowhere"`},
	} {
		c.pulumi(t, "config", "set", "--stack", "prod", one.key, one.value)
		for _, verb := range [][]string{{"preview"}, {"up", "--yes", "--skip-preview"}} {
			said, err := c.attempt(t, filepath.Join(c.tools, "pulumi"),
				append(verb, "--stack", "prod", "--non-interactive")...)
			if err == nil || !strings.Contains(said, one.want) {
				t.Errorf("%s: %s says (%v)\n%s", name, verb[0], err, said)
			}
		}
	}
	if left := p.traces(t, "third-credit"); len(left) != 0 {
		t.Errorf("what was refused left %v", left)
	}
}

// TestTenTeamsShareACluster: each of ten owners' repositories is deployed beside the
// others, and each goes without a trace in them.
func TestTenTeamsShareACluster(t *testing.T) {
	p := shared(t)
	var teams []*team
	for i := range 10 {
		x := p.team(t, "owner"+strconv.Itoa(i)+"/credit")
		// One node holds ten of them.
		x.edit(t, `resources: cpu: "100m"`, `resources: {cpu: "50m", memory: "128Mi"}`)
		x.up(t, "dev", x.configured(t, "dev"))
		teams = append(teams, x)
	}
	objects := make([]int, len(teams))
	for i, x := range teams {
		if changes := x.preview(t, "dev"); len(changes) != 0 {
			t.Errorf("team %d: a second preview is not empty: %v", i, changes)
		}
		objects[i] = len(p.traces(t, fmt.Sprintf("owner%d-credit", i)))
	}
	for i, x := range teams {
		x.destroy(t, "dev")
		if left := p.traces(t, fmt.Sprintf("owner%d-credit", i)); len(left) != 0 {
			t.Errorf("team %d left %v", i, left)
		}
	}
	t.Logf("the teams had %v objects", objects)
}
