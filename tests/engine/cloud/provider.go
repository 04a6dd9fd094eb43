package cloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// provider is one package's side of the protocol.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	pkg   string
	store *Store
}

// GetPluginInfo names a version; any will do for a plugin on PATH.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "6.83.2"}, nil
}

// CheckConfig accepts every configuration.
func (p *provider) CheckConfig(_ context.Context, in *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: in.GetNews()}, nil
}

// DiffConfig sees changes and no replacement.
func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure needs nothing. Secrets are left to the engine.
func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Cancel has nothing under way.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Check refuses inputs that the cloud would refuse.
func (p *provider) Check(_ context.Context, in *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := unmarshal(in.GetNews())
	if err != nil {
		return nil, err
	}
	out := &pulumirpc.CheckResponse{Inputs: in.GetNews()}
	for property, reason := range check(resource.URN(in.GetUrn()).Type().String(), inputs) {
		out.Failures = append(out.Failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	return out, nil
}

// Diff compares the inputs property by property.
func (p *provider) Diff(_ context.Context, in *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := unmarshal(in.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(in.GetNews())
	if err != nil {
		return nil, err
	}
	typ := resource.URN(in.GetUrn()).Type().String()
	out := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	for _, key := range slices.Compact(slices.Sorted(slices.Values(append(olds.StableKeys(), news.StableKeys()...)))) {
		if olds[key].DeepEquals(news[key]) || slices.Contains(in.GetIgnoreChanges(), string(key)) {
			continue
		}
		out.Changes = pulumirpc.DiffResponse_DIFF_SOME
		out.Diffs = append(out.Diffs, string(key))
		if replaces(typ, string(key), olds[key], news[key]) {
			out.Replaces = append(out.Replaces, string(key))
		}
	}
	return out, nil
}

// Create adds a resource and answers with what the cloud invents; in a preview
// that is unknown.
func (p *provider) Create(_ context.Context, in *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	urn := resource.URN(in.GetUrn())
	inputs, err := unmarshal(in.GetProperties())
	if err != nil {
		return nil, err
	}
	id := identify(urn, inputs)
	outputs, err := marshal(invent(urn.Type().String(), id, inputs, in.GetPreview()))
	if err != nil {
		return nil, err
	}
	if in.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: outputs}, nil
	}
	if err := p.store.refused("create", string(urn)); err != nil {
		return nil, err
	}
	if err := p.store.create(Resource{Type: urn.Type().String(), ID: id, URN: string(urn),
		Inputs: inputs.Mappable()}); err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, p.store.log("create", string(urn))
}

// Update changes a resource in place.
func (p *provider) Update(_ context.Context, in *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	urn := resource.URN(in.GetUrn())
	inputs, err := unmarshal(in.GetNews())
	if err != nil {
		return nil, err
	}
	outputs, err := marshal(invent(urn.Type().String(), in.GetId(), inputs, in.GetPreview()))
	if err != nil {
		return nil, err
	}
	if in.GetPreview() {
		return &pulumirpc.UpdateResponse{Properties: outputs}, nil
	}
	if err := p.store.refused("update", string(urn)); err != nil {
		return nil, err
	}
	if err := p.store.replace(Resource{Type: urn.Type().String(), ID: in.GetId(), URN: string(urn),
		Inputs: inputs.Mappable()}); err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: outputs}, p.store.log("update", string(urn))
}

// Delete removes a resource.
func (p *provider) Delete(_ context.Context, in *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	if err := p.store.refused("delete", in.GetUrn()); err != nil {
		return nil, err
	}
	gone := Resource{Type: resource.URN(in.GetUrn()).Type().String(), ID: in.GetId(), URN: in.GetUrn()}
	if err := p.store.remove(gone); err != nil {
		return nil, err
	}
	if gone.Type == "kubernetes:core/v1:Namespace" {
		if err := p.store.empty(gone); err != nil {
			return nil, err
		}
	}
	return &emptypb.Empty{}, p.store.log("delete", in.GetUrn())
}

// Read answers with the state that the engine has: nothing drifts here. Without one
// it is an import, and the answer is what exists, or nothing.
func (p *provider) Read(_ context.Context, in *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if len(in.GetProperties().GetFields()) > 0 {
		return &pulumirpc.ReadResponse{Id: in.GetId(), Properties: in.GetProperties(), Inputs: in.GetInputs()}, nil
	}
	typ := resource.URN(in.GetUrn()).Type().String()
	found, err := p.store.find(typ, in.GetId())
	if err != nil || found == nil {
		return &pulumirpc.ReadResponse{}, err
	}
	inputs := resource.NewPropertyMapFromMap(found.Inputs)
	known, err := marshal(inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := marshal(invent(typ, in.GetId(), inputs, false))
	return &pulumirpc.ReadResponse{Id: in.GetId(), Properties: outputs, Inputs: known}, err
}

// Invoke answers the data sources that the program reads.
func (p *provider) Invoke(_ context.Context, in *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	args, err := unmarshal(in.GetArgs())
	if err != nil {
		return nil, err
	}
	answer, ok := answers[in.GetTok()]
	if found, known, err := p.store.look(in.GetTok(), args.Mappable()); err != nil {
		return nil, err
	} else if known {
		answer, ok = found, true
	}
	if look := lookups[in.GetTok()]; look != nil {
		if answer, err = look(p.store, args.Mappable()); err != nil {
			return nil, err
		}
		ok = true
	}
	if !ok {
		return nil, fmt.Errorf("the pretended cloud does not answer %s", in.GetTok())
	}
	out, err := marshal(resource.NewPropertyMapFromMap(answer))
	return &pulumirpc.InvokeResponse{Return: out}, err
}

func marshal(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true})
}

func unmarshal(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}
