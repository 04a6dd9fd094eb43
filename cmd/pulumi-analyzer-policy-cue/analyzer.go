package main

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
)

// none is the option that says that a folder holds no packs of its own.
const none = "none"

// analyzer serves one run of the engine. The engine may ask about several
// resources at the same time.
type analyzer struct {
	pulumirpc.UnimplementedAnalyzerServer
	dir, packs string
	now        func() time.Time
	cancel     func() // ends the process

	mu          sync.Mutex
	rules       *ruleset // nil until loaded
	environment string   // of the stack, "" where it does not say
}

// ruleset is what the engine's configuration made of the packs.
type ruleset struct {
	set    *policies.Set
	levels map[string]plan.Level // by rule, where the engine changed it
	judges sync.Pool             // a judge serves one request at a time
}

func newAnalyzer(dir, packs string, now func() time.Time, cancel func()) *analyzer {
	return &analyzer{dir: dir, packs: packs, now: now, cancel: cancel}
}

// sources are the packs: those that ship and the folder's.
func (a *analyzer) sources() ([]policies.Source, error) {
	out := policies.Shipped()
	if a.packs == none {
		return out, nil
	}
	folder := filepath.Join(a.dir, a.packs)
	own, err := policies.Folder(source.Below(folder), ".", strings.TrimPrefix(filepath.ToSlash(a.packs)+"/", "./"))
	return append(out, own...), err
}

// load compiles the packs with the engine's settings.
func (a *analyzer) load(settings map[string]map[string]any, levels map[string]plan.Level) (*ruleset, error) {
	sources, err := a.sources()
	if err == nil && len(settings) > 0 {
		var more policies.Source
		if more, err = policies.Settings("pulumi-config", settings); err == nil {
			sources = append(sources, more)
		}
	}
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	set, err := policies.New(sources...)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "the policy packs are wrong:\n"+err.Error())
	}
	r := &ruleset{set: set, levels: levels}
	r.judges.New = func() any { return set.Judge() }
	return r, nil
}

// loaded returns the rules, compiled when first asked for.
func (a *analyzer) loaded() (*ruleset, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rules == nil {
		r, err := a.load(nil, nil)
		if err != nil {
			return nil, "", err
		}
		a.rules = r
	}
	return a.rules, a.environment, nil
}

// level is the rule's level as the engine has it.
func (r *ruleset) level(rule *policies.Rule) plan.Level {
	if l, ok := r.levels[rule.ID]; ok {
		return l
	}
	return rule.Level
}

// judge runs f with a judge of its own.
func (r *ruleset) judge(f func(*policies.Judge)) {
	j := r.judges.Get().(*policies.Judge)
	defer r.judges.Put(j)
	f(j)
}

// Handshake is the first call; a wrong pack is told here.
func (a *analyzer) Handshake(context.Context,
	*pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	_, _, err := a.loaded()
	return &pulumirpc.AnalyzerHandshakeResponse{}, err
}

// ConfigureStack says which stack is looked at, and so which environment.
func (a *analyzer) ConfigureStack(_ context.Context,
	req *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.environment = environmentOf(req.GetStack(), req.GetProject(), req.GetConfig())
	return &pulumirpc.AnalyzerStackConfigureResponse{}, nil
}

// environmentOf is what the stack's config says, or else its name.
func environmentOf(stack, project string, config map[string]string) string {
	for _, key := range []string{project + ":environment", "ashlar:environment"} {
		if e := config[key]; e != "" {
			return e
		}
	}
	return policies.EnvironmentOf(stack)
}

// Cancel ends the analyzer.
func (a *analyzer) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	a.cancel()
	return &emptypb.Empty{}, nil
}

// GetPluginInfo says which build this is.
func (a *analyzer) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version()}, nil
}
