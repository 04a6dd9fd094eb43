package config

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// defaultName is the Name where there is no project to take it from.
const defaultName = "ashlar"

// NameOf makes a Name of a Pulumi project's: lower-case letters, digits and dashes, a
// letter first, at most 20 characters. One that has to be changed or cut ends in a
// digest of the whole, so that two projects never have one Name.
func NameOf(project string) string {
	var out strings.Builder
	for _, c := range strings.ToLower(project) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			c = '-'
		}
		out.WriteRune(c)
	}
	name := strings.Trim(out.String(), "-")
	if name == "" {
		return defaultName
	}
	if name[0] <= '9' {
		name = "p-" + name
	}
	if name == project && len(name) <= maxNameLength {
		return name
	}
	return shortened(maxNameLength, name, project)
}

// shortened cuts a readable text to at most longest characters, the last nine of which
// are a dash and a digest of what it is unmistakably.
func shortened(longest int, readable, whole string) string {
	const digits = 8
	sum := sha256.Sum256([]byte(whole))
	readable = strings.TrimRight(readable[:min(len(readable), longest-digits-1)], "-")
	return readable + "-" + hex.EncodeToString(sum[:])[:digits]
}

// NamespaceOf returns the namespace that the plan's objects are in. Two environments
// of a blueprint, and blueprints of one name in two repositories, have different ones.
func (c Config) NamespaceOf(p *plan.Plan) string {
	if c.Namespace != "" {
		return c.Namespace
	}
	parts := []string{c.Name, p.Name, c.Environment}
	if p.Name == c.Name {
		parts = parts[1:]
	}
	name := strings.Join(parts, "-")
	if len(name) > maxLabelLength {
		return shortened(maxLabelLength, name, strings.Join(parts, "/"))
	}
	return name
}

// SystemNamespace is where the job runs that migrates the database. Its schema is no
// blueprint's, and the job holds the owner's password: no blueprint's namespace should
// have an identity that does. It belongs to whoever owns the database: to the
// foundation on AWS, elsewhere to the stack whose config names it.
func (c Config) SystemNamespace() string {
	return c.Name + "-" + c.Environment + "-system"
}

// SchemaOf returns the PostgreSQL schema that has the registry of a Name in an
// environment: NAME__ENVIRONMENT, underscores for dashes, so that nobody has to quote it.
// A Name with two dashes in a row ends in a digest, so that the first two underscores are
// where the environment begins, and no two have one schema.
func SchemaOf(name, environment string) string {
	if strings.Contains(name, "--") {
		name = shortened(maxNameLength, strings.ReplaceAll(name, "--", "-"), name)
	}
	return strings.ReplaceAll(name+"__"+environment, "-", "_")
}

// maxBucketName leaves room for a dash and the account's twelve digits: names of
// buckets are the world's, not the account's. maxRoleName is IAM's.
const (
	maxBucketName = 63 - 13
	maxRoleName   = 64
)

// BucketName is what the name of a bucket of the workloads begins with: permissions
// name a stack's buckets by installation, environment and Name.
func (c Config) BucketName(parts ...string) string {
	return physical(maxBucketName, append([]string{c.Installation, c.Environment, c.Name}, parts...))
}

// RoleName is the name of a role of the workloads, which permissions name as buckets.
// Roles are the account's, so that the region is part of it.
func (c Config) RoleName(parts ...string) string {
	return physical(maxRoleName, append([]string{c.Installation, c.Environment, c.Name, c.Region}, parts...))
}

// physical makes a name of at most longest characters from parts: readable as far as
// that goes, and told apart by a digest of them all.
func physical(longest int, parts []string) string {
	return shortened(longest, strings.Join(parts, "-"), strings.Join(parts, "/"))
}

// Manager names the stack that manages an object, for the annotation by which two
// stacks find that they are told to manage the same.
func (c Config) Manager() string { return c.Project + "/" + c.Stack }

// AdmissionOf begins the names of what binds a blueprint's namespace to what the API
// server enforces. These objects belong to the cluster, where other stacks have a
// blueprint of the same name.
func (c Config) AdmissionOf(blueprint string) string {
	return c.Name + "-" + c.Environment + "-" + blueprint
}

// SharedAdmission begins the names of the policies that all of a stack's blueprints are
// bound to. Two stacks never have one, for what both manage the first to go would delete;
// no blueprint's name has a dot in it.
func (c Config) SharedAdmission() string {
	const digits = 8
	sum := sha256.Sum256([]byte(c.Manager()))
	return c.Name + "-" + c.Environment + ".rules-" + hex.EncodeToString(sum[:])[:digits]
}
