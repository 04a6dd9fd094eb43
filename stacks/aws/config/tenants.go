package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tenant is one of the repositories that deploy to a foundation. Its key is what the
// physical names of its workloads begin with, after the installation and the
// environment: the `name` of its workloads' stacks.
type Tenant struct {
	Repository string   `json:"repository"` // "owner/name"; of GitLab "group/project"
	Namespaces []string `json:"namespaces"` // of its blueprints; the foundation makes them
	Project    string   `json:"project"`    // Pulumi's, which its state is of; empty: the tenant's name
}

// Reserved are the words that the foundation's own roles and buckets have where a
// tenant's names have the tenant: a tenant named so, or with one of them and a dash
// before its name, could change the foundation's.
var Reserved = []string{"aws", "boundary", "ci", "cluster", "data", "ebs", "external", "logs", "migrate", "nodes",
	"system"}

// MaxTenants bounds the boundary of the workloads' roles, in which each has a
// statement: IAM takes 6144 characters.
const MaxTenants = 12

// TenantsOf returns the tenants: those of the config, or the one that
// github.repository or gitlab.repository describes, whose workloads are of the foundation's own project. A
// tenant's name is the Name of its stacks.
func (c Config) TenantsOf(project string) map[string]Tenant {
	if hub := c.Hub(); len(c.Tenants) == 0 && hub.Repository != "" {
		return map[string]Tenant{NameOf(project): {Repository: hub.Repository, Namespaces: hub.Namespaces,
			Project: project}}
	}
	out := maps.Clone(c.Tenants)
	for name, t := range out {
		if t.Project == "" {
			t.Project = name
		}
		out[name] = t
	}
	return out
}

// tenants checks that nobody's names, namespaces and repositories are another's.
func (p *problems) tenants() {
	if !p.foundation() {
		return
	}
	names := sorted(p.cfg.Tenants)
	if g, key := p.cfg.Hub(), p.cfg.HubKey(); len(names) > 0 && (g.Repository != "" || len(g.Namespaces) > 0) {
		p.key(key+".repository", "tenants name the repositories already; move it there as `pulumi config set --path tenants.NAME.repository %s`, and take %s.repository and %s.namespaces out",
			orWord(g.Repository, "owner/name"), key, key)
	}
	if len(names) > MaxTenants {
		p.key("tenants", "%d, and the policy that keeps them apart holds %d; make another foundation", len(names), MaxTenants)
	}
	repositories, namespaces := map[string]string{}, map[string]string{}
	for i, name := range names {
		p.tenant(name, p.cfg.Tenants[name])
		for _, other := range names[i+1:] {
			if strings.HasPrefix(other, name+"-") {
				p.key("tenants", "%s and %s: the names of the one begin with the other's, so that permissions would overlap; rename one", name, other)
			}
		}
		t := p.cfg.Tenants[name]
		p.once("repository", strings.ToLower(t.Repository), name, repositories)
		for _, ns := range t.Namespaces {
			p.once("namespace", ns, name, namespaces)
		}
	}
}

// once reports what two tenants have.
func (p *problems) once(noun, what, name string, seen map[string]string) {
	if other, there := seen[what]; there && what != "" {
		p.key("tenants", "%s %s: both %s and %s have it; give it to one", noun, what, other, name)
	}
	seen[what] = name
}

// tenant checks one alone.
func (p *problems) tenant(name string, t Tenant) {
	at := "tenants." + name
	p.label(at, name, maxNameLength)
	if prefix := p.cfg.Name + "-" + p.cfg.Environment + "-" + name; len(prefix) > maxPrefixLength {
		p.key(at, "%s, which names of buckets begin with, has more than %d characters; choose a shorter name", prefix, maxPrefixLength)
	}
	for _, word := range Reserved {
		if name == word || strings.HasPrefix(name, word+"-") {
			p.key(at, "%s names what is the foundation's own; choose another name", word)
		}
	}
	p.repository(at+".repository", t.Repository, "trust of its roles")
	if len(t.Namespaces) == 0 {
		p.key(at+".namespaces", "name the namespaces that it deploys blueprints to; it may change no other")
	}
	if slices.Contains(t.Namespaces, p.cfg.SystemNamespace()) {
		p.key(at+".namespaces", "%s is the installation's own; leave it out", p.cfg.SystemNamespace())
	}
	for _, ns := range t.Namespaces {
		p.label(at+".namespaces", ns, maxLabelLength)
	}
	if t.Project != "" && !projectForm.MatchString(t.Project) {
		p.key(at+".project", "%q is not the name of a Pulumi project", t.Project)
	}
}

// orWord is the text, or another where it is empty.
func orWord(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// assignTenants reads the tenants' JSON object. What nothing reads is refused: a
// misspelt key would be a permission that is missing or too wide.
func assignTenants(target *map[string]Tenant, text string) error {
	if err := strictly(text, target); err != nil {
		return fmt.Errorf("want an object of NAME: {repository, namespaces, project}: %w", err)
	}
	return nil
}
