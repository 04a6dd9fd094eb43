package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// packName is what the engine calls all packs together.
const packName = "ashlar"

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "0.0.0"
}

var levels = map[plan.Level]pulumirpc.EnforcementLevel{
	plan.Advisory: pulumirpc.EnforcementLevel_ADVISORY, plan.Mandatory: pulumirpc.EnforcementLevel_MANDATORY,
	plan.Remediate: pulumirpc.EnforcementLevel_REMEDIATE, plan.Disabled: pulumirpc.EnforcementLevel_DISABLED,
}

// everyRule is the engine's name for all rules that its config does not name.
const everyRule = "all"

func levelOf(wire pulumirpc.EnforcementLevel) plan.Level {
	for level, w := range levels {
		if w == wire {
			return level
		}
	}
	return plan.Mandatory
}

// GetAnalyzerInfo lists the rules about resources.
func (a *analyzer) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	rules, _, err := a.loaded()
	if err != nil {
		return nil, err
	}
	info := &pulumirpc.AnalyzerInfo{
		Name: packName, DisplayName: "Ashlar", Version: version(), SupportsConfig: true,
		Description: "Policy packs written in CUE: those that ship with Ashlar and those beside this PulumiPolicy.yaml",
	}
	for _, r := range rules.set.Rules() {
		if r.About != policies.Resource {
			continue
		}
		p := &pulumirpc.PolicyInfo{
			Name: r.ID, DisplayName: r.Title, Description: r.Title, Message: r.Reason,
			EnforcementLevel: levels[rules.level(r)],
			PolicyType:       pulumirpc.PolicyType_POLICY_TYPE_RESOURCE, RemediationSteps: r.Fix,
			Tags: append([]string{r.Digest}, r.References...),
		}
		if r.Stack {
			p.PolicyType = pulumirpc.PolicyType_POLICY_TYPE_STACK
		}
		if p.ConfigSchema, err = schemaOf(r); err != nil {
			return nil, err
		}
		info.Policies = append(info.Policies, p)
	}
	return info, nil
}

// schemaOf is the JSON schema of what may be set of a rule.
func schemaOf(r *policies.Rule) (*pulumirpc.PolicyConfigSchema, error) {
	if len(r.Config) == 0 {
		return nil, nil
	}
	properties := map[string]any{}
	for name, v := range r.Config {
		kind := map[plan.Kind]string{plan.IntKind: "integer", plan.FloatKind: "number", plan.StringKind: "string",
			plan.BoolKind: "boolean"}[plan.KindOf(v)]
		one := map[string]any{"default": v}
		if kind != "" {
			one["type"] = kind
		}
		properties[name] = one
	}
	s, err := structpb.NewStruct(properties)
	if err != nil {
		return nil, fmt.Errorf("%s: config: %w", r.ID, err)
	}
	return &pulumirpc.PolicyConfigSchema{Properties: s}, nil
}

// Configure takes levels and settings, by rule.
func (a *analyzer) Configure(_ context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	rules, _, err := a.loaded()
	if err != nil {
		return nil, err
	}
	settings, changed := map[string]map[string]any{}, map[string]plan.Level{}
	if all, ok := req.GetPolicyConfig()[everyRule]; ok {
		for _, r := range rules.set.Rules() {
			changed[r.ID] = levelOf(all.GetEnforcementLevel())
		}
	}
	for id, config := range req.GetPolicyConfig() {
		if id == everyRule {
			continue
		}
		r, err := rules.set.Rule(id)
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		changed[id] = levelOf(config.GetEnforcementLevel())
		if changed[id] == plan.Remediate && r.Remedy == nil {
			return nil, status.Errorf(codes.InvalidArgument,
				"policy %s has no remedy, so its level cannot be remediate", id)
		}
		if values := config.GetProperties().AsMap(); len(values) > 0 && len(r.Config) > 0 {
			settings[id] = values
		}
	}
	configured, err := a.load(settings, changed)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rules = configured
	return &emptypb.Empty{}, nil
}
