package live

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// owner is a field manager, as the API server records it in metadata.managedFields.
type owner struct {
	manager, operation, at string
	paths                  []owned
}

// owned is a field or an item of a list that a manager has set.
type owned struct {
	text  string
	steps fieldpath.Path
	whole bool // a value, or an item of a list with all that is in it; else fields of it follow
}

// maxPaths bounds the fields that are read of all managers of one object. The API
// server's bound on an object, 1.5 MiB, is far below it.
const maxPaths = 200_000

// owners reads who set which field of a live object. What cannot be read is left out:
// then nobody is known to have set it, and the field is compared all the same.
func owners(live Object) []owner {
	list, _ := live.meta()["managedFields"].([]any)
	var out []owner
	total := 0
	for _, one := range list {
		entry, _ := one.(map[string]any)
		e := Object(entry)
		if e.text("subresource") == "status" {
			continue
		}
		raw, err := json.Marshal(entry["fieldsV1"])
		if err != nil {
			continue
		}
		set := &fieldpath.Set{}
		if err := set.FromJSON(bytes.NewReader(raw)); err != nil {
			continue
		}
		o := owner{manager: e.text("manager"), operation: e.text("operation"), at: e.text("time")}
		leaves := set.Leaves()
		set.Iterate(func(p fieldpath.Path) {
			if total++; total <= maxPaths && len(p) > 0 {
				o.paths = append(o.paths, owned{pathText(p), p.Copy(), p[len(p)-1].FieldName == nil || leaves.Has(p)})
			}
		})
		out = append(out, o)
	}
	return out
}

// pathText writes a path as the walker does.
func pathText(p fieldpath.Path) string {
	text := ""
	for _, step := range p {
		switch {
		case step.FieldName != nil:
			text = under(text, *step.FieldName)
		case step.Key != nil:
			names, item := []string{}, map[string]any{}
			for _, field := range *step.Key {
				names = append(names, field.Name)
				item[field.Name] = field.Value.Unstructured()
			}
			text = within(text, names, item)
		default:
			text += "[" + strings.TrimLeft(step.String(), "=") + "]"
		}
	}
	return text
}

// setter returns who set the field last: the manager of the path itself, of what it is
// part of (a list that is replaced as a whole) or of what is in it.
func setter(all []owner, path string) (by owner, found bool) {
	for _, o := range all {
		for _, p := range o.paths {
			if (p.text == path || inside(path, p.text) || inside(p.text, path)) && (!found || o.at > by.at) {
				by, found = o, true
			}
		}
	}
	return by, found
}

// inside reports whether path is a part of whole.
func inside(path, whole string) bool {
	rest, ok := strings.CutPrefix(path, whole)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// controller is a program of the cluster that changes objects of ours as it should. It
// is known by its manager's name and by what it may change: anybody can call himself
// kube-controller-manager, but nobody gets a container past the comparison that way.
type controller struct {
	manager string // the beginning of its name; empty: anybody
	kinds   string // one kind, or several with spaces; empty: all
	path    *regexp.Regexp
}

// controllers is the list that a further one is added to.
var controllers = []controller{
	// The autoscaler and the Deployment's own controller.
	{"kube-controller-manager", "Deployment StatefulSet Rollout", regexp.MustCompile(`^spec\.replicas$`)},
	{"kube-controller-manager", "", regexp.MustCompile(`^metadata\.annotations\[deployment\.kubernetes\.io/`)},
	{"kube-controller-manager", "PersistentVolumeClaim",
		regexp.MustCompile(`^spec\.volumeName$|^metadata\.annotations\[(pv|volume)\.(beta\.)?kubernetes\.io/`)},
	{"kube-scheduler", "PersistentVolumeClaim", regexp.MustCompile(`^metadata\.annotations\[volume\.kubernetes\.io/`)},
	{"horizontal-pod-autoscaler", "Deployment StatefulSet Rollout", regexp.MustCompile(`^spec\.replicas$`)},
	// KEDA starts the first pod and removes the last, and finds its scalers by a label.
	{"keda", "Deployment StatefulSet Rollout", regexp.MustCompile(`^spec\.replicas$`)},
	{"keda", "ScaledObject", regexp.MustCompile(`^metadata\.labels\[scaledobject\.keda\.sh/name\]$`)},
	// Argo Rollouts counts revisions, points Services to a revision's pods and shifts weights.
	{"rollouts-controller", "Rollout", regexp.MustCompile(`^spec\.replicas$|^metadata\.annotations\[rollout\.argoproj\.io/`)},
	{"rollouts-controller", "Service",
		regexp.MustCompile(`^spec\.selector\.rollouts-pod-template-hash$|^metadata\.annotations\[argo-rollouts\.argoproj\.io/`)},
	{"rollouts-controller", "Deployment", regexp.MustCompile(`^spec\.replicas$`)},
	{"rollouts-controller", "HTTPRoute", regexp.MustCompile(`^spec\.rules`)},
	{"rollouts-controller", "TraefikService", regexp.MustCompile(`^spec\.weighted`)},
	// What releases versions names the one that new pods serve.
	{"ashlar-release", "Deployment Rollout",
		regexp.MustCompile(`^spec\.template\.metadata\.annotations\[ashlar\.dev/model-digest\]$`)},
	{"workflow-controller", "CronWorkflow WorkflowTemplate",
		regexp.MustCompile(`^metadata\.(annotations|labels)\[(workflows\.argoproj\.io|cronworkflows\.argoproj\.io)/`)},
	// The API server itself, and what delivers the objects, for its own bookkeeping.
	{"", "", regexp.MustCompile(`^metadata\.finalizers|^metadata\.ownerReferences`)},
	{"", "", regexp.MustCompile(`^metadata\.(annotations|labels)\[(` + deliverersPattern() + `)`)},
	{"", "Namespace", regexp.MustCompile(`^metadata\.labels\[kubernetes\.io/metadata\.name\]$|^spec\.finalizers`)},
	{"", "CustomResourceDefinition", regexp.MustCompile(`^spec\.conversion`)}, // its defaults
	{"", "", regexp.MustCompile(`^status`)},
}

func deliverersPattern() string {
	quoted := make([]string, len(deliverers))
	for i, prefix := range deliverers {
		quoted[i] = regexp.QuoteMeta(prefix)
	}
	return strings.Join(quoted, "|")
}

// expectedOf reports whether the manager may set the field of the kind.
func expectedOf(manager, kind, path string) bool {
	for _, c := range controllers {
		if strings.HasPrefix(manager, c.manager) && c.path.MatchString(path) &&
			(c.kinds == "" || strings.Contains(" "+c.kinds+" ", " "+kind+" ")) {
			return true
		}
	}
	return false
}
