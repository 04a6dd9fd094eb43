package recorded

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// What stands for a value that JSON has no word for, as Pulumi's SDK has them
// (sdk/go/common/resource/sig and plugin/rpc.go).
const (
	sigKey      = "4dabf18193072939515e22adb298388d"
	sigSecret   = "1b47061264138c4ac30d75fd1eb44270"
	sigOutput   = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
	sigResource = "5cf8f73096256a8f31e491e813e4eb8e"
	notKnown    = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	masked      = "[secret]"
)

// document is a preview, which has steps, or an export, which has a deployment.
type document struct {
	Steps []struct {
		New *state `json:"newState"`
	} `json:"steps"`
	Deployment *struct {
		Resources []state `json:"resources"`
	} `json:"deployment"`
}

// state is a resource in either.
type state struct {
	URN       string              `json:"urn"`
	Type      string              `json:"type"`
	Inputs    map[string]any      `json:"inputs"`
	Links     map[string][]string `json:"propertyDependencies"`
	Condemned bool                `json:"delete"` // replaced already, and to be deleted
}

// resources are those that are there, or will be: of several steps for one, the
// last.
// A replacement is two steps with the same URN, of which the last is what stays.
func (d document) resources() ([]Resource, error) {
	var states []state
	for _, s := range d.Steps {
		if s.New != nil {
			states = append(states, *s.New)
		}
	}
	if d.Deployment != nil {
		states = append(states, d.Deployment.Resources...)
	}
	var out []Resource
	at := map[string]int{}
	for _, s := range states {
		if s.Condemned {
			continue
		}
		i, seen := at[s.URN]
		if !seen {
			i, out = len(out), append(out, Resource{})
			at[s.URN] = i
		}
		out[i] = s.resource()
	}
	return out, nil
}

// resource is the state as rules see it: its inputs, which is what the program asked
// for. Outputs would only be there for what exists already.
func (s state) resource() Resource {
	// urn:pulumi:STACK::PROJECT::TYPES::NAME
	parts := strings.SplitN(s.URN, "::", 4)
	links := slices.Concat(slices.Collect(maps.Values(s.Links))...)
	slices.Sort(links)
	properties, _ := value(s.Inputs).(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	return Resource{
		Registered: policies.Registered{
			URN: s.URN, Type: s.Type, Name: parts[len(parts)-1], Properties: properties,
			References: slices.Compact(links),
		},
		Environment: policies.EnvironmentOf(strings.TrimPrefix(parts[0], "urn:pulumi:")),
	}
}

// value turns what was written into what rules judge.
// It changes lists and objects in place.
func value(v any) any {
	switch v := v.(type) {
	case string:
		switch v {
		case notKnown:
			return plan.Unknown{}
		case masked:
			return plan.Secret{Value: plan.Unknown{}}
		}
	case []any:
		for i, one := range v {
			v[i] = value(one)
		}
	case map[string]any:
		return special(v)
	}
	return v
}

// special is an object, or what its signature says that it stands for.
// A masked secret is what `pulumi preview --json` writes without --show-secrets: its
// value is unknown too.
func special(v map[string]any) any {
	sig, _ := v[sigKey].(string)
	switch sig {
	case "":
		for name, one := range v {
			if v[name] = value(one); strings.HasPrefix(name, "__") {
				delete(v, name) // the provider's own
			}
		}
		return v
	case sigSecret:
		text, _ := v["plaintext"].(string)
		var plain any
		if json.Unmarshal([]byte(text), &plain) != nil {
			return plan.Secret{Value: plan.Unknown{}}
		}
		return plan.Secret{Value: value(plain)}
	case sigOutput:
		var out any = plan.Unknown{}
		if known, ok := v["value"]; ok {
			out = value(known)
		}
		if secret, _ := v["secret"].(bool); secret {
			return plan.Secret{Value: out}
		}
		return out
	case sigResource:
		return v["urn"]
	}
	return map[string]any{"hash": v["hash"]} // an asset or archive
}
