package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/backup"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// stackFlags are which registry and store a verb is about.
type stackFlags struct{ state, registry, store string }

func (f *stackFlags) add(flags *pflag.FlagSet) {
	stateFlag(flags, &f.state)
	flags.StringVar(&f.registry, "registry", "",
		"a cluster's registry, postgres://user@host:5432/name?search_path=SCHEMA (default: $ASHLAR_DATABASE, else the local stack's)")
	flags.StringVar(&f.store, "store", "",
		"a cluster's store, s3://bucket/prefix or a folder (default: $ASHLAR_STORE, else the local stack's)")
}

// settle decides between a local stack and a cluster's registry and store, which only
// make sense together. args are the verb's, of which the second is a folder.
func (f *stackFlags) settle(a *app, args []string) error {
	local := f.state != "" || len(args) > 1
	if local && (f.registry != "" || f.store != "") {
		return usageError("--registry and --store are a cluster's, a folder and --state are of a local stack; use one")
	}
	if !local {
		f.registry = cmp.Or(f.registry, a.getenv("ASHLAR_DATABASE"))
		f.store = cmp.Or(f.store, a.getenv("ASHLAR_STORE"))
	}
	if (f.registry == "") != (f.store == "") {
		return usageError("a registry and a store belong together: set both --registry (or ASHLAR_DATABASE) and --store (or ASHLAR_STORE), or neither")
	}
	return nil
}

// open opens both, for reading and writing where fresh is set, in which case they are
// made where they are not there.
func (f *stackFlags) open(ctx context.Context, a *app, dir string, fresh bool) (*local.State, error) {
	folder := local.StateFolder(dir, f.state)
	switch {
	case f.registry == "" && fresh:
		return local.NewState(ctx, folder, a.now)
	case f.registry == "":
		return local.OpenState(ctx, folder, a.now)
	}
	if fresh {
		if err := a.migrateRegistry(ctx, f.registry); err != nil {
			return nil, err
		}
	}
	s := &local.State{}
	var err error
	if s.Registry, err = a.openRegistry(ctx, f.registry); err != nil {
		return nil, err
	}
	if s.Store, err = store.Open(ctx, f.store); err != nil {
		return nil, errors.Join(err, s.Registry.Close())
	}
	return s, nil
}

func backupVerb(a *app) *cobra.Command {
	var f stackFlags
	var keep int
	c := &cobra.Command{
		Use:   "backup TO [DIR]",
		Short: "Copy the registry, the audit log and the store to another place",
		Long: `Backup copies everything that a stack has recorded to a folder or a bucket, such as one
in another region: the registry's rows at one moment, references, and objects. Objects
that are there already are not copied again, and every backup is complete. The stack
needs no downtime. A backup that is interrupted does not exist; the next one continues.

Source data, keys of pseudonyms and other secrets are not part of it.`,
		Example: `  ashlar backup /mnt/backups/credit
  ashlar backup 's3://backups/credit?region=eu-central-1' --keep 30
  ashlar backup s3://backups/credit --registry "postgres://ashlar@host:5432/ashlar?search_path=acme__prod" --store s3://objects/store`,
		Args: func(_ *cobra.Command, args []string) error { return placeArgs("backup", "to", args) },
		RunE: func(c *cobra.Command, args []string) error {
			if keep < 0 {
				return usageError(fmt.Sprintf("--keep %d: use a number of backups from 1, or 0 to keep all", keep))
			}
			if err := f.settle(a, args); err != nil {
				return err
			}
			return a.backup(c.Context(), f, args, keep)
		},
	}
	f.add(c.Flags())
	c.Flags().IntVar(&keep, "keep", 0,
		"delete older backups than the newest so many, and what only they need (default: keep all)")
	return c
}

// placeArgs checks the arguments of a verb that takes a place of backups and a folder.
func placeArgs(verb, preposition string, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return usageError(fmt.Sprintf("%s takes the place %s which it copies, a folder or a URL such as s3://bucket/prefix, and the blueprint's folder; found %d arguments\nSee 'ashlar %s --help'.", verb, preposition, len(args), verb))
	}
	return nil
}

// backedUp is the result as JSON.
type backedUp struct {
	backup.Result
	Pruned *backup.Pruned `json:"pruned,omitempty"`
	Took   float64        `json:"took_seconds"`
}

func (a *app) backup(ctx context.Context, f stackFlags, args []string, keep int) (err error) {
	began := a.now()
	place, err := store.Open(ctx, args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	state, err := f.open(ctx, a, dirArg(args[1:]), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	out := backedUp{}
	out.Result, err = backup.Make(ctx, backup.Config{
		Place: place, Store: state.Store, Registry: state.Registry, Now: a.now, Progress: a.counting("copied"),
	})
	if err != nil {
		return damagedIsFinding(err)
	}
	if keep > 0 {
		pruned, err := backup.Prune(ctx, place, keep, a.now)
		if err != nil {
			return err
		}
		out.Pruned = &pruned
	}
	out.Took = a.now().Sub(began).Seconds()
	if a.json() {
		return a.writeJSON(out)
	}
	fmt.Fprintf(a.out, "backup %s, manifest %s\n  %s\n  copied %s (%s) in %s; what was there already is not copied again\n",
		out.ID, out.Digest, contents(out.Manifest), counted(out.Copied, "object"), plan.Bytes(out.CopiedBytes),
		elapsed(a.now().Sub(began)))
	if p := out.Pruned; p != nil && len(p.Backups) > 0 {
		fmt.Fprintf(a.out, "  deleted %s that %d newer ones follow, and %s (%s)\n", counted(len(p.Backups), "backup"), keep,
			counted(p.Objects, "object"), plan.Bytes(p.Bytes))
	}
	return nil
}

// contents says in a line what a backup has.
func contents(m *backup.Manifest) string {
	return fmt.Sprintf("%s (%s), %s, %s, audit log to entry %d (%s)", plan.Counted(m.Objects(), "object"),
		plan.Bytes(m.ObjectBytes), plan.Counted(m.References(), "reference"), plan.Counted(m.Rows()["versions"], "version"),
		m.Registry.Log.Seq, plan.ShortDigest(m.Registry.Log.Hash))
}

// damagedIsFinding makes damaged bytes, and a log that does not verify, a finding.
func damagedIsFinding(err error) error {
	if errors.Is(err, store.ErrDamaged) || errors.As(err, new(*registry.TamperedError)) {
		return fmt.Errorf("%w: %w", errFindings, err)
	}
	return err
}

// counting shows on a terminal how many objects are done, ten times a second.
func (a *app) counting(done string) backup.Progress {
	if !a.terminal(a.err) {
		return nil
	}
	var last time.Time
	return func(n, total int) {
		if n == total {
			fmt.Fprint(a.err, "\r\x1b[K")
		} else if time.Since(last) >= 100*time.Millisecond {
			last = time.Now()
			fmt.Fprintf(a.err, "\r\x1b[K  %s %d of %d objects %s", bar(n, total), n, total, done)
		}
	}
}
