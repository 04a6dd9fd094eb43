package deployer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Args says in which namespaces what may be done, and by whom.
type Args struct {
	Prefix     string            // of the names of the cluster's objects
	Namespaces []string          // made here, so that whoever deploys need not be able to make any
	Reserved   []string          // namespaces that what every namespace relies on runs in
	Labels     map[string]string // of every object
	Write      string            // a group of users that deploys
	Read       string            // a group of users that compares
	// Shared says that others deploy to the cluster too: what concerns all namespaces
	// is not changed here.
	Shared bool
	After  []pulumi.Resource
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("deployer: no arguments")
	}
	found := []error{object.CheckName("role", a.Prefix, object.MaxLabel), object.CheckLabels(a.Labels)}
	seen := map[string]bool{}
	for _, ns := range a.Namespaces {
		found = append(found, object.CheckName("namespace", ns, object.MaxLabel))
		if slices.Contains(own, ns) || slices.Contains(a.Reserved, ns) {
			found = append(found, fmt.Errorf("deployer: namespace %s is the cluster's own, and creating pods there grants every permission: choose another", ns))
		}
		if seen[ns] {
			found = append(found, fmt.Errorf("deployer: namespace %s is named twice", ns))
		}
		seen[ns] = true
	}
	if len(a.Namespaces) == 0 {
		found = append(found, errors.New("deployer: no namespace: name those that may be deployed to"))
	}
	if a.Write == "" || a.Read == "" || a.Write == a.Read {
		found = append(found, fmt.Errorf("deployer: groups %q and %q: want two", a.Write, a.Read))
	}
	return errors.Join(found...)
}

// own are the namespaces that clusters bring along.
var own = []string{"default", "kube-system", "kube-public", "kube-node-lease"}
