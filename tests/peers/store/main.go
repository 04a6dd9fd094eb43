// Command store times writing to the store beside `cp`, which only copies, and
// beside `cp` followed by `sync` of what it wrote, for the store's objects are
// on the disk before they are named.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "store:", err)
		os.Exit(1)
	}
}

// loads are the shapes that are written: an artifact or two, and a folder.
var loads = []struct {
	name         string
	files, bytes int
	parallel     int
}{
	{"4 files of 256 MiB, one after the other", 4, 256 << 20, 1},
	{"64 files of 16 MiB, two at once", 64, 16 << 20, 2},
	{"1,000 files of 64 KiB, two at once", 1000, 64 << 10, 2},
}

func run(ctx context.Context, out io.Writer) error {
	for _, l := range loads {
		if err := one(ctx, out, l.name, l.files, l.bytes, l.parallel); err != nil {
			return err
		}
	}
	return nil
}

func one(ctx context.Context, out io.Writer, name string, files, size, parallel int) (err error) {
	dir, err := os.MkdirTemp("", "ashlar-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	from := filepath.Join(dir, "from")
	names, err := fill(from, files, size)
	if err != nil {
		return err
	}
	var copied, synced, stored []time.Duration
	for range 3 {
		took, err := timed(func() error {
			return exec.CommandContext(ctx, "cp", "-r", from,
				filepath.Join(dir, "to")).Run()
		})
		if err != nil {
			return err
		}
		copied = append(copied, took)
		took, err = timed(func() error {
			return exec.CommandContext(ctx, "sh", "-c", `cp -r "$0" "$1" && find "$1" -type f -print0 | xargs -0 sync`,
				from, filepath.Join(dir, "to2")).Run()
		})
		if err != nil {
			return err
		}
		synced = append(synced, took)
		if took, err = timed(func() error {
			return put(ctx, filepath.Join(dir, "store"), names,
				parallel)
		}); err != nil {
			return err
		}
		stored = append(stored, took)
		for _, d := range []string{"to", "to2", "store"} {
			if err := os.RemoveAll(filepath.Join(dir, d)); err != nil {
				return err
			}
		}
	}
	c, s, p := least(copied), least(synced), least(stored)
	mib := float64(files) * float64(size) / (1 << 20)
	fmt.Fprintf(out, "%-42s store %5.0f MiB/s, cp %5.0f, cp and sync %5.0f: %.2f of cp, %.2f of cp and sync (budget 0.5)\n",
		name, mib/p.Seconds(), mib/c.Seconds(), mib/s.Seconds(), c.Seconds()/p.Seconds(), s.Seconds()/p.Seconds())
	return nil
}

func least(all []time.Duration) time.Duration {
	out := all[0]
	for _, d := range all {
		out = min(out, d)
	}
	return out
}

func timed(f func() error) (time.Duration, error) {
	began := time.Now()
	err := f()
	return time.Since(began), err
}

func fill(dir string, files, size int) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var names []string
	source := rand.NewChaCha8([32]byte{1})
	b := make([]byte, size)
	for i := range files {
		_, _ = source.Read(b) // it never errs
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

func put(ctx context.Context, dir string, names []string, parallel int) error {
	s, err := store.Open(ctx, dir)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	todo, failed := make(chan string), make(chan error, len(names))
	for range parallel {
		wg.Go(func() {
			for name := range todo {
				f, err := os.Open(name)
				if err == nil {
					_, _, err = s.Put(ctx, f)
					err = errors.Join(err, f.Close())
				}
				failed <- err
			}
		})
	}
	for _, name := range names {
		todo <- name
	}
	close(todo)
	wg.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.Close())
}
