package plan

import (
	"path"
	"strings"
)

// Stage is a custom step in a pipeline. Paths are relative to Wdir, which
// is relative to the blueprint's folder; they are clean and never leave it.
type Stage struct {
	Description   string            `json:"description,omitempty"`
	Cmd           []string          `json:"cmd"` // lines of the shell, one after the other
	Wdir          string            `json:"wdir,omitempty"`
	Deps          []string          `json:"deps,omitempty"`
	Params        []string          `json:"params,omitempty"` // names in the pipeline's Params, with dots
	Outs          []string          `json:"outs,omitempty"`
	Metrics       []string          `json:"metrics,omitempty"`
	Plots         []string          `json:"plots,omitempty"`
	Frozen        bool              `json:"frozen,omitempty"`
	AlwaysChanged bool              `json:"always_changed,omitempty"`
	Image         string            `json:"image,omitempty"`
	Environment   *Environment      `json:"environment,omitempty"`
	Env           map[string]string `json:"env,omitempty"`
	Retries       *int              `json:"retries,omitempty"` // nil: the pipeline's
	RetryDelay    string            `json:"retry_delay,omitempty"`
	Timeout       string            `json:"timeout,omitempty"` // of an attempt
	Memory        string            `json:"memory,omitempty"`  // Kubernetes' way of writing, such as 2Gi
	CPU           string            `json:"cpu,omitempty"`
	GPU           int               `json:"gpu,omitempty"`
	NodeSelector  map[string]string `json:"node_selector,omitempty"`
	Tolerations   []Toleration      `json:"tolerations,omitempty"`
}

// Environment is what a command needs installed, by a file of the repository.
type Environment struct {
	Conda string `json:"conda,omitempty"` // environment.yml
	Pip   string `json:"pip,omitempty"`   // requirements.txt
}

// Toleration is Kubernetes' own.
type Toleration struct {
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator,omitempty"`
	Value    string `json:"value,omitempty"`
	Effect   string `json:"effect,omitempty"`
}

// The built-in stages.
const (
	StageIngest   = "ingest"
	StageValidate = "validate"
	StagePrepare  = "prepare"
	StageTrain    = "train"
	StageEvaluate = "evaluate"
	StageRegister = "register"
)

// BuiltinStages are the built-in stages in their order, each with the files
// that a custom stage may name as STAGE:FILE.
var BuiltinStages = []BuiltinStage{
	{StageIngest, []string{"data.csv"}},
	{StageValidate, []string{"report.json"}},
	{StagePrepare, []string{"train.csv", "test.csv", "train_features.csv", "test_features.csv"}},
	{StageTrain, []string{"model", "report.json"}},
	{StageEvaluate, []string{"report.json"}},
	{StageRegister, nil},
}

// BuiltinStage is one that Ashlar brings.
type BuiltinStage struct {
	Name  string
	Files []string
}

// BuiltinDep takes a dep of the form STAGE:FILE apart; ok is false for a path.
func BuiltinDep(dep string) (stage, file string, ok bool) { return strings.Cut(dep, ":") }

// At returns the path relative to the blueprint's folder.
func (s *Stage) At(p string) string { return path.Join(s.Wdir, p) }

// Made are the paths that the stage makes, relative to the blueprint's folder,
// in the order outs, metrics, plots.
func (s *Stage) Made() []string {
	out := make([]string, 0, len(s.Outs)+len(s.Metrics)+len(s.Plots))
	for _, list := range [][]string{s.Outs, s.Metrics, s.Plots} {
		for _, p := range list {
			out = append(out, s.At(p))
		}
	}
	return out
}

// Within reports whether the clean path p is dir or below it.
func Within(p, dir string) bool { return p == dir || dir == "." || strings.HasPrefix(p, dir+"/") }
