// Package pulumitest runs a Pulumi program against a recorder instead of an
// engine, for the tests of components: what they register, with which options
// and in which order of dependence, is what their promises are about.
package pulumitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Account is the account that the recorder answers for.
const Account = "123456789012"

// Resource is one registration.
type Resource struct {
	Type, Name     string
	Inputs         map[string]any // resolved; numbers are float64
	Secrets        []string       // names of the inputs that are marked secret
	Parent         string
	DependsOn      []string
	Component      bool
	Protect        bool
	RetainOnDelete bool
	IgnoreChanges  []string
	Provider       string // URN and ID of the one that makes it, where it is not the default one
	ImportID       string // of what exists already and is adopted
}

// Text returns the input at the path, "" where it is absent or no text.
// A path steps through maps and list indices: "versioningConfiguration.status".
func (r Resource) Text(path string) string {
	s, _ := r.At(path).(string)
	return s
}

// At returns the input at the path, nil where there is none.
func (r Resource) At(path string) any {
	var at any = r.Inputs
	for _, step := range strings.Split(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscanf(step, "%d", &i); err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// Tag returns the value of a tag, "" where there is none.
func (r Resource) Tag(key string) string {
	tags, _ := r.Inputs["tags"].(map[string]any)
	value, _ := tags[key].(string)
	return value
}

// Recording is what a program registered, ordered by type and name.
type Recording struct{ Resources []Resource }

// Run runs the program and returns what it registered. The recorder answers
// with the inputs and with an "arn" of its own, Arn; unknown outputs are empty.
func Run(program pulumi.RunFunc) (*Recording, error) { return Answered(program, nil) }

// Answered is Run with answers to what the program looks up, by the function's token,
// and to the resources that it reads, by their type. What has no answer is not there.
func Answered(program pulumi.RunFunc, answers map[string]map[string]any) (*Recording, error) {
	r := &recorder{answers: answers}
	err := pulumi.RunErr(program, pulumi.WithMocks("ashlar", "test", r))
	slices.SortFunc(r.seen, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return &Recording{Resources: r.seen}, err
}

// Must is Run for a program that must not fail.
func Must(t *testing.T, program pulumi.RunFunc) *Recording {
	t.Helper()
	r, err := Run(program)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Arn is the ARN that the recorder gives the resource.
func Arn(typ, name string) string {
	kind := typ[strings.LastIndex(typ, ":")+1:]
	service, _, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), "/")
	return fmt.Sprintf("arn:aws:%s:eu-west-1:%s:%s/%s", service, Account, strings.ToLower(kind), name)
}

// All returns the resources of the type.
func (r *Recording) All(typ string) []Resource {
	var out []Resource
	for _, res := range r.Resources {
		if res.Type == typ {
			out = append(out, res)
		}
	}
	return out
}

// One returns the only resource of the type.
func (r *Recording) One(t *testing.T, typ string) Resource {
	t.Helper()
	all := r.All(typ)
	if len(all) != 1 {
		t.Fatalf("%d resources of type %s, want one of %s", len(all), typ, r.types())
	}
	return all[0]
}

// Named returns the resource of the type and name.
func (r *Recording) Named(t *testing.T, typ, name string) Resource {
	t.Helper()
	for _, res := range r.All(typ) {
		if res.Name == name {
			return res
		}
	}
	t.Fatalf("no %s named %s among %s", typ, name, r.types())
	return Resource{}
}

func (r *Recording) types() string {
	var names []string
	for _, res := range r.Resources {
		names = append(names, res.Type+" "+res.Name)
	}
	return strings.Join(names, ", ")
}

// Statement is one statement of a policy document as a test reads it.
type Statement struct {
	Sid, Effect string
	Principal   any
	Action      []string
	Resource    any
	NotResource any
	Condition   map[string]map[string][]string
}

// Statements decodes a policy document.
func Statements(t *testing.T, document string) []Statement {
	t.Helper()
	var doc struct {
		Version   string
		Statement []Statement
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		t.Fatalf("policy %q: %v", document, err)
	}
	if doc.Version != "2012-10-17" || len(doc.Statement) == 0 {
		t.Fatalf("policy %q: want version 2012-10-17 and statements", document)
	}
	return doc.Statement
}

type recorder struct {
	answers map[string]map[string]any

	mu   sync.Mutex
	seen []Resource
}

// NewResource records the registration and answers with its inputs.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.ReadRPC != nil {
		answer, ok := r.answers[args.TypeToken]
		if !ok {
			return "", nil, fmt.Errorf("unexpected read of %s", args.TypeToken)
		}
		return args.ID, resource.NewPropertyMapFromMap(answer), nil
	}
	rpc := args.RegisterRPC
	res := Resource{Type: args.TypeToken, Name: args.Name, Component: !args.Custom, Inputs: map[string]any{}}
	if rpc != nil {
		res.Parent, res.DependsOn = rpc.GetParent(), rpc.GetDependencies()
		res.ImportID, res.Provider = rpc.GetImportId(), rpc.GetProvider()
		res.Protect, res.RetainOnDelete, res.IgnoreChanges = rpc.GetProtect(),
			rpc.GetRetainOnDelete(), rpc.GetIgnoreChanges()
	}
	state := resource.PropertyMap{"arn": resource.NewStringProperty(Arn(args.TypeToken, args.Name))}
	for k, v := range args.Inputs {
		if v.ContainsSecrets() {
			res.Secrets = append(res.Secrets, string(k))
		}
		res.Inputs[string(k)] = plain(v)
		state[k] = v
	}
	if res.Type == "aws:rds/instance:Instance" {
		state["masterUserSecrets"] = resource.NewArrayProperty([]resource.PropertyValue{resource.NewObjectProperty(resource.PropertyMap{
			"secretArn": resource.NewStringProperty(Arn("aws:secretsmanager/secret:Secret", args.Name)),
		})})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, res)
	return args.Name + "-id", state, nil
}

// Call answers invokes; components make none but a stack may ask who it is.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if args.Token == "aws:index/getCallerIdentity:getCallerIdentity" {
		return resource.PropertyMap{
			"accountId": resource.NewStringProperty(Account),
			"arn":       resource.NewStringProperty("arn:aws:iam::" + Account + ":user/test"),
			"id":        resource.NewStringProperty(Account),
			"userId":    resource.NewStringProperty("test"),
		}, nil
	}
	if answer, ok := r.answers[args.Token]; ok {
		return resource.NewPropertyMapFromMap(answer), nil
	}
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// plain returns the value without its marks.
func plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return plain(v.SecretValue().Element)
	case v.IsOutput():
		return plain(v.OutputValue().Element)
	case v.IsArray():
		out := []any{}
		for _, e := range v.ArrayValue() {
			out = append(out, plain(e))
		}
		return out
	case v.IsObject():
		out := map[string]any{}
		for k, e := range v.ObjectValue() {
			out[string(k)] = plain(e)
		}
		return out
	case v.IsResourceReference():
		return v.ResourceReferenceValue().URN
	default:
		return v.V
	}
}
