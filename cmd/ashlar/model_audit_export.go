package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/renameio/v2"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// exportAudit writes the log to the file, whole or not at all.
func (m *modelApp) exportAudit(ctx context.Context, r *registry.Registry, file string) error {
	out, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("--export: %w", err)
	}
	defer func() { _ = out.Cleanup() }() // nothing to do once it is in place
	if err := r.ExportAudit(ctx, out); err != nil {
		return err
	}
	if err := out.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("--export: %w", err)
	}
	end, err := r.Anchor(ctx)
	if err != nil {
		return err
	}
	if m.json() {
		return m.writeJSON(map[string]any{"file": file, "end": end})
	}
	fmt.Fprintf(m.out, "%s: %s, the last %s\n", file, counted(int(end.Seq), "entry"), end.Hash)
	return nil
}

// verifyExport verifies a log that was exported.
func (m *modelApp) verifyExport(file string) error {
	in, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	end, err := registry.VerifyExport(in)
	if tampered := new(*registry.TamperedError); errors.As(err, tampered) {
		return fmt.Errorf("%w: %s does not verify: %w", errFindings, file, err)
	}
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	if m.json() {
		return m.writeJSON(map[string]any{"verified": true, "entries": end.Seq, "end": end})
	}
	fmt.Fprintf(m.out, "%s is whole: %s, each chained to the last; the last is %s\n", file,
		counted(int(end.Seq), "entry"), end.Hash)
	return nil
}
