// Package record runs a Pulumi program against a recording monitor instead of
// the engine, and returns what it registered: every resource with its inputs,
// parent, dependencies and options.
//
// Outputs that only a cloud knows are placeholders: fixed-width texts (and
// numbers) that survive concatenation and JSON, so that a policy built from a
// bucket's ARN is built in full and still says which bucket. Expand puts what
// the caller wants in their place. The typed Go structs of the SDKs say which
// outputs a resource has, so no list of ours has to keep up with theirs.
//
// The SDK calls the recorder in this process (pulumi.RunInfo.Mocks) and not over the
// engine's protocol, which took a third of the time of a recording. What mocks
// hide is asked for another way: errors that are only logged by a log of our own, and
// the stack's exports, with what is secret in them, as the inputs of a last resource.
package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Run is the stack that the program believes it runs in.
type Run struct {
	Project, Stack string
	Config         map[string]string // "namespace:key" -> value
	// References holds the outputs of other stacks by the name a
	// StackReference reads them under. One that is not here is an error, as it
	// is with the engine.
	References map[string]map[string]string
}

// Recording is what a program registered, in the order of the URNs. It is
// read-only and safe for concurrent use once Program has returned it.
type Recording struct {
	Resources []*Resource
	Data      []Data               // data sources that were read, in order of name
	Outputs   resource.PropertyMap // what the stack exports; secrets are wrapped

	refs map[string]Reference
}

// Program runs body and returns what it registered. It errs with what the
// program returned, with what its resources were refused for, and when ctx
// ends. Nothing outside the process is touched, so that recordings can run side by
// side.
func Program(ctx context.Context, body pulumi.RunFunc, run Run) (*Recording, error) {
	m := newMonitor(run)
	m.ended = ctx.Err
	pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		Project: run.Project, Stack: run.Stack, Config: run.Config, Organization: "organization",
		Mocks: m, Parallel: 16,
	})
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("recorder: %w", err))
	}
	pctx.Log = journal{m}
	runErr := pulumi.RunWithContext(pctx, func(c *pulumi.Context) error {
		if err := c.RegisterStackTransformation(m.observe); err != nil {
			return err
		}
		if err := apart(c, body); err != nil {
			return err
		}
		return export(c)
	})
	// The context's error comes first and alone: what else went wrong then follows
	// from it.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := errors.Join(unwrap(runErr), m.loggedErrors(), pctx.Close()); err != nil {
		return nil, err
	}
	return m.recording(), nil
}

// apart runs the program with a stack of its own: the SDK walks the stack for every
// resource, and what is below this is nobody's.
func apart(c *pulumi.Context, body pulumi.RunFunc) error {
	done := make(chan error, 1)
	go func() {
		defer crash.Guard()
		done <- body(c)
	}()
	return <-done
}

// exportsType is the type of the resource that has the stack's exports as its inputs.
const exportsType = "ashlar:record:Exports"

// export registers what the program has exported.
func export(ctx *pulumi.Context) error {
	var exports pulumi.CustomResourceState
	return ctx.RegisterResource(exportsType, "exports", pulumi.Map(ctx.GetCurrentExportMap()), &exports)
}

// recording returns what was recorded, sorted.
// It must be called once the program has ended, as it hands out the monitor's maps.
func (m *monitor) recording() *Recording {
	slices.SortFunc(m.resources, func(a, b *Resource) int { return cmp.Compare(a.URN, b.URN) })
	slices.SortFunc(m.data, func(a, b Data) int { return cmp.Compare(a.Name, b.Name) })
	return &Recording{Resources: m.resources, Data: m.data, Outputs: m.outputs, refs: m.refs}
}

// unwrap takes the SDK's frame off a program's single error, so that a reader
// sees the program's own words first.
func unwrap(err error) error {
	var many interface{ WrappedErrors() []error }
	if errors.As(err, &many) {
		return errors.Join(many.WrappedErrors()...)
	}
	return err
}
