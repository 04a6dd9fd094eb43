package record

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// monitor is the engine's side of the protocol: it accepts everything that an
// engine would and keeps it.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	info Run

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

// features that an engine of today has and the recorder keeps. Without
// resourceReferences a resource given as an input is its ID; without
// outputValues secrets and dependencies come as plain markers.
var features = []string{"secrets", "deletedWith", "aliasSpecs"}

// SupportsFeature says what the recorder understands.
func (m *monitor) SupportsFeature(_ context.Context,
	in *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: slices.Contains(features, in.GetId())}, nil
}

// RegisterPackage hands out a reference that nothing looks up.
func (m *monitor) RegisterPackage(_ context.Context,
	in *pulumirpc.RegisterPackageRequest) (*pulumirpc.RegisterPackageResponse, error) {
	return &pulumirpc.RegisterPackageResponse{Ref: in.GetName()}, nil
}

// SignalAndWaitForShutdown has nothing to wait for.
func (m *monitor) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// RegisterResource keeps the resource and answers with its outputs.
//
// The engine refuses two resources with one URN, and so does this: a program that
// only works here would be no use.
func (m *monitor) RegisterResource(_ context.Context,
	in *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	r, err := m.resource(in)
	if err != nil {
		return nil, err
	}
	if r.Type == string(resource.RootStackType) {
		return &pulumirpc.RegisterResourceResponse{Urn: r.URN}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byURN[r.URN] != nil {
		return nil, fmt.Errorf("two resources of type %s are named %s under one parent", r.Type, r.Name)
	}
	m.byURN[r.URN] = r
	m.resources = append(m.resources, r)
	id, state := m.invent(r)
	object, err := marshal(state)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.RegisterResourceResponse{Urn: r.URN, Id: id, Object: object}, nil
}

// resource reads a registration.
// Dependencies are sorted, so that a recording does not depend on the order in which
// goroutines ran.
func (m *monitor) resource(in *pulumirpc.RegisterResourceRequest) (*Resource, error) {
	inputs, err := unmarshal(in.GetObject())
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", in.GetType(), in.GetName(), err)
	}
	r := &Resource{
		URN: m.urn(in.GetParent(), in.GetType(), in.GetName()), Type: in.GetType(), Name: in.GetName(),
		Parent: in.GetParent(), Custom: in.GetCustom(),
		Inputs: inputs, Dependencies: slices.Sorted(slices.Values(in.GetDependencies())),
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
	return r, nil
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

// RegisterResourceOutputs keeps a component's outputs, and the stack's exports.
func (m *monitor) RegisterResourceOutputs(_ context.Context,
	in *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	outputs, err := unmarshal(in.GetOutputs())
	if err != nil {
		return nil, fmt.Errorf("outputs of %s: %w", in.GetUrn(), err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.byURN[in.GetUrn()]; r != nil {
		r.Outputs = outputs
	} else {
		m.outputs = outputs
	}
	return &emptypb.Empty{}, nil
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

// ReadResource answers a StackReference from Run.References and refuses any
// other read: there is no cloud to read from.
func (m *monitor) ReadResource(_ context.Context,
	in *pulumirpc.ReadResourceRequest) (*pulumirpc.ReadResourceResponse, error) {
	if in.GetType() != "pulumi:pulumi:StackReference" {
		return nil, fmt.Errorf("%s %s: reads a resource that exists only in the cloud, and the recorder has none",
			in.GetType(), in.GetName())
	}
	known, ok := m.info.References[in.GetId()]
	if !ok {
		return nil, fmt.Errorf("unknown stack %q; known are %s", in.GetId(),
			strings.Join(slices.Sorted(maps.Keys(m.info.References)), ", "))
	}
	outputs := resource.PropertyMap{}
	for name, value := range known {
		outputs[resource.PropertyKey(name)] = resource.NewProperty(value)
	}
	object, err := marshal(resource.PropertyMap{"name": resource.NewProperty(in.GetId()),
		"outputs": resource.NewProperty(outputs)})
	if err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResourceResponse{Urn: m.urn(in.GetParent(), in.GetType(),
		in.GetName()), Properties: object}, nil
}

// loggedErrors are the errors that the program logged, joined.
func (m *monitor) loggedErrors() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(m.errs...)
}

// marshal writes properties for the protocol. Secrets keep their marker, so that the
// program's own outputs are secret where its inputs were.
func marshal(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepSecrets: true})
}

// unmarshal reads properties; nulls are left out, as the engine leaves them.
func unmarshal(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepSecrets: true, SkipNulls: true})
}
