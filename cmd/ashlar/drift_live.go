package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// maxReport bounds what is read of ashlar-stack's report: findings of thousands of
// objects.
const maxReport = 64 << 20

// compared has ashlar-stack compare the cluster: it holds the Pulumi program and the
// Kubernetes client.
func (a *app) compared(ctx context.Context, f *driftFlags, dirs []string) (drift.Report, error) {
	args := append([]string{"drift"}, f.Args()...)
	if f.context != "" {
		args = append(args, "--context", f.context)
	}
	var said bounded
	asked := *a
	asked.in, asked.out = strings.NewReader(""), &said
	if err := asked.stack(ctx, append(args, dirs...)); err != nil {
		return drift.Report{}, err
	}
	var found drift.Report
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		return drift.Report{}, fmt.Errorf("%s drift: no report; is it of the same version as ashlar? %w", stackProgram,
			err)
	}
	return found, nil
}

// bounded is a buffer that refuses to grow beyond maxReport.
type bounded struct{ bytes.Buffer }

// Write adds p, or refuses it.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxReport {
		return 0, errors.New("the report is too large")
	}
	return b.Buffer.Write(p)
}
