package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
)

var described = regexp.MustCompile(`fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), .*variableLabels: \{([^}]*)\}`)

type metric struct{ help, labels string }

// metricsOf are the metrics of an endpoint's process, but for those of Go and of
// the process itself.
func metricsOf(t *testing.T) map[string]metric {
	t.Helper()
	m, err := endpoint.NewMetrics(&plan.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	descs := make(chan *prometheus.Desc)
	go func() {
		m.Registry.Describe(descs)
		close(descs)
	}()
	out := map[string]metric{}
	for d := range descs {
		found := described.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("cannot read %s", d)
		}
		name, err := strconv.Unquote(found[1])
		if err != nil {
			t.Fatal(err)
		}
		help, err := strconv.Unquote(found[2])
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "model_") {
			out[name] = metric{help, strings.ReplaceAll(found[3], ",", ", ")}
		}
	}
	return out
}

// kinds are the types of metrics by name, as the sources construct them.
func kinds(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{"serve", "endpoint", "access"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "runtime", name, "metrics.go"), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			kind, arg := "", call.Args[0]
			switch f := call.Fun.(type) {
			case *ast.Ident:
				kind = f.Name
			case *ast.SelectorExpr:
				kind = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(f.Sel.Name, "New"), "Vec"))
				if options, ok := arg.(*ast.CompositeLit); ok && len(options.Elts) > 0 {
					if first, ok := options.Elts[0].(*ast.KeyValueExpr); ok {
						arg = first.Value
					}
				}
			}
			if text, ok := arg.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if name, err := strconv.Unquote(text.Value); err == nil {
					out[name] = kind
				}
			}
			return true
		})
	}
	return out
}

func TestTheReferenceOfTheMetricsIsFresh(t *testing.T) {
	all, kinds := metricsOf(t), kinds(t)
	if len(all) < 12 {
		t.Fatalf("only %d metrics were found", len(all))
	}
	var out strings.Builder
	out.WriteString("# Metrics\n\nWhat `/metrics` of an endpoint exports, in Prometheus' text format. The thresholds of latency objectives are boundaries of the duration histogram, so a latency objective is counted exactly.\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		kind := kinds[name]
		if !slices.Contains([]string{"counter", "gauge", "histogram"}, kind) {
			t.Errorf("%s is of type %q", name, kind)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", name, kind, all[name].labels, all[name].help)
	}
	out.WriteString("\nThe process also exports the usual `go_` and `process_` metrics. `ashlar generate alerts` writes the rules that read these metrics: see [ashlar generate](cli/generate.md).\n")
	fresh(t, ".", map[string]string{"metrics.md": out.String()})
}
