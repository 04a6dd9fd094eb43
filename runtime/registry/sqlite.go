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
	d := &dialect{
		goose: goose.DialectSQLite3, migrations: "sqlite", inFile: true,
		reading:   sql.TxOptions{ReadOnly: true},
		transient: func(error) bool { return false }, // busy_timeout has waited already
		name:      func(location string) string { return location },
		connect:   connectSQLite,
		alone:     aloneWithSQLite,
	}
	d.prepare = func(ctx context.Context, db *sql.DB, file string) error {
		_, err := d.migrate(ctx, db, file)
		return err
	}
	return d
}

// connectSQLite opens a pool on the file. The folder is made for its owner alone:
// who can write the file can write the log, and only anchors would tell. The path
// is absolute and escaped, as the driver would read a ? or % in it as parameters.
func connectSQLite(_ context.Context, file string, opt Options) (*sql.DB, error) {
	if opt.Login.Credentials != nil {
		return nil, errors.New("a SQLite file takes no name and password; those are for a postgres:// URL")
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	parameters := url.Values{
		"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	if opt.ReadOnly {
		parameters = readOnly(file)
	} else if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: parameters.Encode()}
	db, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, err
	}
	// A few readers beside the one writer; more only contend for the file.
	db.SetMaxOpenConns(4)
	return db, nil
}

// readOnly are the parameters of a file that is only read. Where another process
// has it open, or ended without closing it, there is a log beside it, which
// SQLite reads along. Where there is none, the file says all there is, and
// SQLite must be told that nobody changes it: it would make a log to be sure.
// "immutable" skips all locking, so it must not be set while a writer may be
// active; a log of size 0 is what a clean close can leave.
func readOnly(file string) url.Values {
	out := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(30000)", "query_only(1)"}, "_txlock": {"deferred"}}
	if i, err := os.Stat(file + "-wal"); err != nil || i.Size() == 0 {
		out.Set("immutable", "1")
	}
	return out
}

// aloneWithSQLite runs f under a lock file: neither the switch to WAL nor a
// migration can be done by two processes at once, as two that start together
// on a new file would.
func aloneWithSQLite(ctx context.Context, file string, f func() error) (err error) {
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	lock := flock.New(file + ".lock")
	// The lock file stays: removing it would let a third process lock a new file
	// while a second holds the old one.
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return fmt.Errorf("lock %s.lock: %w", file, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return f()
}
