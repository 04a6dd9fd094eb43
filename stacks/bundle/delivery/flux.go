package delivery

import (
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
	"github.com/ashlar-dev/ashlar/stacks/wave"
)

// fluxNamespace is where `flux bootstrap` puts what it delivers.
const fluxNamespace = "flux-system"

// patience is how long a stage may take. A migration ends itself after a quarter of an
// hour; the pauses of rollouts are added to that of the last stage.
var patience = map[wave.Stage]time.Duration{wave.Setup: 2 * time.Minute, wave.Migrate: 20 * time.Minute,
	wave.Run: 15 * time.Minute}

// flux is an OCIRepository, and for each stage a Kustomization that begins when the
// objects of the one before are healthy: Flux applies the objects of one Kustomization
// together, and would start endpoints while the database is migrated.
func flux(ref name.Reference, m *bundle.Manifests, o Options) ([]object, error) {
	if o.Namespace == "" {
		o.Namespace = fluxNamespace
	}
	source := newObject("source.toolkit.fluxcd.io/v1", "OCIRepository", o.Name, o.Namespace)
	spec := object{"interval": "5m", "url": url(ref), "ref": fluxRef(ref)}
	source["spec"] = spec
	if o.PullSecret != "" {
		spec["secretRef"] = object{"name": o.PullSecret}
	}
	var out []object
	if o.Key != nil {
		secret := o.Name + "-verify"
		text, err := o.Key.PEM()
		if err != nil {
			return nil, err
		}
		spec["verify"] = object{"provider": "cosign", "secretRef": object{"name": secret}}
		keys := newObject("v1", "Secret", secret, o.Namespace)
		keys["stringData"] = object{"bundle.pub": string(text)} // public, and where Flux looks for it
		out = append(out, keys)
	}
	out = append(out, source)
	before := ""
	for _, stage := range m.Stages() {
		k := fluxStage(stage, m, o)
		if before != "" {
			k["spec"].(object)["dependsOn"] = []object{{"name": before}} //nolint:forcetypeassert // made below
		}
		before = stageName(o, stage)
		out = append(out, k)
	}
	return out, nil
}

// fluxRef names the version: a digest never changes, a tag is looked at every interval.
func fluxRef(ref name.Reference) object {
	if d, ok := ref.(name.Digest); ok {
		return object{"digest": d.DigestStr()}
	}
	return object{"tag": ref.Identifier()}
}

// stageName is the Kustomization's: that of the last stage, which people look at, is
// called as everything is.
func stageName(o Options, stage wave.Stage) string {
	if stage == wave.Run {
		return o.Name
	}
	return o.Name + "-" + string(stage)
}

// fluxStage applies one folder of the bundle, removes what has left it, and waits until
// its objects are healthy.
func fluxStage(stage wave.Stage, m *bundle.Manifests, o Options) object {
	timeout := patience[stage]
	spec := object{
		"interval": "10m", "retryInterval": "1m", "path": "./" + string(stage), "prune": true, "wait": true,
		"sourceRef": object{"kind": "OCIRepository", "name": o.Name},
	}
	if o.ServiceAccount != "" {
		spec["serviceAccountName"] = o.ServiceAccount
	}
	if rollouts := of(m, "argoproj.io", "Rollout"); stage == wave.Run && len(rollouts) > 0 {
		longest, forever := time.Duration(0), false
		for _, r := range rollouts {
			pauses, waits := pausesOf(r)
			longest, forever = max(longest, pauses), forever || waits
		}
		timeout += longest
		spec["healthCheckExprs"] = []object{rolloutHealth(forever)}
	}
	spec["timeout"] = fmt.Sprintf("%dm", int(timeout.Round(time.Minute).Minutes()))
	k := newObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", stageName(o, stage), o.Namespace)
	k["spec"] = spec
	return k
}

// rolloutHealth says in CEL when a Rollout is healthy. Flux' own rules read
// status.observedGeneration as a number; a Rollout's is a text, and is an error there.
// A Rollout that pauses until a person promotes it counts as current, or the
// Kustomization would fail after its timeout.
func rolloutHealth(waitsForPeople bool) object {
	const observed = "has(status.observedGeneration) && status.observedGeneration == string(metadata.generation)"
	phase := "status.phase == 'Healthy'"
	if waitsForPeople {
		phase = "status.phase in ['Healthy', 'Paused']"
	}
	return object{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
		"current": observed + " && has(status.phase) && " + phase,
		"failed":  observed + " && has(status.phase) && status.phase == 'Degraded'"}
}
