package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlite keeps the registry in a file.
//
// WAL lets readers go on while another process writes. A transaction takes the
// write lock at its start ("immediate"): one that read first and wanted to
// write then would fail instead of waiting. synchronous=FULL, as an approval
// that was confirmed must survive a power failure; the registry writes far too
// seldom for that to cost anything.
func sqlite() *dialect {
	d := &dialect{goose: goose.DialectSQLite3, migrations: "sqlite"}
	d.open = func(ctx context.Context, file string) (*sql.DB, error) {
		file, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, err
		}
		parameters := url.Values{
			"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
			"_txlock": {"immediate"},
		}
		source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: parameters.Encode()}
		db, err := sql.Open("sqlite", source.String())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(4)
		if err := prepareSQLite(ctx, d, db, file); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		return db, nil
	}
	return d
}

// prepareSQLite switches the file to WAL and migrates it under a lock file:
// neither can be done by two processes at once, as two that start together on
// a new file would.
func prepareSQLite(ctx context.Context, d *dialect, db *sql.DB, file string) (err error) {
	lock := flock.New(file + ".lock")
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return fmt.Errorf("lock %s.lock: %w", file, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return d.migrate(ctx, db)
}
