package architecture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestImportLaw(t *testing.T) {
	for _, s := range project(t) {
		for _, v := range importViolations(s) {
			t.Error(v)
		}
	}
}

func TestImportLawBites(t *testing.T) {
	cases := map[string]struct{ file, imports string }{
		"the runtime must not know CUE":          {"runtime/train/x.go", "cuelang.org/go/cue"},
		"the plan must not know the runtime":     {"blueprints/plan/x.go", module + "/runtime/model"},
		"the plan must not import other modules": {"blueprints/plan/x.go", "gonum.org/v1/gonum/mat"},
		"a comparison of plans knows no CUE":     {"templates/consequence/x.go", "cuelang.org/go/cue"},
		"policies load no blueprint":             {"policies/x.go", module + "/blueprints"},
		"CEL is for tests alone":                 {"policies/admission/x.go", "github.com/google/cel-go/cel"},
		"the CLI must build without pulumi-aws":  {"cmd/ashlar/x.go", "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"},
		"SQLite stays behind the registry":       {"runtime/serve/x.go", "modernc.org/sqlite"},
		"an unlisted folder may import nothing":  {"misc/x.go", "gonum.org/v1/gonum/mat"},
		"blueprints must not know the CLI":       {"blueprints/x.go", module + "/cmd/ashlar"},
		"the local stack does not load CUE":      {"stacks/local/x.go", module + "/blueprints"},
		"cobra stays in the commands":            {"stacks/local/x.go", "github.com/spf13/cobra"},
		"OpenAPI validation is for tests alone":  {"runtime/serve/x.go", "github.com/getkin/kin-openapi/openapi3"},
		"config is plain values": {"stacks/aws/config/x.go",
			"github.com/pulumi/pulumi/sdk/v3/go/pulumi"},
		"the foundation must not know workloads":  {"stacks/aws/foundation/x.go", module + "/stacks/aws"},
		"lineage must not know the config":        {"stacks/aws/lineage/x.go", module + "/stacks/aws/config"},
		"components must not know the plan":       {"components/bucket/x.go", module + "/blueprints/plan"},
		"the AWS stack does not load CUE":         {"stacks/aws/x.go", "cuelang.org/go/cue"},
		"the AWS stack must not know the runtime": {"stacks/aws/x.go", module + "/runtime/registry"},
		"the runtime must not know Pulumi": {"cmd/ashlar-runtime/x.go",
			"github.com/pulumi/pulumi/sdk/v3/go/pulumi"},
		"the runtime must not load blueprints": {"cmd/ashlar-runtime/x.go", module + "/blueprints"},
		"policies must not load blueprints":    {"policies/x.go", module + "/blueprints"},
		"PostgreSQL stays behind the registry": {"runtime/serve/x.go", "github.com/jackc/pgx/v5"},
		"a cache of stages knows no store":     {"runtime/pipeline/cache/x.go", module + "/runtime/store"},
		"a command knows no record of a run":   {"runtime/pipeline/custom/x.go", module + "/runtime/run"},
		"a scheduler knows no plan":            {"runtime/pipeline/scheduler/x.go", module + "/blueprints/plan"},
		"a record of a run knows no pipeline":  {"runtime/run/x.go", module + "/runtime/pipeline"},
		"zones under test are for tests alone": {"runtime/serve/x.go", module + "/tests/zones"},
		"findings need no Kubernetes":          {"stacks/drift/x.go", "k8s.io/apimachinery/pkg/api/resource"},
		"schedules have one parser":            {"runtime/schedule/x.go", "github.com/robfig/cron/v3"},
		"images are not the runtime's business": {"runtime/serve/x.go",
			"github.com/google/go-containerregistry/pkg/v1"},
		"a Kubernetes client is not the runtime's": {"runtime/serve/x.go", "k8s.io/client-go/rest"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := mustParse(t, c.file, fmt.Sprintf("package x\nimport _ %q\n", c.imports))
			if len(importViolations(s)) == 0 {
				t.Errorf("%s importing %s went unnoticed", c.file, c.imports)
			}
		})
	}
}

func importViolations(s source) []string {
	var out []string
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		if !allowed(s, p) {
			out = append(out, fmt.Sprintf("%s may not import %s", s.path, p))
		}
	}
	return out
}

func allowed(s source, imported string) bool {
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // standard library
	}
	if s.test() && hasPrefix(testOnly, imported) {
		return true
	}
	r, ok := ruleFor(s.pkg())
	if !ok {
		return false
	}
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.ContainsFunc(r.ours, func(f string) bool { return under(ours, f) }) ||
			s.test() && under(ours, r.folder)
	}
	for prefix, folders := range heavy {
		if strings.HasPrefix(imported, prefix) {
			behind := slices.ContainsFunc(folders, func(f string) bool { return under(s.pkg(), f) })
			return behind && hasPrefix(r.foreign, imported)
		}
	}
	return hasPrefix(r.foreign, imported)
}

func ruleFor(pkg string) (rule, bool) {
	best, found := rule{}, false
	for _, r := range law {
		if under(pkg, r.folder) && len(r.folder) >= len(best.folder) {
			best, found = r, true
		}
	}
	return best, found
}

func under(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func hasPrefix(prefixes []string, s string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return p == "*" || strings.HasPrefix(s, p) })
}
