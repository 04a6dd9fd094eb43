package promote

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// recordRule is the name of findings about evidence and a registry. Like pinRule it
// is not a rule of a pack, so nobody can turn it off.
const recordRule = "pin/recorded"

// Record is what a registry has of a model.
type Record struct {
	Register *govern.Register // nil: no registry was found
	Name     string           // of the registry, for messages; without what a URL may hold of secrets
	Named    bool             // the user named it, so it must have the model
}

// Compare compares the evidence of a pin with what the registry recorded. Edited
// evidence refuses the pin, evidence that could not be compared is an advisory, and
// nil is evidence that equals the record.
func (r Record) Compare(pin plan.Pin, of govern.Promotion) (*policies.Finding, error) {
	model := of.Version.Model
	about := func(level plan.Level, message, fix string) *policies.Finding {
		return &policies.Finding{
			Policy: recordRule, Title: "A pin's evidence is what the registry recorded", Level: level,
			Message: "pin of " + model + ": " + message, Fix: fix,
			Reason: "the digest of evidence says only that the file is the one that is pinned; an editor can compute a new one",
		}
	}
	const name = "name the registry that it was registered in with --registry URL"
	if r.Register == nil {
		return about(plan.Advisory, fmt.Sprintf("the evidence of version %d was not compared with a registry: none was found", pin.Version), name), nil
	}
	recorded, err := of.Compare(*r.Register)
	if err != nil {
		return nil, err
	}
	switch {
	case len(recorded.Wrong) > 0:
		return about(plan.Mandatory, fmt.Sprintf("the evidence of version %d is not what %s recorded: %s", pin.Version,
				r.Name, strings.Join(recorded.Wrong, "; ")),
				"promote the version again, so that its evidence is written from the record, and find out who edited it"),
			nil
	case recorded.Version == 0 && r.Named:
		return about(plan.Mandatory, fmt.Sprintf("%s has no version of this model and data", r.Name), name), nil
	case recorded.Version == 0:
		return about(plan.Advisory, fmt.Sprintf("the evidence of version %d was not compared: %s has no version of this model and data", pin.Version, r.Name), name), nil
	case !recorded.Whole:
		return about(plan.Advisory, fmt.Sprintf("only the measurements in the evidence of version %d were compared: %s has the model as version %d, trained again", pin.Version, r.Name, recorded.Version), name), nil
	}
	return nil, nil
}
