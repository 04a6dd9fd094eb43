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
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/stacks/draft"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/templates/starter"
)

// initFlags are the answers that `ashlar init` needs.
type initFlags struct{ example, from, target, team, email, version string }

func initVerb(a *app) *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DIR",
		Short: "Create a repository from an example or for your own table",
		Long: `Init creates a repository that passes its own checks: a blueprint, its data, a policy
pack, workflows, Pulumi.yaml, code owners, a .gitignore and a README. Inside an existing
repository, the files that belong to a repository's root are left out. Without --from it
copies an example. With --from and --target it reads a CSV or Parquet file, infers the
type of every column and writes a blueprint for it. It reports, and notes in comments,
which values count as missing, which columns are not features, and whether the target is
a class or a number. It never overwrites a file.`,
		Example: `  ashlar init my-model
  ashlar init my-model --example churn
  ashlar init my-model --from customers.csv --target churned`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("init takes the new folder, such as: ashlar init my-model")
			}
			for _, flag := range []string{"team", "email"} {
				if f.from == "" && c.Flags().Changed(flag) {
					return usageError("--" + flag + " goes with --from: an example has its owner")
				}
			}
			name, note := draft.Name(args[0])
			files, found, err := f.files(c.Context(), name)
			if err != nil {
				return err
			}
			if note != "" {
				found.Lines = append([]string{note}, found.Lines...)
			}
			left, err := a.repositoryFiles(args[0], name, f.version, files)
			if err != nil {
				return err
			}
			if err := writeNew(args[0], files); err != nil {
				return err
			}
			return a.writeInit(args[0], slices.Sorted(maps.Keys(files)), left, found)
		},
	}
	c.Flags().StringVar(&f.example, "example", "credit", "the example to start from: "+
		strings.Join(examples.All(), ", "))
	c.Flags().StringVar(&f.from, "from", "", "your CSV or Parquet file to start from instead")
	c.Flags().StringVar(&f.target, "target", "", "the column to predict, with --from")
	c.Flags().StringVar(&f.team, "team", "my-team", "the owning team, with --from")
	c.Flags().StringVar(&f.version, "ashlar", "",
		"the version of ashlar that the workflows install (default: this version if it is a release)")
	c.Flags().StringVar(&f.email, "email", "owner@example.com", "the team's e-mail address, with --from")
	return c
}

func (f initFlags) files(ctx context.Context, name string) (map[string][]byte, draft.Notes, error) {
	if f.from != "" && f.target == "" {
		return nil, draft.Notes{}, usageError("--from needs --target: the column to predict")
	}
	if f.from != "" {
		table := draft.Table{File: f.from, Target: f.target, Team: f.team, Email: f.email}
		return table.Files(ctx, name)
	}
	files, err := f.exampleFiles(name)
	return files, draft.Notes{}, err
}

func (f initFlags) exampleFiles(name string) (map[string][]byte, error) {
	if f.target != "" {
		return nil, usageError("--target goes with --from")
	}
	if !slices.Contains(examples.All(), f.example) {
		return nil, usageError(fmt.Sprintf("--example %q: use one of %s", f.example,
			strings.Join(examples.All(), ", ")))
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

// writeNew writes the files below dir, or none of them: a file that is there
// already stops it before anything is written.
func writeNew(dir string, files map[string][]byte) error {
	var there []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			there = append(there, fmt.Errorf("%s exists already; init does not overwrite: choose another folder or move it away", filepath.Join(dir, name)))
		}
	}
	if err := errors.Join(there...); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
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

// writeInit says what was written.
func (a *app) writeInit(dir string, files []string, left string, found draft.Notes) error {
	if a.json() {
		return a.writeJSON(struct {
			Dir   string   `json:"dir"`
			Files []string `json:"files"`
			draft.Notes
		}{dir, files, found})
	}
	fmt.Fprintf(a.out, "%s holds %s\n%s", dir, strings.Join(files, ", "), left)
	for _, note := range found.Lines {
		fmt.Fprintln(a.out, note)
	}
	fmt.Fprintf(a.out, "next:\n  %s\n  %s\n", local.Command("", "", "check", dir), local.Command("", "", "up", dir))
	return nil
}
