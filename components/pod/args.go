package pod

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Args says what a pod runs. Everything about how it is confined is decided
// here and can be loosened nowhere.
type Args struct {
	Image pulumi.StringInput // by digest, or a tag that is never moved
	// Command is the whole command line. It is never left to the image: an
	// engine that wraps it would have to ask a registry for the entrypoint.
	Command []string
	Env     map[string]pulumi.StringInput
	Secrets []Secret // variables whose values are in a Secret
	// Credentials names a Secret all of whose keys become variables: object-store keys
	// on a cluster that has no identities. Where CredentialsNeeded is set the pod waits
	// for the Secret; elsewhere it starts without one that is not there.
	Credentials       string
	CredentialsNeeded bool
	// Settings names another such Secret, for what a user may add. Optional.
	Settings string

	Notes map[string]string // annotations of the pod

	Plan string // the ConfigMap that is mounted at PlanDir; empty: none
	Code *Code  // files of the repository, mounted at CodeDir; nil: none
	// Pseudonyms names the Secret whose key PseudonymKeys is mounted, as the file
	// that ASHLAR_PSEUDONYM_KEYS_FILE names; the pod waits until it is there. A
	// file and no variable: keys that are added reach a pod that runs. Empty: none.
	Pseudonyms string
	// Certificate is what the pod speaks TLS by on Port, and not on Operators; nil: it
	// speaks none.
	Certificate    *Certificate
	ServiceAccount string
	Token          bool // mounts a token of the API server at AccountDir; most pods ask it for nothing

	CPU, Memory string // requests, such as "250m" and "256Mi"; memory is the limit too
	Scratch     string // size of the writable /tmp, such as "1Gi"
	Port        int    // 0: listens on none
	Operators   int    // the port of what is for operators and not for callers; 0: Port has both
	Grace       int    // seconds between SIGTERM and SIGKILL; 0: 30

	// Runtime is the image that brings the runtime where Image is a user's own:
	// it is copied to RuntimeDir before the pod's command starts. Nil: Image has it.
	Runtime pulumi.StringInput
	GPU     int // number of the node's GPUs
	// PriorityClass is the name of one that the cluster has; empty: its default.
	PriorityClass string

	NodeSelector map[string]string // labels that a node must carry
	Tolerate     []Toleration      // taints that the pod does not mind, besides its pool's

	// Pool is the tainted node pool that the pod prefers to run on; nil: any node.
	Pool *Pool
	// DoNotDisrupt keeps Karpenter from moving the pod before it has ended.
	DoNotDisrupt bool
	// Interruptible lets the pod onto spot nodes, which AWS takes back with two minutes'
	// notice: somebody starts it again.
	Interruptible bool

	Labels map[string]string
}

// Code is a ConfigMap with files, whose keys cannot be paths.
type Code struct {
	Name  string
	Items []Item
}

// Item says at which path a key's file is.
type Item struct{ Key, Path string }

// Toleration is Kubernetes' own.
type Toleration struct{ Key, Operator, Value, Effect string }

// Secret is a variable whose value is a key of a Secret.
type Secret struct{ Variable, Name, Key string }

// Pool is a node pool: its nodes carry Label = Value, and may carry a taint of
// the same key and value.
type Pool struct{ Label, Value string }

var (
	quantityForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti|k|M|G|T)?$`)
	variableForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("pod: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("pod: "+format, args...)) }
	if text, known := a.Image.(pulumi.String); a.Image == nil || known && text == "" {
		say("no image")
	}
	if len(a.Command) == 0 || a.Command[0] == "" {
		say("no command: name the binary and its arguments")
	}
	for _, v := range slices.Sorted(maps.Keys(a.Env)) {
		if !variableForm.MatchString(v) {
			say("variable %q: want capital letters, digits and '_'", v)
		}
		if a.Env[v] == nil {
			say("variable %s has no value", v)
		}
	}
	for _, s := range a.Secrets {
		if _, plain := a.Env[s.Variable]; plain {
			say("variable %s is both plain and secret", s.Variable)
		}
		if !variableForm.MatchString(s.Variable) || s.Name == "" || s.Key == "" {
			say("secret variable %q: want a variable, a Secret's name and its key", s.Variable)
		}
	}
	for what, q := range map[string]string{"cpu": a.CPU, "memory": a.Memory, "scratch": a.Scratch} {
		if !quantityForm.MatchString(q) {
			say("%s %q: want a quantity such as 250m or 256Mi", what, q)
		}
	}
	found = append(found, a.checkPorts()...)
	if a.GPU < 0 {
		say("%d GPUs", a.GPU)
	}
	if a.Grace < 0 {
		say("grace of %d seconds", a.Grace)
	}
	if a.Pool != nil && (a.Pool.Label == "" || a.Pool.Value == "") {
		say("pool: want the label and the value that its nodes carry")
	}
	if err := object.CheckName("service account", a.ServiceAccount, object.MaxLabel); err != nil {
		say("%w", err)
	}
	if err := object.CheckLabels(a.Labels); err != nil {
		say("%w", err)
	}
	return errors.Join(found...)
}
