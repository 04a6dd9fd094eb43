// Package rendering has the flags of `ashlar-stack render`, which `ashlar generate
// manifests`, `terraform` and `airflow` show and check as their own. The two are
// programs of their own, so that the CLI builds without Pulumi; here is the one list
// that keeps them the same.
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

// Kinds are the values of --only, for each of which `ashlar generate` has a verb.
func Kinds() []string { return []string{"manifests", "terraform", "airflow"} }

// Add adds the flags that mean something for the kind of files; for no kind all of
// them, --only included.
func (f *Flags) Add(flags *pflag.FlagSet, kind string) {
	for _, one := range []struct {
		kinds []string // nil: all
		add   func()
	}{
		{nil, func() { flags.StringVar(&f.Out, "out", "", "the folder to write to (required)") }},
		{nil, func() {
			flags.StringVarP(&f.Environment, "env", "e", "",
				"the environment (config key environment)")
		}},
		{[]string{"manifests", "terraform"}, func() {
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
