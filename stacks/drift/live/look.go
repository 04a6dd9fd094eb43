package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// manager is the field manager of dry runs.
const manager = "ashlar"

// Cluster is what is asked of an API server. Nothing of it changes anything there.
type Cluster interface {
	// Object reads an object, and reports whether it is there.
	Object(ctx context.Context, of cluster.Ref) (object map[string]any, found bool, err error)
	// Applied returns what the object would be after it is applied by the field manager.
	Applied(ctx context.Context, of cluster.Ref, object map[string]any, manager string) (map[string]any, error)
	// List reads the objects of a kind, or their metadata alone.
	List(ctx context.Context, of cluster.Ref, metadata bool) ([]map[string]any, error)
}

// Look compares the rendered objects with the cluster. progress, which may be nil, hears
// of each object. Permissions that lack become notes; a cluster that does not answer is
// an error.
func Look(ctx context.Context, c Cluster, rendered []Object, options Options,
	progress func(done, of int)) (drift.Report, error) {
	l := &looker{cluster: c, seen: map[string]bool{}}
	for i, o := range rendered {
		if err := l.one(ctx, Prepared(o)); err != nil {
			return drift.Report{}, err
		}
		if progress != nil {
			progress(i+1, len(rendered))
		}
	}
	if err := l.strangers(ctx, rendered, options); err != nil {
		return drift.Report{}, err
	}
	return drift.Report{Findings: drift.Sorted(append([]drift.Finding{}, l.findings...)), Notes: l.notes,
		Compared: l.compared}, nil
}

// Options say what is looked at.
type Options struct {
	// Charts are namespaces into which Helm installs what the program does not render:
	// objects there that the program does not make are no findings.
	Charts []string
}

// looker is one comparison under way.
type looker struct {
	cluster  Cluster
	findings []drift.Finding
	notes    []string
	seen     map[string]bool // notes
	compared int
	direct   bool // dry runs are forbidden
}

func (l *looker) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !l.seen[text] {
		l.seen[text] = true
		l.notes = append(l.notes, text)
	}
}

// one compares an object.
func (l *looker) one(ctx context.Context, o Object) error {
	ref := cluster.Ref{Version: o.Version(), Kind: o.Kind(), Namespace: o.Namespace(), Name: o.Name()}
	live, found, err := l.cluster.Object(ctx, ref)
	switch {
	case errors.Is(err, cluster.ErrForbidden):
		l.note("%s is not compared: there is no permission to get objects of its kind", o.label())
		return nil
	case err != nil:
		return err
	}
	l.compared++
	if !found {
		l.findings = append(l.findings, Compare(o, nil, nil)...)
		return nil
	}
	applied, err := l.applied(ctx, ref, o)
	if err != nil {
		return err
	}
	l.findings = append(l.findings, Compare(o, live, applied)...)
	return nil
}

// applied is the dry run, or nil where there is none: values of Secrets stay here, and an
// object with unknown values would be another one.
func (l *looker) applied(ctx context.Context, ref cluster.Ref, o Object) (Object, error) {
	if l.direct || o.Kind() == "Secret" || open(map[string]any(o)) {
		return nil, nil
	}
	applied, err := l.cluster.Applied(ctx, ref, o, manager)
	var refused *cluster.RefusedError
	switch {
	case errors.Is(err, cluster.ErrForbidden):
		l.direct = true
		l.note("there is no permission to patch, so that dry runs are not possible: the fields that the program sets are compared as they are written, and fields that it no longer sets are not found")
		return nil, nil
	case errors.As(err, &refused):
		l.note("%s: the API server refuses a dry run of it, so that its fields are compared as they are written: %s",
			o.label(), cut(refused.Message))
		return nil, nil
	}
	return applied, err
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShow {
		return string(runes[:maxShow]) + "..."
	}
	return text
}
