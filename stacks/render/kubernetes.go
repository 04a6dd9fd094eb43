package render

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ashlar-dev/ashlar/stacks/record"
	"github.com/ashlar-dev/ashlar/stacks/wave"
)

const (
	manifestsDir = "manifests/"
	crdsDir      = "crds/"
	secretsDir   = "secrets/"

	releaseType = "kubernetes:helm.sh/v3:Release"
	crdKind     = "CustomResourceDefinition"
	optionsKey  = "argocd.argoproj.io/sync-options"
	forceKey    = "kustomize.toolkit.fluxcd.io/force"

	// weighted is a kind in which all but the names of two Services is Argo Rollouts' to
	// set. Flux would set it back, in the middle of a roll-out.
	weighted = "TraefikService"
	applyKey = "kustomize.toolkit.fluxcd.io/ssa"
)

// manifest is one Kubernetes object on its way to a file.
type manifest struct {
	resource        *record.Resource
	kind, name      string
	namespace, path string
	wave            int
	body            map[string]any
}

// isObject reports whether a resource is a Kubernetes object that can be
// written as a manifest.
func isObject(r *record.Resource) bool {
	return r.Package() == "kubernetes" && r.Custom && r.Type != releaseType
}

// manifests writes a file an object and a kustomization.yaml that lists them
// in the order in which they can be applied. CustomResourceDefinitions and
// Secrets have folders of their own: the first must be there before anything
// else, the second are not for Git.
// Two objects with the same file would overwrite each other, so the second is an
// error; names that differ in ":" alone could cause that.
func manifests(rec *record.Recording, values *resolver) (Files, error) {
	var all []*manifest
	var errs []error
	seen := map[string]bool{}
	for _, r := range rec.Resources {
		if !isObject(r) {
			continue
		}
		m, err := newManifest(r, values)
		if err == nil && seen[m.path] {
			err = fmt.Errorf("%s is taken by another object of this kind and name", m.path)
		}
		if err != nil {
			errs = append(errs, failed(r, err))
			continue
		}
		seen[m.path] = true
		all = append(all, m)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	order(all)
	return layout(all)
}

// newManifest resolves an object and places it.
// Errors do not name the object; the caller adds that.
func newManifest(r *record.Resource, values *resolver) (*manifest, error) {
	if strings.HasSuffix(r.Type, "Patch") {
		return nil, errors.New("a patch of an object that another owner has cannot be a manifest")
	}
	plain, err := values.plain(resource.NewProperty(objectInputs(r)), nil, values.secrets(r))
	if err != nil {
		return nil, err
	}
	body, _ := plain.(map[string]any)
	m := &manifest{resource: r, body: body}
	m.kind, _ = body["kind"].(string)
	meta, _ := body["metadata"].(map[string]any)
	m.name, _ = meta["name"].(string)
	m.namespace, _ = meta["namespace"].(string)
	if m.kind == "" || body["apiVersion"] == nil {
		return nil, errors.New("has no kind or no apiVersion")
	}
	if m.name == "" {
		return nil, errors.New("has no metadata.name: an invented one would differ at every rendering; give it one")
	}
	tidy(meta)
	m.path = m.place()
	return m, nil
}

// objectInputs are a resource's inputs without what is Pulumi's own, and with
// a Secret's texts not yet encoded.
// It is a copy, as the recording is shared.
func objectInputs(r *record.Resource) resource.PropertyMap {
	out := r.Inputs.Copy()
	delete(out, "__fieldManager")
	return out
}

// tidy takes annotations for Pulumi's provider out of an object's metadata.
// An empty map of annotations is removed, so that objects with and without Pulumi's
// render alike.
func tidy(meta map[string]any) {
	annotations, _ := meta["annotations"].(map[string]any)
	for key := range annotations {
		if strings.HasPrefix(key, "pulumi.com/") {
			delete(annotations, key)
		}
	}
	if len(annotations) == 0 {
		delete(meta, "annotations")
	}
}

// place returns the object's file: a folder a namespace.
// RBAC names may have a colon, which some file systems cannot hold.
func (m *manifest) place() string {
	file := strings.ToLower(m.kind) + "-" + strings.ReplaceAll(m.name, ":", "-") + ".yaml"
	if m.kind == crdKind {
		return crdsDir + file
	}
	folder := m.namespace
	switch {
	case m.kind == "Namespace":
		folder = m.name
	case folder == "":
		folder = "cluster"
	}
	if m.kind == "Secret" {
		return secretsDir + folder + "/" + file
	}
	return manifestsDir + folder + "/" + file
}

// layout writes the objects and one kustomization.yaml a folder.
// Each top folder can be applied by itself, with `kubectl apply -k`.
func layout(all []*manifest) (Files, error) {
	out := Files{}
	listed := map[string][]any{}
	for _, m := range all {
		m.annotate()
		text, err := encode(m.body)
		if err != nil {
			return nil, failed(m.resource, err)
		}
		dir := m.path[:strings.Index(m.path, "/")+1]
		out[m.path] = text
		listed[dir] = append(listed[dir], strings.TrimPrefix(m.path, dir))
	}
	for dir, resources := range listed {
		text, err := encode(map[string]any{"apiVersion": "kustomize.config.k8s.io/v1beta1",
			"kind": "Kustomization", "resources": resources})
		if err != nil {
			return nil, err
		}
		out[dir+"kustomization.yaml"] = text
	}
	return out, nil
}

// annotate adds what Argo CD orders by, and lets it and Flux replace a Job, whose pod
// template cannot be changed.
// Force and Replace delete and make the Job again, which then runs again: jobs here
// can be repeated.
func (m *manifest) annotate() {
	meta, _ := m.body["metadata"].(map[string]any)
	annotations, ok := meta["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		meta["annotations"] = annotations
	}
	annotations[wave.Annotation] = fmt.Sprint(m.wave)
	if m.kind == "Job" {
		annotations[optionsKey] = "Force=true,Replace=true"
		annotations[forceKey] = "enabled"
	}
	if m.kind == weighted {
		annotations[applyKey] = "IfNotPresent"
	}
}
