package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// configKey is a key of Pulumi's config and the layer that reads it.
type configKey struct{ path, layer string }

// configKeys reads the table of keys from the source of stacks/aws: importing it
// would compile the AWS provider's SDK for a page of text.
func configKeys(t *testing.T) []configKey {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "stacks", "aws", "config", "read.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]string{"LayerFoundation": "foundation", "LayerWorkloads": "workloads"}
	var out []configKey
	ast.Inspect(file, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) != 3 {
			return true
		}
		text, ok := row.Elts[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		path, err := strconv.Unquote(text.Value)
		if err != nil {
			t.Fatal(err)
		}
		layer := "both"
		if id, ok := row.Elts[1].(*ast.Ident); ok {
			layer = layers[id.Name]
		}
		out = append(out, configKey{path, layer})
		return true
	})
	if len(out) < 30 {
		t.Fatalf("only %d keys were found; has the table of stacks/aws moved?", len(out))
	}
	return out
}

func TestTheReferenceOfTheConfigIsFresh(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		Config map[string]struct {
			Type, Description string
			Default           any
			Secret            bool
		}
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString("# Pulumi config\n\nThe keys of `pulumi config`, from [Pulumi.yaml](../../Pulumi.yaml). Config says where a blueprint runs, never what it is. Keys within a key are set with a path: `pulumi config set --path 'network.cidr' 10.1.0.0/16`.\n\n")
	out.WriteString("| key | layer | type | meaning |\n|---|---|---|---|\n")
	seen := map[string][]string{}
	var order []string
	layer := map[string]string{}
	for _, k := range configKeys(t) {
		top, rest, _ := strings.Cut(k.path, ".")
		if seen[top] == nil {
			order = append(order, top)
		}
		seen[top], layer[top] = append(seen[top], rest), k.layer
	}
	order, layer["blueprints"] = append(order, "blueprints"), "workloads"
	for _, name := range order {
		declared, ok := project.Config[name]
		if !ok {
			t.Errorf("Pulumi.yaml does not declare %s", name)
		}
		meaning := declared.Description
		if declared.Default != nil && declared.Default != "" && declared.Type == "string" {
			meaning += fmt.Sprintf(" (default `%v`)", declared.Default)
		}
		if declared.Secret {
			meaning += " (a secret: set it with `--secret`)"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", name, layer[name], declared.Type,
			strings.ReplaceAll(meaning, "|", `\|`))
		for _, rest := range seen[name] {
			if rest != "" {
				fmt.Fprintf(&out, "| `%s.%s` | %s | | see `%s` |\n", name, rest, layer[name], name)
			}
		}
	}
	out.WriteString("\n`aws:region` is the region, on AWS. [Pulumi.foundation-prod.yaml](../../Pulumi.foundation-prod.yaml) and [Pulumi.prod.yaml](../../Pulumi.prod.yaml) are examples.\n")
	fresh(t, ".", map[string]string{"config.md": out.String()})
}
