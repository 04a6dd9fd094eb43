// Package rendering has the flags of `ashlar-stack render`, which `ashlar generate
// manifests`, `terraform` and `airflow` show and check as their own, and `ashlar bundle
// push` and `ashlar drift` hand on. The two are programs of their own, so that the CLI
// builds without Pulumi; here is the one list that keeps them the same.
package rendering

import (
	"slices"

	"github.com/spf13/pflag"
)

// Flags are the values of the flags.
type Flags struct {
	Out         string   // the folder to write to
	Only        string   // the kind of files; empty: manifests and Terraform
	Environment string   // these three are config keys of the same names
	Layer       string   //
	Provider    string   //
	Set         []string // KEY=VALUE
	File        string   // a stack's config
	Values      []string // files of outputs
	Start       string   // of DAGs, as YYYY-MM-DD; empty: today
	Secrets     bool     // write secret values
}

// Drift is the kind of the verb drift of both programs, which compares manifests and
// writes no files.
const Drift = "drift"

// Adopt is the kind of the verb adopt of both programs, which asks a cluster for the
// manifests' objects. It is of workloads only.
const Adopt = "adopt"

// Kinds are the values of --only, for each of which `ashlar generate` has a verb.
func Kinds() []string { return []string{"manifests", "terraform", "airflow"} }

// Bundle is the kind of flags of a verb that renders manifests into a folder of its own
// and never with secrets.
const Bundle = "bundle"

// Add adds the flags that mean something for the kind of files; for no kind all of
// them, --only included.
func (f *Flags) Add(flags *pflag.FlagSet, kind string) {
	for _, one := range []struct {
		kinds []string // nil: all
		add   func()
	}{
		{Kinds(), func() { flags.StringVar(&f.Out, "out", "", "the folder to write to (required)") }},
		{nil, func() {
			flags.StringVarP(&f.Environment, "env", "e", "",
				"the environment (config key environment)")
		}},
		{[]string{"manifests", "terraform", Bundle, Drift}, func() {
			flags.StringVar(&f.Layer, "layer", "", "foundation or workloads (config key layer)")
		}},
		{nil, func() {
			flags.StringVar(&f.Provider, "provider", "",
				"aws or kubernetes (config key provider)")
		}},
		{nil, func() {
			flags.StringArrayVarP(&f.Set, "config", "c", nil, "a config value as `KEY=VALUE`, as for pulumi config set")
		}},
		{nil, func() { flags.StringVar(&f.File, "config-file", "", "a stack's config, such as Pulumi.prod.yaml") }},
		{nil, func() {
			flags.StringArrayVar(&f.Values, "values", nil,
				"a `FILE` with the output of pulumi stack output --json or terraform output -json")
		}},
		{[]string{""}, func() {
			flags.StringVar(&f.Only, "only", "",
				"manifests, terraform (default: both) or airflow: a DAG file for each pipeline")
		}},
		{[]string{"airflow"}, func() {
			flags.StringVar(&f.Start, "start-date", "",
				"the start_date of DAGs: catchup ignores earlier dates (default: today)")
		}},
		{[]string{"manifests"}, func() {
			flags.BoolVar(&f.Secrets, "secrets", false,
				"write secret values into secrets/")
		}},
	} {
		if kind == "" || one.kinds == nil || slices.Contains(one.kinds, kind) {
			one.add()
		}
	}
}

// Args are the arguments that give the flags' values to `ashlar-stack render`, `drift` and
// `adopt`.
func (f *Flags) Args() []string {
	var out []string
	for _, one := range []struct {
		name   string
		values []string
	}{
		{"out", []string{f.Out}}, {"only", []string{f.Only}}, {"env", []string{f.Environment}},
		{"layer", []string{f.Layer}}, {"provider", []string{f.Provider}}, {"config", f.Set},
		{"config-file", []string{f.File}}, {"values", f.Values}, {"start-date", []string{f.Start}},
	} {
		for _, value := range one.values {
			if value != "" {
				out = append(out, "--"+one.name+"="+value)
			}
		}
	}
	if f.Secrets {
		out = append(out, "--secrets")
	}
	return out
}
