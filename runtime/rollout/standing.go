package rollout

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// Annotation of a pod template holds the digest of the version that its pods serve.
const Annotation = "ashlar.dev/model-digest"

// WithinAnnotation holds the versions that its pods have beside it.
const WithinAnnotation = "ashlar.dev/models-within"

// Assignment is what the pods of a workload serve.
type Assignment struct {
	Digest string          // of the version; "": none yet
	Within endpoint.Within // beside it, in each pod
}

// Same reports whether pods of both serve the same.
func (a Assignment) Same(b Assignment) bool {
	return a.Digest == b.Digest && a.Within.String() == b.Within.String()
}

// Standing is how far a workload is with its newest pods.
type Standing struct {
	Assignment
	Phase release.Phase // Progressing, Waiting, Promoted or Aborted
	Why   string        // it waits, or was aborted
	Steps []release.Step
	Kind  string // of the strategy: rolling, canary or blueGreen
	Step  int    // the one that it is in; len(Steps): it has done all
	// Stepping is a Rollout that is on its way by the steps of its strategy.
	Stepping bool
}

// settledOn reports whether all pods serve what is wanted.
func (s Standing) settledOn(want Assignment) bool {
	return s.Assignment.Same(want) && s.Phase == release.Promoted
}

// object are the fields that are read, of a Rollout and of a Deployment.
type object struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Spec struct {
		Replicas *int `json:"replicas"`
		Template struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
		} `json:"template"`
		Strategy struct {
			Canary *struct {
				Steps []step `json:"steps"`
			} `json:"canary"`
			BlueGreen *struct{} `json:"blueGreen"`
		} `json:"strategy"`
	} `json:"spec"`
	Status status `json:"status"`
}

type step struct {
	SetWeight *int `json:"setWeight"`
	Pause     *struct {
		Duration any `json:"duration"` // "10m", or a number of seconds
	} `json:"pause"`
	Analysis *struct {
		Templates []struct {
			Name string `json:"templateName"`
		} `json:"templates"`
	} `json:"analysis"`
}

type status struct {
	ObservedGeneration any    `json:"observedGeneration"` // a text of Rollouts, a number of Deployments
	Phase              string `json:"phase"`
	Message            string `json:"message"`
	Abort              bool   `json:"abort"`
	PromoteFull        bool   `json:"promoteFull"`
	CurrentStepIndex   *int   `json:"currentStepIndex"`

	Replicas          int         `json:"replicas"`
	UpdatedReplicas   int         `json:"updatedReplicas"`
	AvailableReplicas int         `json:"availableReplicas"`
	Conditions        []condition `json:"conditions"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

// decode reads what the API server says of a workload.
func decode(text []byte) (Standing, error) {
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		return Standing{}, fmt.Errorf("the API server's answer: %w", err)
	}
	notes := o.Spec.Template.Metadata.Annotations
	out := Standing{Assignment: Assignment{Digest: notes[Annotation]}, Phase: release.Progressing, Kind: "rolling"}
	// What somebody else wrote there is no assignment of ours: it is replaced.
	out.Within, _ = endpoint.ParseWithin(notes[WithinAnnotation])
	switch s := o.Spec.Strategy; {
	case s.BlueGreen != nil:
		out.Kind = "blueGreen"
	case s.Canary != nil && len(s.Canary.Steps) > 0:
		out.Kind, out.Steps = "canary", stepsOf(s.Canary.Steps)
	}
	if !o.observed() {
		return out, nil // its status is that of what was wanted before
	}
	if at := o.Status.CurrentStepIndex; at != nil {
		out.Step = min(max(*at, 0), len(out.Steps))
	}
	if o.Status.Phase == "" {
		out.Phase, out.Why = o.deployed()
		return out, nil
	}
	out.Phase, out.Why = o.rolled()
	out.Stepping = !o.Status.PromoteFull && (out.Phase == release.Progressing || out.Phase == release.Waiting)
	return out, nil
}

// observed reports whether the controller has seen what is wanted now.
func (o object) observed() bool {
	switch seen := o.Status.ObservedGeneration.(type) {
	case string:
		return seen == strconv.FormatInt(o.Metadata.Generation, 10)
	case float64:
		return int64(seen) >= o.Metadata.Generation
	}
	return false
}

// rolled is how far a Rollout is.
func (o object) rolled() (release.Phase, string) {
	switch s := o.Status; s.Phase {
	case "Healthy":
		return release.Promoted, ""
	case "Paused":
		return release.Waiting, s.Message
	case "Degraded":
		if s.Abort {
			return release.Aborted, s.Message
		}
		return release.Waiting, s.Message
	}
	return release.Progressing, o.Status.Message
}

// deployed is how far a Deployment is.
func (o object) deployed() (release.Phase, string) {
	s := o.Status
	for _, c := range s.Conditions {
		if c.Type == "Progressing" && c.Status == "False" {
			return release.Waiting, c.Message
		}
	}
	wanted := 1
	if o.Spec.Replicas != nil {
		wanted = *o.Spec.Replicas
	}
	if s.UpdatedReplicas >= wanted && s.Replicas == s.UpdatedReplicas && s.AvailableReplicas >= wanted {
		return release.Promoted, ""
	}
	return release.Progressing, ""
}

// stepsOf are a Rollout's steps in the words of a release.
func stepsOf(steps []step) []release.Step {
	var out []release.Step
	weight := 0
	for _, s := range steps {
		name := "step"
		switch {
		case s.SetWeight != nil:
			weight = *s.SetWeight
			name = fmt.Sprintf("setWeight %d", weight)
		case s.Pause != nil && s.Pause.Duration == nil:
			name = "pause manual"
		case s.Pause != nil:
			name = fmt.Sprintf("pause %v", s.Pause.Duration)
		case s.Analysis != nil:
			var names []string
			for _, t := range s.Analysis.Templates {
				names = append(names, t.Name)
			}
			name = "analysis " + strings.Join(names, ", ")
		}
		out = append(out, release.Step{Name: name, Weight: weight})
	}
	return out
}
