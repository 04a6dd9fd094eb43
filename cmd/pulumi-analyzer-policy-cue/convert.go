package main

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

var keep = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true}

func unmarshal(s *structpb.Struct, urn string) (resource.PropertyMap, error) {
	properties, err := plugin.UnmarshalProperties(s, keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urn, err)
	}
	return properties, nil
}

func marshal(properties resource.PropertyMap, urn string) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(properties, keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urn, err)
	}
	return s, nil
}

// registered is the resource of a request, as the engine and as rules have it.
func registered(req *pulumirpc.AnalyzeRequest) (resource.PropertyMap, policies.Registered, error) {
	properties, err := unmarshal(req.GetProperties(), req.GetUrn())
	if err != nil {
		return nil, policies.Registered{}, err
	}
	return properties, policies.Registered{URN: req.GetUrn(), Type: req.GetType(), Name: req.GetName(),
		Properties: plain(properties)}, nil
}

// plain turns properties into what rules judge: JSON's values, with what is
// unknown and what is secret marked.
func plain(properties resource.PropertyMap) map[string]any {
	out := make(map[string]any, len(properties))
	for name, v := range properties {
		if !resource.IsInternalPropertyKey(name) {
			out[string(name)] = value(v)
		}
	}
	return out
}

func value(v resource.PropertyValue) any {
	switch {
	case v.IsComputed():
		return plan.Unknown{}
	case v.IsOutput():
		return output(v.OutputValue())
	case v.IsSecret():
		return plan.Secret{Value: value(v.SecretValue().Element)}
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, one := range v.ArrayValue() {
			out[i] = value(one)
		}
		return out
	case v.IsObject():
		return plain(v.ObjectValue())
	case v.IsResourceReference():
		return string(v.ResourceReferenceValue().URN)
	case v.IsAsset():
		return map[string]any{"hash": v.AssetValue().Hash}
	case v.IsArchive():
		return map[string]any{"hash": v.ArchiveValue().Hash}
	case v.IsNull():
		return nil
	}
	return v.V // a bool, number or string
}

func output(o resource.Output) any {
	var out any = plan.Unknown{}
	if o.Known {
		out = value(o.Element)
	}
	if o.Secret {
		return plan.Secret{Value: out}
	}
	return out
}

// merge puts the values of over into a copy of base: objects are merged,
// anything else is replaced. It is policies.Remedied for the engine's values.
func merge(base, over resource.PropertyMap) resource.PropertyMap {
	out := maps.Clone(base)
	if out == nil {
		out = resource.PropertyMap{}
	}
	for name, v := range over {
		if was, ok := out[name]; ok && was.IsObject() && v.IsObject() {
			v = resource.NewObjectProperty(merge(was.ObjectValue(), v.ObjectValue()))
		}
		out[name] = v
	}
	return out
}
