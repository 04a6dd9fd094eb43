package config

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestEveryProjectHasANameOfItsOwn(t *testing.T) {
	for project, want := range map[string]string{
		"": "ashlar", "ashlar": "ashlar", "acme-credit": "acme-credit", "...": "ashlar",
	} {
		if got := NameOf(project); got != want {
			t.Errorf("project %q has the name %q, want %q", project, got, want)
		}
	}
	seen := map[string]string{}
	for _, project := range []string{"acme-credit", "Acme-credit", "acme.credit", "acme_credit",
		"acme-credit-", "1-credit",
		"p-1-credit", "acme-credit-risk-scoring", "acme-credit-risk-scoring-2", strings.Repeat("x", 100), "müller"} {
		name := NameOf(project)
		if other, taken := seen[name]; taken {
			t.Errorf("projects %s and %s have one name, %s", project, other, name)
		}
		seen[name] = project
		if len(name) > maxNameLength || !labelForm.MatchString(name) {
			t.Errorf("project %s has the name %q, which Validate refuses", project, name)
		}
	}
}

func TestNoTwoStacksShareANamespaceByDefault(t *testing.T) {
	long := strings.Repeat("x", MaxConceptLength)
	seen := map[string]string{}
	for _, project := range []string{"acme-credit", "acme-churn", "other-credit"} {
		for _, environment := range []string{"dev", "prod", "abcdefghijkl"} {
			for _, blueprint := range []string{"credit", "churn", "acme-credit", long, long[1:] + "y"} {
				c := Config{Project: project, Environment: environment}.Filled()
				name := c.NamespaceOf(&plan.Plan{Name: blueprint})
				what := strings.Join([]string{project, environment, blueprint}, "/")
				if other, taken := seen[name]; taken {
					t.Errorf("%s and %s have one namespace, %s", what, other, name)
				}
				seen[name] = what
				if len(name) > maxLabelLength || !labelForm.MatchString(name) {
					t.Errorf("%s has the namespace %q", what, name)
				}
			}
		}
	}
	c := Config{Project: "acme-credit", Environment: "dev"}.Filled()
	for blueprint, want := range map[string]string{"credit-risk": "acme-credit-credit-risk-dev",
		"acme-credit": "acme-credit-dev"} {
		if got := c.NamespaceOf(&plan.Plan{Name: blueprint}); got != want {
			t.Errorf("%s has the namespace %s, want %s", blueprint, got, want)
		}
	}
}

func TestNoTwoStacksShareASchemaByDefault(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a", "a-b", "a--b", "a-b-", "acme-credit", strings.Repeat("x", maxNameLength)} {
		for _, environment := range []string{"dev", "b--dev", "b-dev", "abcdefghijkl", "pr-12"} {
			schema := SchemaOf(name, environment)
			if other, taken := seen[schema]; taken {
				t.Errorf("%s in %s and %s have one schema, %s", name, environment, other, schema)
			}
			seen[schema] = name + " in " + environment
			if !plan.IsSchema(schema) {
				t.Errorf("%s in %s has the schema %q, which Validate refuses", name, environment, schema)
			}
		}
	}
	if got := SchemaOf("acme-credit", "dev"); got != "acme_credit__dev" {
		t.Errorf("got %s", got)
	}
	c := Config{Project: "acme", Environment: "dev", DatabaseURL: "postgres://u@h/d?search_path=models"}.Filled()
	if c.DatabaseSchema != "models" {
		t.Errorf("the URL says models, and the schema is %s", c.DatabaseSchema)
	}
}

func TestPhysicalNamesFitAndTellApart(t *testing.T) {
	c := Config{Layer: LayerWorkloads, Environment: "abcdefghijkl", Project: "abcdef", Region: "ap-northeast-1",
		Foundation: "organization/" + strings.Repeat("f", 20) + "/foundation"}.Filled()
	prefix := c.Installation + "-" + c.Environment + "-" + c.Name
	if len(prefix) != maxPrefixLength {
		t.Fatalf("the longest prefix is %d long, and %s is %d", maxPrefixLength, prefix, len(prefix))
	}
	long := strings.Repeat("x", MaxConceptLength)
	for noun, of := range map[string]struct {
		name    func(...string) string
		longest int
		prefix  string
	}{
		"bucket": {c.BucketName, maxBucketName, prefix + "-"},
		"role":   {c.RoleName, maxRoleName, prefix + "-ap-northeast-1-"},
	} {
		a, b := of.name(long, "data-a"), of.name(long, "data-b")
		if len(a) > of.longest || a == b || of.name("a-b", "c") == of.name("a", "b-c") || a != of.name(long, "data-a") {
			t.Errorf("%ss %s and %s", noun, a, b)
		}
		if !strings.HasPrefix(a, of.prefix) {
			t.Errorf("%s %s does not begin with %s, which permissions name", noun, a, of.prefix)
		}
	}
}
