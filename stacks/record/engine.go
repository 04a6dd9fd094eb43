package record

import (
	"context"
	"errors"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// engine is the small other half of the protocol: logging and the root.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	monitor *monitor
}

// Log keeps what the program logs as an error.
// The SDK reports some failures, such as a resource option that is not valid, only
// there; without keeping them a broken program would appear to succeed.
func (e *engine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if in.GetSeverity() == pulumirpc.LogSeverity_ERROR {
		e.monitor.mu.Lock()
		defer e.monitor.mu.Unlock()
		e.monitor.errs = append(e.monitor.errs, errors.New(in.GetMessage()))
	}
	return &emptypb.Empty{}, nil
}
