// Package bundle makes one OCI artifact of rendered manifests, pushes it to a registry
// and signs it, for Flux' OCIRepository and for Argo CD's OCI source.
//
// The artifact has one layer of media type application/vnd.oci.image.layer.v1.tar+gzip:
// Flux takes the first layer, and Argo CD exactly one, of that type by default. In it
// is a folder for each stage of package wave with a kustomization.yaml, and one above
// them that lists the folders: Argo CD applies all of it and orders by the objects'
// waves, Flux has a Kustomization for each folder.
//
// The same manifests give the same bytes: names are sorted, times and owners fixed,
// and the annotations are of the commit and not of the moment. Secrets are never in it,
// since whoever may pull an artifact reads all of it.
package bundle

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ashlar-dev/ashlar/stacks/image"
	"github.com/ashlar-dev/ashlar/stacks/wave"
)

// PlanAnnotation, with the blueprint's name after it, is the artifact's annotation with
// the digest of the plan that the blueprint's pods read.
const PlanAnnotation = "dev.ashlar.plan."

// Bundle is an artifact and its name by content.
type Bundle struct {
	Image       v1.Image
	Digest      string // sha256:...
	Annotations map[string]string
}

// Build makes the artifact of the manifests, with the annotations that say where they
// come from and those of their plans.
func Build(m *Manifests, origin Origin) (*Bundle, error) {
	files, err := m.files()
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	layer, err := image.Layer(files)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err = mutate.Append(img, mutate.Addendum{Layer: layer, MediaType: types.OCILayer})
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	b := &Bundle{Annotations: origin.annotations()}
	for blueprint, digest := range m.Plans() {
		b.Annotations[PlanAnnotation+blueprint] = digest
	}
	var ok bool
	if b.Image, ok = mutate.Annotations(img, b.Annotations).(v1.Image); !ok {
		return nil, fmt.Errorf("bundle: an annotated image is a %T", img)
	}
	h, err := b.Image.Digest()
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	b.Digest = h.String()
	return b, nil
}

// files are the contents of the layer by absolute path.
func (m *Manifests) files() (map[string][]byte, error) {
	out := map[string][]byte{}
	listed := map[wave.Stage][]Object{}
	for _, o := range m.Objects {
		text, err := o.encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o, err)
		}
		name := "/" + path.Join(string(o.Stage()), o.file)
		if out[name] != nil {
			return nil, fmt.Errorf("%s: another file leads to %s too; rename one of them", o, name)
		}
		out[name] = text
		listed[o.Stage()] = append(listed[o.Stage()], o)
	}
	var folders []string
	for _, stage := range wave.Stages() {
		if len(listed[stage]) == 0 {
			continue
		}
		folders = append(folders, string(stage))
		slices.SortFunc(listed[stage], func(a, b Object) int {
			return cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.file, b.file))
		})
		var names []string
		for _, o := range listed[stage] {
			names = append(names, o.file)
		}
		text, err := kustomization(names)
		if err != nil {
			return nil, err
		}
		out["/"+string(stage)+"/"+kustomizationFile] = text
	}
	text, err := kustomization(folders)
	out["/"+kustomizationFile] = text
	return out, err
}

const kustomizationFile = "kustomization.yaml"

// kustomization lists resources in the order in which they can be applied.
func kustomization(resources []string) ([]byte, error) {
	return encode(map[string]any{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
		"resources": resources})
}

// Stages are those that the manifests have objects of, in order.
func (m *Manifests) Stages() []wave.Stage {
	return slices.DeleteFunc(wave.Stages(), func(s wave.Stage) bool {
		return !slices.ContainsFunc(m.Objects, func(o Object) bool { return o.Stage() == s })
	})
}

// Plans are the digests of the plans that pods read, by blueprint. Where a rendering
// has several of one blueprint, as over several environments, they are joined by spaces.
func (m *Manifests) Plans() map[string]string {
	found := map[string][]string{}
	for _, o := range m.Objects {
		digest, _ := o.At("metadata", "annotations", "ashlar.dev/plan-digest").(string)
		blueprint, _ := o.At("metadata", "labels", "app.kubernetes.io/instance").(string)
		if o.Kind == "ConfigMap" && digest != "" && blueprint != "" && !slices.Contains(found[blueprint], digest) {
			found[blueprint] = append(found[blueprint], digest)
		}
	}
	out := map[string]string{}
	for blueprint, digests := range found {
		slices.Sort(digests)
		out[blueprint] = strings.Join(digests, " ")
	}
	return out
}
