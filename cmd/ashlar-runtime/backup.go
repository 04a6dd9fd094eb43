package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/backup"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// backedUp is what the duty prints.
type backedUp struct {
	ID          string         `json:"id"`
	Manifest    string         `json:"manifest"` // its digest
	Objects     int64          `json:"objects"`
	Copied      int            `json:"copied"` // of the objects, those that were not there
	References  int64          `json:"references"`
	Entries     int64          `json:"entries"` // of the audit log
	CopiedSize  int64          `json:"copied_size"`
	ObjectsSize int64          `json:"objects_size"`
	Pruned      *backup.Pruned `json:"pruned,omitempty"`
}

func backupDuty(a *app) *cobra.Command {
	var to string
	var keep int
	c := &cobra.Command{
		Use:   "backup",
		Short: "Copy the registry, the audit log and the store to another place, once",
		Long: `Backup copies what ASHLAR_DATABASE and ASHLAR_STORE hold to a folder or a bucket. Objects
that are there already are not copied again. It reads the database and the store only.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.settings(needs{records: true})
			err = errors.Join(err, checkPlace("--to", to))
			if keep < 0 {
				err = errors.Join(err, fmt.Errorf("--keep %d: want 0, which keeps all, or more", keep))
			}
			if err != nil {
				return inputError{err}
			}
			return a.open(c.Context(), s, func(g *ground) error { return a.backup(c, g, to, keep) })
		},
	}
	c.Flags().StringVar(&to, "to", "", "the folder or the URL that it copies to, such as s3://bucket/prefix")
	c.Flags().IntVar(&keep, "keep", 0, "delete older backups than the newest so many; 0: none")
	return c
}

func (a *app) backup(c *cobra.Command, g *ground, to string, keep int) (err error) {
	ctx := c.Context()
	place, err := store.Open(ctx, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	made, err := backup.Make(ctx, backup.Config{Place: place, Store: g.store, Registry: g.registry, Now: a.now})
	if err != nil {
		return err
	}
	out := backedUp{
		ID: made.ID, Manifest: made.Digest, Objects: made.Objects(), Copied: made.Copied,
		References: made.References(), Entries: made.Registry.Log.Seq,
		CopiedSize: made.CopiedBytes, ObjectsSize: made.ObjectBytes,
	}
	if keep > 0 {
		pruned, err := backup.Prune(ctx, place, keep, a.now)
		if err != nil {
			return fmt.Errorf("backup %s is made, and older ones are not deleted: %w", made.ID, err)
		}
		out.Pruned = &pruned
	}
	a.log.Info("backed up", "id", out.ID, "objects", out.Objects, "copied", out.Copied)
	return a.print(out)
}
