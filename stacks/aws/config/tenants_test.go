package config

import (
	"reflect"
	"strings"
	"testing"
)

func withTenants(text string) (Config, error) {
	return Read(map[string]string{"ashlar:layer": "foundation", "ashlar:environment": "prod",
		"aws:region": "eu-central-1", "ashlar:tenants": text}, "platform", "foundation-prod")
}

func TestTenantsAreRead(t *testing.T) {
	c, err := withTenants(`{"acme-credit":{"repository":"acme/credit","namespaces":["credit-risk"]},` +
		`"acme-churn":{"repository":"acme/churn","namespaces":["churn"],"project":"Churn"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(nil, c); err != nil {
		t.Fatal(err)
	}
	if got := c.TenantsOf("platform"); len(got) != 2 || got["acme-credit"].Project != "acme-credit" ||
		got["acme-churn"].Project != "Churn" || c.Tenants["acme-credit"].Project != "" {
		t.Errorf("%+v", got)
	}
	one := Config{GitHub: &GitHubConfig{Repository: "acme/ml", Namespaces: []string{"a"}}}
	want := map[string]Tenant{"platform": {Repository: "acme/ml", Namespaces: []string{"a"}, Project: "platform"}}
	if got := one.TenantsOf("platform"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := (Config{}).TenantsOf("platform"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, wrong := range []string{`{"a":{"repo":"x/y"}}`, `[]x`, `{"a":1}`, `{} {}`} {
		if _, err := withTenants(wrong); err == nil || !strings.Contains(err.Error(), "tenants") {
			t.Errorf("%s passed: %v", wrong, err)
		}
	}
}

func TestTenantsWhoseThingsWouldBeAnothersAreRefused(t *testing.T) {
	sound := func(repository string, namespaces ...string) Tenant {
		return Tenant{Repository: repository, Namespaces: namespaces}
	}
	for want, tenants := range map[string]map[string]Tenant{
		"team and team-two: the names of the one begin":  {"team": sound("a/b", "x"), "team-two": sound("a/c", "y")},
		"repository acme/ml: both":                       {"one": sound("acme/ml", "x"), "two": sound("Acme/ML", "y")},
		"namespace x: both":                              {"one": sound("a/b", "x"), "two": sound("a/c", "x")},
		"ci names what is the foundation's own":          {"ci-deploy": sound("a/b", "x")},
		"write it as owner/name":                         {"one": sound("acme/*", "x")},
		"name the namespaces":                            {"one": sound("a/b")},
		"want lower-case letters":                        {"One": sound("a/b", "x")},
		"platform-prod-system is the installation's own": {"one": sound("a/b", "platform-prod-system")},
		"not the name of a Pulumi project":               {"one": {Repository: "a/b", Namespaces: []string{"x"}, Project: "*"}},
	} {
		c, err := withTenants("{}")
		if err != nil {
			t.Fatal(err)
		}
		c.Tenants = tenants
		if err := Validate(nil, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", tenants, err, want)
		}
	}
	c, _ := withTenants(`{"one":{"repository":"a/b","namespaces":["x"]}}`)
	c.GitHub = &GitHubConfig{Repository: "acme/ml"}
	wants(t, Validate(nil, c), "pulumi config set --path tenants.NAME.repository acme/ml")
	c.GitHub = &GitHubConfig{State: "acme-state"}
	if err := Validate(nil, c); err != nil {
		t.Errorf("what concerns all: %v", err)
	}
}
