package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/backup"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// restoreFlags are the flags of `ashlar restore`.
type restoreFlags struct {
	stackFlags
	at           string
	list, verify bool
}

func restoreVerb(a *app) *cobra.Command {
	var f restoreFlags
	c := &cobra.Command{
		Use:   "restore FROM [DIR]",
		Short: "Restore a backup, verify it, or list what backups there are",
		Long: `Restore fills an empty stack with what ashlar backup copied, and refuses one that has
content of its own. Every digest is verified before the bytes are used, and the audit log
before the registry is written. A restore that is interrupted is run again. Source and
target may differ: a local stack can be restored to PostgreSQL and S3, and the reverse.

What retention deleted after the backup, according to the audit logs of later backups in
the same place, is not restored, and what is restored keeps its age.`,
		Example: `  ashlar restore /mnt/backups/credit --list
  ashlar restore /mnt/backups/credit --verify
  ashlar restore /mnt/backups/credit my-model
  ashlar restore s3://backups/credit --at 20261130T0217 --registry "postgres://ashlar@host:5432/ashlar?search_path=acme__prod" --store s3://objects/store`,
		Args: func(_ *cobra.Command, args []string) error { return placeArgs("restore", "from", args) },
		RunE: func(c *cobra.Command, args []string) (err error) {
			if f.list && (f.verify || f.at != "") {
				return usageError("--list shows all backups; leave out --verify and --at")
			}
			if !f.list && !f.verify {
				if err := f.settle(a, args); err != nil {
					return err
				}
			}
			place, err := openBackups(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, place.Close()) }()
			switch {
			case f.list:
				return a.listBackups(c.Context(), place)
			case f.verify:
				return a.verifyBackup(c.Context(), place, f.at)
			}
			return a.restore(c.Context(), place, f, dirArg(args[1:]))
		},
	}
	flags := c.Flags()
	f.add(flags)
	flags.StringVar(&f.at, "at", "", "the `ID` of the backup, or the beginning of one (default: the newest)")
	flags.BoolVar(&f.list, "list", false, "list the backups of the place, and restore nothing")
	flags.BoolVar(&f.verify, "verify", false, "recompute all digests of the backup, and restore nothing")
	return c
}

// openBackups opens a place of backups to read: a folder as it is, which may be on a disk
// that cannot be written to, and is not made where it is missing.
func openBackups(ctx context.Context, at string) (*store.Store, error) {
	if strings.Contains(at, "://") {
		return store.Open(ctx, at)
	}
	return store.OpenToRead(at)
}

func (a *app) restore(ctx context.Context, place *store.Store, f restoreFlags, dir string) (err error) {
	began := a.now()
	// Before anything is made: a place without backups leaves no empty stack behind.
	if _, err := backup.Find(ctx, place, f.at); err != nil {
		return err
	}
	state, err := f.open(ctx, a, dir, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	out, err := backup.Restore(ctx, backup.Target{
		Place: place, ID: f.at, Store: state.Store, Registry: state.Registry, Progress: a.counting("restored"),
	})
	if err != nil {
		return damagedIsFinding(err)
	}
	took := a.now().Sub(began)
	if a.json() {
		return a.writeJSON(struct {
			backup.Restored
			Took float64 `json:"took_seconds"`
		}{out, took.Seconds()})
	}
	fmt.Fprintf(a.out, "restored backup %s\n  %s\n  written %s in %s; all digests are the backup's, and the audit log is whole\n",
		out.ID, contents(out.Manifest), counted(out.Written, "object"), elapsed(took))
	if out.RegistryKept {
		fmt.Fprintln(a.out, "  the registry has gone on from the backup's, and is kept as it is")
	}
	if n := len(out.LeftOut); n > 0 {
		fmt.Fprintf(a.out, "  left out %s that retention deleted after the backup\n",
			counted(n, "object or reference"))
	}
	return nil
}

func (a *app) listBackups(ctx context.Context, place *store.Store) error {
	all, err := backup.List(ctx, place)
	if err != nil {
		return err
	}
	if a.json() {
		return a.writeJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "no backup is in that place; `ashlar backup` makes one")
		return nil
	}
	rows := make([][]string, len(all))
	for i, b := range all {
		rows[i] = []string{b.ID, b.At.Format(time.RFC3339), fmt.Sprint(b.Objects()), plan.Bytes(b.ObjectBytes),
			fmt.Sprint(b.Rows()["versions"]), fmt.Sprint(b.Registry.Log.Seq)}
	}
	a.table([]string{"BACKUP", "TIME", "OBJECTS", "SIZE", "VERSIONS", "LOG ENTRIES"}, rows)
	return nil
}

func (a *app) verifyBackup(ctx context.Context, place *store.Store, at string) error {
	got, err := backup.Verify(ctx, backup.Check{Place: place, ID: at, Now: a.now, Progress: a.counting("verified")})
	if err != nil {
		return damagedIsFinding(err)
	}
	if a.json() {
		return a.writeJSON(struct {
			Verified bool `json:"verified"`
			backup.Listed
		}{true, got})
	}
	fmt.Fprintf(a.out, "backup %s is whole: %s\n", got.ID, contents(got.Manifest))
	return nil
}
