package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/templates/starter"
)

// initFlags are the answers that `ashlar init` needs.
type initFlags struct{ example, from, target, team, email, version string }

func initVerb(a *app) *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DIR",
		Short: "Make a new repository, from an example or around a table of yours",
		Long: `Init writes a repository that passes its own checks: a blueprint, its data, a
policy pack, workflows, Pulumi.yaml, code owners, a .gitignore and a README. In a
folder of a repository that is there, what belongs to a repository's root is left
out. Without --from it starts with an example; with --from
and --target it reads your CSV or Parquet file, types every column and writes a
blueprint around it. It never overwrites a file.`,
		Example: `  ashlar init my-model
  ashlar init my-model --example churn
  ashlar init my-model --from customers.csv --target churned`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("init takes the new folder, such as: ashlar init my-model")
			}
			files, err := f.files(c, repositoryName(args[0]))
			if err != nil {
				return err
			}
			left, err := a.repositoryFiles(args[0], f.version, files)
			if err != nil {
				return err
			}
			if err := writeNew(args[0], files); err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(map[string]any{"dir": args[0], "files": sortedNames(files)})
			}
			fmt.Fprintf(a.out, "%s holds %s\n%snext:\n  ashlar check %s\n  ashlar up %s\n", args[0], strings.Join(sortedNames(files), ", "), left, args[0], args[0])
			return nil
		},
	}
	c.Flags().StringVar(&f.example, "example", "credit", "the example to start from: "+strings.Join(examples.All(), ", "))
	c.Flags().StringVar(&f.from, "from", "", "a CSV or Parquet file of yours to start from instead")
	c.Flags().StringVar(&f.target, "target", "", "the column to predict, with --from")
	c.Flags().StringVar(&f.team, "team", "my-team", "the owning team")
	c.Flags().StringVar(&f.version, "ashlar", "", "the version of ashlar that the workflows install (default: this one, where it is a release)")
	c.Flags().StringVar(&f.email, "email", "owner@example.com", "how to reach the team")
	return c
}

func (f initFlags) files(c *cobra.Command, name string) (map[string][]byte, error) {
	if f.from != "" {
		return f.around(c, name)
	}
	if f.target != "" {
		return nil, usageError("--target goes with --from")
	}
	if !slices.Contains(examples.All(), f.example) {
		return nil, usageError(fmt.Sprintf("--example %q: use one of %s", f.example, strings.Join(examples.All(), ", ")))
	}
	files, err := starter.Static(name)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(examples.Files, f.example, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(p) == "README.md" {
			return err
		}
		files[strings.TrimPrefix(p, f.example+"/")], err = fs.ReadFile(examples.Files, p)
		return err
	})
	return files, err
}

// around writes a blueprint around the table in f.from and copies the table.
func (f initFlags) around(c *cobra.Command, name string) (map[string][]byte, error) {
	if f.target == "" {
		return nil, usageError("--from needs --target: the column to predict")
	}
	table, err := os.ReadFile(f.from)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	source := plan.Dataset{Source: filepath.Base(f.from)}
	opt := dataset.Options{Dir: filepath.Dir(f.from)}
	guess, err := dataset.Infer(c.Context(), source, opt)
	if err != nil {
		return nil, err
	}
	if err := classes(c.Context(), guess, f.target, opt); err != nil {
		return nil, err
	}
	b := starter.Blueprint{Name: name, Source: "data/" + filepath.Base(f.from), CSV: guess.Dataset.CSV, Target: f.target, Team: f.team, Email: f.email}
	for _, name := range guess.Header {
		b.Columns = append(b.Columns, starter.Column{Name: name, Column: guess.Dataset.Columns[name]})
	}
	files, err := b.Files()
	if err != nil {
		return nil, err
	}
	files[b.Source] = table
	return files, nil
}

// classes makes a target of words or of true and false the category that a
// model can tell apart, with the values that occur.
func classes(ctx context.Context, guess *dataset.Inferred, target string, opt dataset.Options) error {
	col, ok := guess.Dataset.Columns[target]
	if !ok || col.Type != plan.Boolean && col.Type != plan.Text {
		return nil
	}
	col.Type = plan.Category
	guess.Dataset.Columns[target] = col
	only := guess.Dataset
	only.Columns = map[string]plan.Column{target: col}
	frame, err := dataset.ReadAll(ctx, only, opt)
	if err != nil {
		return err
	}
	read := frame.Column(target)
	seen := map[string]bool{}
	for row := range frame.Rows {
		if !read.Missing(row) {
			seen[read.Value(row)] = true
		}
	}
	col.Values = slices.Sorted(maps.Keys(seen))
	guess.Dataset.Columns[target] = col
	return nil
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// repositoryName turns a folder's name into a blueprint's.
func repositoryName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(filepath.Base(abs)), "-"), "-")
	if name == "" || name[0] < 'a' {
		name = "model-" + name
	}
	return strings.Trim(name, "-")
}

// writeNew writes the files below dir, or none of them: a file that is there
// already stops it before anything is written.
func writeNew(dir string, files map[string][]byte) error {
	var there []error
	for _, name := range sortedNames(files) {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			there = append(there, fmt.Errorf("%s exists already; init does not overwrite: choose another folder or move it away", filepath.Join(dir, name)))
		}
	}
	if err := errors.Join(there...); err != nil {
		return err
	}
	for _, name := range sortedNames(files) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames[V any](files map[string]V) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
