//go:build unix

package custom

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// bench is a store and a folder of files, in which stages run one at a time.
type bench struct {
	t     *testing.T
	dir   string
	store *store.Store
	repo  *artifact.Repository
	cfg   Config
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	var err error
	if b.store, err = store.Open(context.Background(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if b.repo, err = artifact.NewRepository(t.Context(), b.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() })
	b.cfg = Config{
		Store: b.store, Files: b.repo, TempDir: t.TempDir(), Getenv: os.Getenv,
	}
	b.cfg.Closed = confine.Base(func(string) string { return "" }, b.dir, b.cfg.TempDir, b.store.Folder()).Deny
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	full := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// share makes a folder that commands may change besides their own.
func (b *bench) share() string {
	dir := b.t.TempDir()
	b.cfg.Confine.Write = append(b.cfg.Confine.Write, dir)
	return dir
}

// fromFile is a dep that is a file of the bench's folder.
type fromFile struct {
	b    *bench
	path string
}

func (f fromFile) Stat(ctx context.Context) (artifact.Artifact, error) {
	return f.b.repo.Stat(ctx, f.path)
}

func (f fromFile) Lay(ctx context.Context, _ artifact.Artifact, dest string) error {
	return f.b.repo.Lay(ctx, f.path, dest)
}

// run runs the stage, whose deps are files, with more of it set by the functions.
func (b *bench) run(s plan.Stage, more ...func(*Stage)) (Made, error) {
	b.t.Helper()
	r, err := New(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	one := Stage{Stage: &s}
	for _, path := range s.Deps {
		one.Deps = append(one.Deps, Dep{At: path, From: fromFile{b, path}})
	}
	for _, f := range more {
		f(&one)
	}
	return r.Run(b.t.Context(), one)
}

func (b *bench) must(s plan.Stage, more ...func(*Stage)) Made {
	b.t.Helper()
	made, err := b.run(s, more...)
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

// content reads what a stage made.
func (b *bench) content(made Made, path string) string { return b.object(made.Files[path].Digest) }

func (b *bench) object(digest string) string {
	b.t.Helper()
	text, err := b.store.GetBytes(context.Background(), digest, 1<<20)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}
