package config

import (
	"strings"
	"testing"
)

func TestGitLabIsReadAndChecked(t *testing.T) {
	fine := map[string]string{"gitlab": `{"repository":"acme/risk/ml","namespaces":["credit"],"state":"acme-state"}`}
	c, err := readNodes(t, fine)
	if err != nil || c.GitLab.Host != "gitlab.com" || c.GitLab.Branch != "main" || c.HubKey() != "gitlab" ||
		c.Hub().State != "acme-state" {
		t.Fatalf("%+v, %v", c.GitLab, err)
	}
	if got := c.TenantsOf("ashlar")["ashlar"]; got.Repository != "acme/risk/ml" {
		t.Errorf("the only tenant is %+v", got)
	}
	for text, want := range map[string]string{
		`{"repository":"acme","namespaces":["a"]}`:                                "gitlab.repository: \"acme\": write it as",
		`{"repository":"acme/*","namespaces":["a"]}`:                              "write it as group/project",
		`{"repository":"acme/ml:ref_type:branch:ref:x","namespaces":["a"]}`:       "write it as group/project",
		`{"repository":"acme/ml","namespaces":["a"],"host":"https://gitlab.com"}`: "config gitlab.host",
		`{"repository":"acme/ml","namespaces":["a"],"branch":"*"}`:                "config gitlab.branch",
		`{"repository":"acme/ml"}`:                                                "config gitlab.namespaces",
		`{"repository":"acme/ml","namespaces":["a"],"state":"s3://x"}`:            "config gitlab.state",
	} {
		if _, err := readNodes(t, map[string]string{"gitlab": text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", text, err, want)
		}
	}
	both := map[string]string{"gitlab": fine["gitlab"], "github.repository": "acme/ml", "github.namespaces": "a"}
	if _, err := readNodes(t, both); err == nil || !strings.Contains(err.Error(), "github is set too") {
		t.Errorf("both: %v", err)
	}
	tenants := map[string]string{"gitlab.host": "gitlab.example.com",
		"tenants": `{"shop":{"repository":"acme/risk/ml","namespaces":["a"]}}`}
	if _, err := readNodes(t, tenants); err != nil {
		t.Errorf("tenants of GitLab: %v", err)
	}
	tenants["gitlab.repository"] = "acme/ml"
	if _, err := readNodes(t, tenants); err == nil || !strings.Contains(err.Error(), "take gitlab.repository") {
		t.Errorf("named twice: %v", err)
	}
}
