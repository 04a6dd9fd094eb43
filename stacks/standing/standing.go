// Package standing says which objects of a stack a cluster has before the stack's first
// update: what `ashlar adopt` shows, and what a preview with config adopt then does. It
// asks for each object by its name and reads no content.
//
// It is apart from the Pulumi program, since the CLI prints the report and links no
// Pulumi.
package standing

import (
	"context"
	"fmt"
)

// What a stack with config adopt does about an object.
const (
	Import = "import" // it stands: Pulumi takes it into its state, and updates what differs
	Apply  = "apply"  // it stands and cannot be imported: it is applied to what stands
	Create = "create" // it is not there
)

// Object is one that the program describes.
type Object struct {
	Version   string `json:"api_version"` // "apps/v1"
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Action    string `json:"action"` // Import, Apply or Create
}

// String is the object as kubectl and our messages name it: Kind namespace/name.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// Report is what stands. Problems are what keeps the stack from being deployed there at all,
// such as a namespace that another stack manages.
type Report struct {
	Context  string   `json:"context"` // of the kubeconfig
	Objects  []Object `json:"objects"`
	Problems []string `json:"problems,omitempty"`
}

// Count is how many objects have the action.
func (r Report) Count(action string) int {
	n := 0
	for _, o := range r.Objects {
		if o.Action == action {
			n++
		}
	}
	return n
}

// Stands reports whether the cluster has any of the objects.
func (r Report) Stands() bool { return r.Count(Create) < len(r.Objects) }

// Cluster can be asked for single objects.
type Cluster interface {
	// Has reports whether there is an object of the kind; namespace is empty for one of
	// the whole cluster.
	Has(ctx context.Context, groupVersion, kind, namespace, name string) (found bool, err error)
}

// Look asks the cluster for each object and sets its action. Imported says whether Pulumi
// can import objects of the kind. It errs with the first object that cannot be asked for:
// the rest would have the same answer.
func Look(ctx context.Context, c Cluster, objects []Object, imported func(kind string) bool) error {
	for i, o := range objects {
		found, err := c.Has(ctx, o.Version, o.Kind, o.Namespace, o.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", o, err)
		}
		switch {
		case !found:
			objects[i].Action = Create
		case imported(o.Kind):
			objects[i].Action = Import
		default:
			objects[i].Action = Apply
		}
	}
	return nil
}
