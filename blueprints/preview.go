package blueprints

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// preview returns the tree of a pull request's environment; ok is false where the
// environment is another one, or has an overlay of its own.
func (b *blueprint) preview(environment string) (tree *node, ok bool, err error) {
	if b.overlays[environment] != nil && environment != plan.PreviewOverlay {
		return nil, false, nil
	}
	if _, ok := plan.PreviewNumber(environment); !ok {
		if environment != plan.PreviewOverlay || b.overlays[environment] == nil {
			return nil, false, nil
		}
		return nil, false, Problems{b.at(b.overlays[environment].pos, "environments."+environment,
			fmt.Sprintf("%q is the overlay of all previews, and nothing runs in it", environment),
			"name the preview of a pull request, such as --env "+plan.PreviewEnvironment(12)).As(source.UnknownEnvironment)}
	}
	if b.overlays[plan.PreviewOverlay] == nil {
		return nil, false, Problems{{File: b.file, Path: "environments", Code: source.UnknownEnvironment,
			Message: fmt.Sprintf("%q is the preview of a pull request, and the blueprint does not say how previews differ", environment),
			Hint: "add environments: preview: {...}: a share of the rows (datasets: NAME: sample: 0.2), " +
				"one replica, and anonymise where a column is sensitive"}}
	}
	return b.previewTree(), true, nil
}

// previewTree is the blueprint with the overlay of previews on top. Pins are left out
// unless the overlay has its own: a preview has a registry of its own, in which the
// numbers of the others' versions mean nothing.
func (b *blueprint) previewTree() *node {
	base := *b.base
	base.fields = nil
	for _, f := range b.base.fields {
		if f.name != "pins" {
			base.fields = append(base.fields, f)
		}
	}
	return overlay(&base, b.overlays[plan.PreviewOverlay])
}

// loadOverlay loads a declared environment, and of the overlay of previews what they
// will run with.
func (b *blueprint) loadOverlay(name string) (Loaded, error) {
	if name == plan.PreviewOverlay {
		return b.read(name, b.previewTree(), nil)
	}
	return b.load(name)
}
