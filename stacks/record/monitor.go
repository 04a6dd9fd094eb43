package record

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// monitor is the engine's side: it accepts everything that an engine would and keeps
// it. The SDK calls it in this process (pulumi.MockResourceMonitor).
type monitor struct {
	info  Run
	ended func() error // why the recording has to stop; nil as long as it has not

	// mu guards what follows: the SDK registers resources from many goroutines.
	mu        sync.Mutex
	types     map[string]reflect.Type // type token -> the SDK's struct
	byURN     map[string]*Resource
	resources []*Resource
	data      []Data
	outputs   resource.PropertyMap
	refs      map[string]Reference
	errs      []error
}

// newMonitor knows the placeholders of other stacks' outputs from the start, since
// they come in by the configuration and not by a registration.
func newMonitor(run Run) *monitor {
	m := &monitor{info: run, types: map[string]reflect.Type{}, byURN: map[string]*Resource{},
		refs: map[string]Reference{}}
	for _, outputs := range run.References {
		for name := range outputs {
			ref := Reference{Variable: name}
			m.refs[placeholder(ref)] = ref
		}
	}
	return m
}

// observe learns the Go struct of every type before its first registration.
// A transformation runs in the program's process, before the registration is sent,
// and is the one place where the typed struct can be seen.
func (m *monitor) observe(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.types[args.Type] = reflect.TypeOf(args.Resource)
	return nil
}

// NewResource keeps a registered resource and answers with its ID and outputs, or
// answers what a stack reference reads.
//
// The engine refuses two resources with one URN, and so does this: a program that
// only works here would be no use.
func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	defer crash.Guard() // the SDK calls it on a goroutine of its own
	if err := m.ended(); err != nil {
		return "", nil, err
	}
	if args.ReadRPC != nil {
		return m.read(args)
	}
	r := m.resource(args)
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Type == exportsType {
		m.outputs = r.Inputs
		return "", nil, nil
	}
	if m.byURN[r.URN] != nil {
		return "", nil, fmt.Errorf("two resources of type %s are named %s under one parent", r.Type, r.Name)
	}
	m.byURN[r.URN] = r
	m.resources = append(m.resources, r)
	id, state := m.invent(r)
	return id, state, nil
}

// resource reads a registration.
// Dependencies are sorted, so that a recording does not depend on the order in which
// goroutines ran.
func (m *monitor) resource(args pulumi.MockResourceArgs) *Resource {
	in := args.RegisterRPC
	r := &Resource{
		URN: m.urn(in.GetParent(), in.GetType(), in.GetName()), Type: in.GetType(), Name: in.GetName(),
		Parent: in.GetParent(), Custom: in.GetCustom(),
		Inputs: given(args.Inputs), Dependencies: slices.Sorted(slices.Values(in.GetDependencies())),
		PropertyDependencies: map[string][]string{},
		IgnoreChanges:        in.GetIgnoreChanges(), AdditionalSecrets: in.GetAdditionalSecretOutputs(),
		DeletedWith: in.GetDeletedWith(),
		Protect:     in.GetProtect(), RetainOnDelete: in.GetRetainOnDelete(), Aliases: aliases(in),
	}
	if i := strings.LastIndex(in.GetProvider(), "::"); i > 0 {
		r.Provider = in.GetProvider()[:i]
	}
	for property, deps := range in.GetPropertyDependencies() {
		if urns := deps.GetUrns(); len(urns) > 0 {
			r.PropertyDependencies[property] = slices.Sorted(slices.Values(urns))
		}
	}
	return r
}

// aliases returns the former names of a resource, as URNs or name@type.
func aliases(in *pulumirpc.RegisterResourceRequest) []string {
	out := slices.Clone(in.GetAliasURNs())
	for _, a := range in.GetAliases() {
		if spec := a.GetSpec(); spec != nil {
			out = append(out, spec.GetName()+"@"+spec.GetType())
		} else {
			out = append(out, a.GetUrn())
		}
	}
	return out
}

// invent returns the ID and the outputs of a resource. The caller holds mu.
// A component has neither. For Kubernetes the outputs are the inputs: an object's
// content is known before it exists.
func (m *monitor) invent(r *Resource) (string, resource.PropertyMap) {
	if !r.Custom {
		return "", nil
	}
	if strings.HasPrefix(r.Type, "pulumi:providers:") || r.Package() == "kubernetes" {
		// The SDK takes for an output that is not in the answer what was put in.
		return objectID(r), nil
	}
	v := inventor{origin: Reference{URN: r.URN}, note: func(token string, ref Reference) { m.refs[token] = ref }}
	state := r.Inputs.Copy()
	if typ, ok := m.types[r.Type]; ok {
		state = v.outputs(typ, r.Inputs)
	}
	for _, name := range r.AdditionalSecrets {
		if value, ok := state[resource.PropertyKey(name)]; ok && !value.IsSecret() {
			state[resource.PropertyKey(name)] = resource.MakeSecret(value)
		}
	}
	return v.text([]string{"id"}, resource.PropertyValue{}), state
}

// objectID is a Kubernetes object's "namespace/name", or a provider's name.
func objectID(r *Resource) string {
	if meta := r.Inputs["metadata"]; meta.IsObject() {
		name, namespace := meta.ObjectValue()["name"], meta.ObjectValue()["namespace"]
		if name.IsString() && namespace.IsString() {
			return namespace.StringValue() + "/" + name.StringValue()
		}
		if name.IsString() {
			return name.StringValue()
		}
	}
	return r.Name
}

// urn is what the engine would make, with the parent's types in it.
func (m *monitor) urn(parent, typ, name string) string {
	var parentType tokens.Type
	if p := resource.URN(parent); p != "" && p.QualifiedType() != resource.RootStackType {
		parentType = p.QualifiedType()
	}
	return string(resource.NewURN(tokens.QName(m.info.Stack), tokens.PackageName(m.info.Project),
		parentType, tokens.Type(typ), name))
}

// read answers a StackReference from Run.References and refuses any other read:
// there is no cloud to read from.
func (m *monitor) read(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:StackReference" {
		return "", nil, fmt.Errorf("%s %s: reads a resource that exists only in the cloud, and the recorder has none",
			args.TypeToken, args.Name)
	}
	known, ok := m.info.References[args.ID]
	if !ok {
		return "", nil, fmt.Errorf("unknown stack %q; known are %s", args.ID,
			strings.Join(slices.Sorted(maps.Keys(m.info.References)), ", "))
	}
	outputs := resource.PropertyMap{}
	for name, value := range known {
		outputs[resource.PropertyKey(name)] = resource.NewProperty(value)
	}
	return args.ID, resource.PropertyMap{"name": resource.NewProperty(args.ID),
		"outputs": resource.NewProperty(outputs)}, nil
}

// given are the inputs as an engine keeps them: without nulls, and with its ID for a
// resource that was given as an input. It changes m.
func given(m resource.PropertyMap) resource.PropertyMap {
	for key, value := range m {
		if value.IsNull() {
			delete(m, key)
		} else {
			m[key] = plain(value)
		}
	}
	return m
}

// plain is given of one value, which it changes.
func plain(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsObject():
		return resource.NewProperty(given(v.ObjectValue()))
	case v.IsArray():
		for i, element := range v.ArrayValue() {
			v.ArrayValue()[i] = plain(element)
		}
	case v.IsSecret():
		return resource.MakeSecret(plain(v.SecretValue().Element))
	case v.IsResourceReference():
		return v.ResourceReferenceValue().ID
	}
	return v
}

// loggedErrors are the errors that the program logged, joined.
func (m *monitor) loggedErrors() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(m.errs...)
}
