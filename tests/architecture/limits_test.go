package architecture

import (
	"go/ast"
	"testing"
)

// What only a cluster would refuse is refused by check, which does not know the
// stack: the limit is in both, and is the same.
func TestCheckAndClusterHaveTheSameLimits(t *testing.T) {
	limits := map[string]string{}
	for _, s := range project(t) {
		if s.path != "blueprints/refs.go" && s.path != "stacks/aws/config/validate_workloads.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Names) != 1 || len(v.Values) != 1 {
				return true
			}
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				limits[v.Names[0].Name] = lit.Value
			}
			return true
		})
	}
	for check, cluster := range map[string]string{"longestConcept": "MaxConceptLength",
		"longestEnvironment": "maxEnvironmentLength"} {
		if limits[check] == "" || limits[check] != limits[cluster] {
			t.Errorf("%s of blueprints is %q and %s of stacks/aws/config is %q", check,
				limits[check], cluster, limits[cluster])
		}
	}
}
