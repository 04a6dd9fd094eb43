package tracking

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// lineageFile appends a run's events to a file, a line each.
type lineageFile struct{ file, namespace string }

// newLineageFile resolves the file from the blueprint's folder, so that the same
// plan writes the same file wherever it is run from.
func newLineageFile(cfg Config, o plan.OpenLineage) *lineageFile {
	out := &lineageFile{file: filepath.FromSlash(o.File), namespace: o.Namespace}
	if !filepath.IsAbs(out.file) {
		out.file = filepath.Join(cfg.Dir, out.file)
	}
	if out.namespace == "" {
		out.namespace = cfg.Plan.Name
	}
	return out
}

func (l *lineageFile) name() string { return "openlineage-file" }

// send appends both events at once, under a lock and on the disk, unless they
// are there: a run that is told of twice is in the file once.
func (l *lineageFile) send(_ context.Context, r Record) (err error) {
	var lines bytes.Buffer
	for _, event := range events(l.namespace, r) {
		if err := json.NewEncoder(&lines).Encode(event); err != nil {
			return err
		}
	}
	// Runs of several processes may end at once, and a line is longer than what a
	// file system writes in one piece.
	lock := flock.New(l.file + ".lock")
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	f, err := os.OpenFile(l.file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole, err := lastOf(f, maxSeen)
	if err != nil || bytes.Contains(whole, lines.Bytes()) {
		return err
	}
	if n := len(whole); n > 0 && whole[n-1] != '\n' {
		// A write was cut short; what it left is ended, so that no line is torn on.
		if _, err := f.WriteString("\n"); err != nil {
			return err
		}
	}
	if _, err := f.Write(lines.Bytes()); err != nil {
		return err
	}
	return f.Sync()
}

// maxSeen is how far back it is looked whether an event was written already.
const maxSeen = 32 << 20

// lastOf returns the last bytes of a file, at most so many.
// It reads with offsets of its own, as the file is open for appending.
func lastOf(f *os.File, most int64) ([]byte, error) {
	i, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, i.Size()-most)
	return io.ReadAll(io.LimitReader(io.NewSectionReader(f, from, i.Size()-from), most))
}
