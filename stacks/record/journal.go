package record

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// journal is the log that a program and the SDK write to; it keeps the errors.
// The SDK reports some failures, such as a resource that is registered twice, only
// there; without keeping them a broken program would appear to succeed.
type journal struct{ monitor *monitor }

func (journal) Debug(string, *pulumi.LogArgs) error { return nil }
func (journal) Info(string, *pulumi.LogArgs) error  { return nil }
func (journal) Warn(string, *pulumi.LogArgs) error  { return nil }

// Error keeps the message. It never fails.
func (j journal) Error(message string, _ *pulumi.LogArgs) error {
	j.monitor.mu.Lock()
	defer j.monitor.mu.Unlock()
	j.monitor.errs = append(j.monitor.errs, errors.New(message))
	return nil
}
