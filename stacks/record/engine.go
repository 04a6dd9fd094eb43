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
func (e *engine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if in.GetSeverity() == pulumirpc.LogSeverity_ERROR {
		e.monitor.mu.Lock()
		defer e.monitor.mu.Unlock()
		e.monitor.errs = append(e.monitor.errs, errors.New(in.GetMessage()))
	}
	return &emptypb.Empty{}, nil
}
