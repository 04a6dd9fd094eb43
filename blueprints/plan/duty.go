package plan

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Duty is what somebody does with the registry's database. Each duty is a user
// of the database with rights of its own: what serves cannot approve, and what
// trains approves only what a policy approves.
type Duty string

// The duties.
const (
	DutyServe  Duty = "serve"  // say what an endpoint serves
	DutyTrain  Duty = "train"  // register versions; approve where the version's rule is "auto"
	DutyWatch  Duty = "watch"  // read
	DutyRetain Duty = "retain" // note what was deleted for its retention
	DutyDecide Duty = "decide" // approve and reject: people, and CI on their behalf; no workload
)

// Duties returns every duty.
func Duties() []Duty { return []Duty{DutyServe, DutyTrain, DutyWatch, DutyRetain, DutyDecide} }

// User is the duty's user of the database, whose name begins as DatabaseUsers says.
func (d Duty) User(prefix string) string { return prefix + "_" + string(d) }

// PublicSchema is the schema that every PostgreSQL database has.
const PublicSchema = "public"

// schemaForm leaves room in PostgreSQL's 63 bytes for an underscore and a duty, which the
// names of a schema's users end in.
var schemaForm = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,55}$`)

// IsSchema reports whether a registry may be in a schema of that name: 1 to 56 lower-case
// letters, digits and underscores, no digit first, and not pg_, which is PostgreSQL's own.
func IsSchema(name string) bool {
	return schemaForm.MatchString(name) && !strings.HasPrefix(name, "pg_")
}

// DatabaseUsers is what the names of a schema's users begin with: the schema's name,
// since users are the server's and not the schema's. As every database has a schema
// public, its users are named after the owner.
func DatabaseUsers(owner, schema string) string {
	if schema == PublicSchema {
		return owner
	}
	return schema
}

// InSchema returns the database's URL with the schema as its search path. The other
// parameters stay as they are written.
func InSchema(database *url.URL, schema string) *url.URL {
	out := *database
	var kept []string
	for pair := range strings.SplitSeq(database.RawQuery, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && name != "search_path" {
			kept = append(kept, pair)
		}
	}
	out.RawQuery = strings.Join(append(kept, "search_path="+url.QueryEscape(schema)), "&")
	return &out
}

// DutyKey stretches the password of the database's owner to a key from which
// DutyPassword derives those of the duties: whoever deploys and whoever migrates
// agree on them without keeping or sending any, and a new password of the
// owner's is a new one of each. From a duty's password the owner's is guessed no
// faster than 600,000 rounds a guess, as OWASP's Password Storage Cheat Sheet
// has it. It takes a part of a second.
func DutyKey(owner string) ([]byte, error) {
	key, err := pbkdf2.Key(sha256.New, owner, []byte("ashlar database users"), 600_000, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("passwords of the database's users: %w", err)
	}
	return key, nil
}

// DutyPassword is the password of the user: 43 letters, digits, dashes and
// underscores.
func DutyPassword(key []byte, user string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(user))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// DutyURLs returns the URL of a schema of the database for each duty, by that of the
// owner. Where the owner has a password, each has one that is derived from it;
// elsewhere none has any.
func DutyURLs(owner, schema string) (map[Duty]string, error) {
	u, err := url.Parse(owner)
	if err != nil || u.User.Username() == "" {
		return nil, fmt.Errorf("the database's URL names no user, from whose name those of workloads are made; write it as postgres://user:password@host:5432/name")
	}
	password, has := u.User.Password()
	var key []byte
	if has {
		if key, err = DutyKey(password); err != nil {
			return nil, err
		}
	}
	out := map[Duty]string{}
	for _, d := range Duties() {
		of, name := InSchema(u, schema), d.User(DatabaseUsers(u.User.Username(), schema))
		of.User = url.User(name)
		if has {
			of.User = url.UserPassword(name, DutyPassword(key, name))
		}
		out[d] = of.String()
	}
	return out, nil
}
