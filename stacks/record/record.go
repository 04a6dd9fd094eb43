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
// It speaks the engine's own protocol over a loopback connection rather than
// pulumi.WithMocks, which hides the stack's outputs and what is secret in them.
package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

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
// ends. Nothing outside the process is touched.
//
// The listener is on a port of the loopback that the system chooses, so recordings
// can run side by side. gRPC ends it before the recording is returned, after which
// nothing writes to the monitor.
func Program(ctx context.Context, body pulumi.RunFunc, run Run) (*Recording, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	m := newMonitor(run)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.UnaryInterceptor(guarded))
	pulumirpc.RegisterResourceMonitorServer(server, m)
	pulumirpc.RegisterEngineServer(server, &engine{monitor: m})
	served := make(chan error, 1)
	go func() {
		defer crash.Guard()
		served <- server.Serve(listener)
	}()

	err = m.run(ctx, listener.Addr().String(), body)
	server.Stop()
	if serveErr := <-served; serveErr != nil && err == nil {
		err = fmt.Errorf("recorder: %w", serveErr)
	}
	if err != nil {
		return nil, err
	}
	return m.recording(), nil
}

// maxMessage bounds a message: the engine's own limit.
const maxMessage = 400 << 20

// guarded ends the program where a call panics: gRPC answers each on a
// goroutine of its own.
func guarded(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	defer crash.Guard()
	return handle(ctx, req)
}

// run executes the program against the monitor that listens on address.
// Errors of the context come first and alone: what else went wrong then follows from
// it.
func (m *monitor) run(ctx context.Context, address string, body pulumi.RunFunc) error {
	pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		Project: m.info.Project, Stack: m.info.Stack, Config: m.info.Config, Organization: "organization",
		MonitorAddr: address, EngineAddr: address, Parallel: 16,
	})
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("recorder: %w", err))
	}
	runErr := pulumi.RunWithContext(pctx, func(c *pulumi.Context) error {
		if err := c.RegisterStackTransformation(m.observe); err != nil {
			return err
		}
		return body(c)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(unwrap(runErr), m.loggedErrors(), pctx.Close())
}

// recording returns what was recorded, sorted.
// It must be called once the server has stopped, as it hands out the monitor's maps.
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
