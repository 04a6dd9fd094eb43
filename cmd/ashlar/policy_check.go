package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/policies/recorded"
)

// checkedFile is what was named, and whose resources were compared with the rules.
type checkedFile struct {
	File      string `json:"file"` // or folder, or "-"
	Resources int    `json:"resources"`
	Refused   int    `json:"refused,omitempty"` // findings that refuse one
}

func policyCheckVerb(p *policyApp) *cobra.Command {
	var environment string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check resources against policies: manifests, a Pulumi preview or export",
		Long: `Check reads resources from each FILE (- is standard input; from a folder, every .yaml,
.yml and .json file) and checks them against the rules about resources, all together,
since some rules are about several resources. A FILE contains Kubernetes objects, or
what ` + "`pulumi preview --json` or `pulumi stack export`" + ` wrote. A rule about a
value that is not known before deployment is reported as undecided.

Exit code 1 means that a mandatory policy failed, 2 that a file cannot be read.`,
		Example: `  ashlar policy check deploy/manifests --env prod
  kubectl get deployments,rollouts -o json | ashlar policy check -
  pulumi preview --json | ashlar policy check - --output sarif`,
		Annotations: outputs("sarif", "github"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("policy check: name a file of resources, or - for standard input")
			}
			return p.checkResources(args, environment)
		},
	}
	c.Flags().StringVarP(&environment, "env", "e", "",
		"the environment of the resources (default: from their labels or stack name)")
	return c
}

func (p *policyApp) checkResources(args []string, environment string) error {
	resources, files, err := p.readResources(args)
	if err != nil {
		return err
	}
	set, err := p.set()
	if err != nil {
		return err
	}
	if environment != "" {
		for i := range resources {
			resources[i].Environment = environment
		}
	}
	o := outcome{rules: set.Rules(), findings: set.Expired(p.now())}
	found := p.holdResources(set, resources)
	o.findings, o.files = append(o.findings, found...), files.counted(found)
	return p.writeCheck(o, false)
}

// checkedFiles are what was named, and which of it each file is of.
type checkedFiles struct {
	named []checkedFile
	of    map[string]int
}

// counted counts, of each, the findings that refuse a resource in it.
func (c checkedFiles) counted(findings []policies.Finding) []checkedFile {
	for _, f := range findings {
		if f.Refuses() {
			c.named[c.of[f.File]].Refused++
		}
	}
	return c.named
}

// readResources reads those of every file.
func (p *policyApp) readResources(args []string) ([]recorded.Resource, checkedFiles, error) {
	var out []recorded.Resource
	files := checkedFiles{of: map[string]int{}}
	read := func(name string, r io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(r, recorded.MaxSize+1))
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		found, err := recorded.Read(name, data)
		if _, twice := files.of[name]; twice {
			return nil
		}
		now := len(files.named) - 1
		out, files.of[name] = append(out, found...), now
		files.named[now].Resources += len(found)
		return err
	}
	for _, arg := range args {
		files.named = append(files.named, checkedFile{File: arg})
		if arg == "-" {
			if err := read("stdin", p.in); err != nil {
				return nil, files, err
			}
			continue
		}
		if err := eachFile(arg, read); err != nil {
			return nil, files, err
		}
	}
	if len(out) == 0 {
		return nil, files, fmt.Errorf("policy check: the files contain no resources")
	}
	return out, files, nil
}

// eachFile opens the file, or every one in the folder that may hold resources.
func eachFile(arg string, read func(name string, r io.Reader) error) error {
	return filepath.WalkDir(arg, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name != arg &&
			!slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read
		return read(filepath.ToSlash(name), f)
	})
}

// holdResources checks each resource against the rules about one, and together
// with those of its environment, and of none, against those about several.
func (p *policyApp) holdResources(set *policies.Set, resources []recorded.Resource) []policies.Finding {
	var out []policies.Finding
	judge := set.Judge()
	note := func(r recorded.Resource, found []policies.Finding) {
		for _, f := range found {
			f.File = r.File
			if f.Line, f.Col = r.Place(f.PlanPath); f.Line == 0 {
				f.Message += " (" + r.URN + ")"
			}
			out = append(out, f)
		}
	}
	environments := map[string]bool{}
	for _, r := range resources {
		note(r, judge.CheckResource(r.Registered, r.Environment, p.now()))
		environments[r.Environment] = true
	}
	for environment := range environments {
		var together []policies.Registered
		for _, r := range resources {
			if environment == "" || r.Environment == "" || r.Environment == environment {
				together = append(together, r.Registered)
			}
		}
		found := judge.CheckStack(together, environment, p.now())
		for _, r := range resources {
			if r.Environment == environment {
				note(r, found[r.URN])
			}
		}
	}
	return out
}
