package registry

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgres keeps the registry in a PostgreSQL database, in the first schema of
// the search path, so that one database can hold several registries
// (postgres://.../name?search_path=staging).
//
// Writers take a table lock first and read after it, in READ COMMITTED, where
// each statement sees what was committed before it. That makes them one after
// the other by design; SERIALIZABLE would make all but one of them fail and
// start again. Readers are not kept waiting by it.
//
// It is migrated by Migrate alone, never by opening: a service has no business
// with the right to change a schema.
func postgres() *dialect {
	d := &dialect{
		goose: goose.DialectPostgres, migrations: "postgres", numbered: true,
		lock:      `LOCK TABLE audit_head IN EXCLUSIVE MODE`,
		reading:   sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
		transient: transientInPostgres,
		name:      namePostgres,
		connect:   connectPostgres,
		schema:    schemaOfPostgres,
	}
	d.prepare = func(ctx context.Context, db *sql.DB, _ string) error { return d.known(ctx, db) }
	return d
}

// What the database's URL may set otherwise.
var postgresDefaults = map[string]string{"application_name": "ashlar", "connect_timeout": "10"}

// sessionDefaults too, but they are set once connected: poolers in between
// refuse what they do not know when a connection starts. A writer that stops in
// the middle of a change, its node gone, must not keep all others out.
var sessionDefaults = map[string]string{"lock_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}

// connectPostgres opens a pool and connects to nothing yet. Four connections are
// enough: writers are one at a time anyway, and a cluster has many processes that
// share a database's limit.
func connectPostgres(_ context.Context, location string, opt Options) (*sql.DB, error) {
	config, err := configurePostgres(location, opt.Login)
	if err != nil {
		return nil, err
	}
	// Credentials are asked for each connection: an IAM token lives for 15
	// minutes, a pooled connection for up to 30.
	db := stdlib.OpenDB(*config, stdlib.OptionBeforeConnect(func(ctx context.Context, c *pgx.ConnConfig) error {
		if opt.Login.Credentials == nil {
			return nil
		}
		var err error
		c.User, c.Password, err = opt.Login.Credentials(ctx, Target{Host: c.Host, Port: c.Port, User: userOf(location)})
		return err
	}), stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		for name, value := range sessionDefaults {
			if _, set := config.RuntimeParams[name]; set {
				continue
			}
			if _, err := c.Exec(ctx, fmt.Sprintf(`SET %s = '%s'`, name, value)); err != nil {
				return err
			}
		}
		return nil
	}))
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(30 * time.Minute) // so that a failover's old address is left
	return db, nil
}

// consent is what a database's URL must have to be connected to without TLS over
// a network. It is not the server's to hear of.
const consent = "ashlar_plaintext=allowed"

// consented takes the consent out of a query.
// It is compared as written, without decoding, so that no other spelling consents
// by accident. The rest keeps its order and its escapes.
func consented(query string) (rest string, trusted bool) {
	var kept []string
	for _, p := range strings.Split(query, "&") {
		if p == consent {
			trusted = true
			continue
		}
		kept = append(kept, p)
	}
	return strings.Join(kept, "&"), trusted
}

// configurePostgres reads the URL. Its errors never repeat it: what does not
// parse cannot be told from its password.
// Its parts come first in the URL, then in PGSSLMODE and the other variables that
// pgx reads, then here: verify-full, where libpq would default to prefer, which
// falls back to no encryption.
func configurePostgres(location string, login Login) (*pgx.ConnConfig, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, errors.New("the database's URL does not parse; write it as postgres://user@host:5432/name, a password in it with % escapes")
	}
	var trusted bool
	u.RawQuery, trusted = consented(u.RawQuery)
	q := u.Query()
	add := func(name, value string) { u.RawQuery += "&" + name + "=" + value } // what is there stays as it was written
	if !q.Has("sslmode") && !q.Has("ssl") && os.Getenv("PGSSLMODE") == "" {
		add("sslmode", "verify-full")
	}
	for name, value := range postgresDefaults {
		if !q.Has(name) {
			add(name, value)
		}
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery, "&")
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("the database's URL has a part that PostgreSQL does not take; write it as postgres://user@host:5432/name?sslmode=verify-full")
	}
	if plain(config) && !here(config.Host) {
		if login.Credentials != nil && !login.OfURL {
			return nil, errors.New("a token or a secret would go over the network in the clear: use sslmode=verify-full in the database's URL")
		}
		if !trusted {
			return nil, errors.New("the database's URL lets everything go over the network in the clear, the password and decisions too: use sslmode=verify-full, or add ashlar_plaintext=allowed to it where the network itself is trusted")
		}
	}
	// InsecureSkipVerify is how pgx expresses sslmode=require, which verifies
	// nothing, and verify-ca, which verifies in a callback of its own.
	if login.Roots != nil && q.Get("sslrootcert") == "" && config.TLSConfig != nil &&
		!config.TLSConfig.InsecureSkipVerify {
		config.TLSConfig.RootCAs = login.Roots
	}
	return config, nil
}

// userOf is the user that the URL names, or "": the driver would take the
// machine's.
func userOf(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return cmp.Or(u.User.Username(), u.Query().Get("user"))
}

// plain reports whether there may be a connection without TLS.
// sslmode=prefer and allow try both, as fallbacks; an attacker on the network can
// make the encrypted attempt fail.
func plain(config *pgx.ConnConfig) bool {
	return config.TLSConfig == nil || slices.ContainsFunc(config.Fallbacks,
		func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// here reports whether the host is this machine.
// A host that begins with a slash is the folder of a Unix socket.
func here(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || len(host) > 0 && host[0] == '/' || err == nil && ip.IsLoopback()
}

// namePostgres is the URL without password and options.
// Options may hold a password too, hence only the parts that are known not to.
func namePostgres(location string) string {
	config, err := configurePostgres(location, Login{})
	if err != nil {
		return "postgres://..."
	}
	named := url.URL{Scheme: "postgres", Host: config.Host, Path: "/" + config.Database}
	if config.Port != 0 {
		named.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	}
	if user := userOf(location); user != "" {
		named.User = url.User(user)
	}
	return named.String()
}

// known checks that this program works with the schema, without writing.
func (d *dialect) known(ctx context.Context, db *sql.DB) error {
	s, err := d.schemaOf(ctx, db)
	if err != nil {
		return err
	}
	if s.have == 0 {
		others, err := texts(ctx, handle{db, d}, `SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'audit_head' ORDER BY n.nspname LIMIT 20`)
		if err == nil && len(others) > 0 {
			return fmt.Errorf("this schema of the database has no registry, but %s: add search_path=SCHEMA to the parameters of its URL", strings.Join(others, ", "))
		}
	}
	return s.check(d)
}

// schemaOfPostgres is where new tables are made. What the registry keeps is
// Unicode, so the database must be able to hold it.
func schemaOfPostgres(ctx context.Context, db *sql.DB) (string, error) {
	var encoding string
	var schema sql.NullString
	err := db.QueryRowContext(ctx, `SELECT current_schema(), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()`).Scan(&schema, &encoding)
	if err != nil {
		return "", err
	}
	if encoding != "UTF8" {
		return "", fmt.Errorf("the database is encoded as %s; make one with: CREATE DATABASE ashlar ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	if !schema.Valid {
		return "", errors.New("no schema of the search path exists; make one with: CREATE SCHEMA name")
	}
	return schema.String, nil
}
