package database

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args says what the database is called, how large it is and who reaches it.
type Args struct {
	Identifier    string // "ashlar-prod": of the instance, and prefix of what goes with it
	DatabaseName  string // the first database; default ashlar
	EngineVersion string // major version of PostgreSQL; default 16, minor ones follow by themselves
	InstanceClass string // "db.t4g.medium"
	AllocatedGB   int    // 20 to 65536; grows by itself up to four times this
	BackupDays    int    // 1 to 35: how far back it can be restored
	MultiAZ       bool   // a standby in another zone takes over
	// Protect refuses deletion, here and at RDS.
	Protect bool

	VPCID          pulumi.StringInput
	SubnetIDs      pulumi.StringArrayInput // private ones, in two zones at least
	ClientSecurity pulumi.StringInput      // the security group that may connect, and nothing else may
	KMSKeyArn      pulumi.StringInput      // storage, snapshots, insights and the master password
	LogKMSKeyArn   pulumi.StringInput      // the log groups
	LogDays        int                     // default 90
	Tags           map[string]string
}

const port = 5432

var (
	identifierForm = regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`)
	databaseForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	versionForm    = regexp.MustCompile(`^1[3-9]$`)
	classForm      = regexp.MustCompile(`^db\.[a-z0-9]+\.[a-z0-9]+$`)
)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("database: no arguments")
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("database: "+format, args...)) }
	// RDS allows 63; the final snapshot and the groups add to it.
	if len(a.Identifier) > 50 || !identifierForm.MatchString(a.Identifier) {
		say("identifier %q: want at most 50 of a-z 0-9 and single hyphens, a letter first", a.Identifier)
	}
	if a.DatabaseName != "" && !databaseForm.MatchString(a.DatabaseName) {
		say("database name %q: want at most 63 of a-z 0-9 _, a letter first", a.DatabaseName)
	}
	if a.EngineVersion != "" && !versionForm.MatchString(a.EngineVersion) {
		say("engine version %q: want a major version of PostgreSQL, such as 16", a.EngineVersion)
	}
	if !classForm.MatchString(a.InstanceClass) {
		say("instance class %q: want one such as db.t4g.medium", a.InstanceClass)
	}
	if a.AllocatedGB < 20 || a.AllocatedGB > 65536 {
		say("%d GB: want 20 to 65536", a.AllocatedGB)
	}
	if a.BackupDays < 1 || a.BackupDays > 35 {
		say("backups for %d days: want 1 to 35", a.BackupDays)
	}
	for _, need := range []struct {
		name string
		in   pulumi.Input
	}{
		{"VPC", a.VPCID}, {"client security group", a.ClientSecurity}, {"key", a.KMSKeyArn},
		{"key for logs", a.LogKMSKeyArn},
	} {
		if need.in == nil {
			say("no %s", need.name)
		}
	}
	if a.SubnetIDs == nil {
		say("no subnets: name private ones in two zones at least")
	}
	if !retention[a.logDays()] {
		say("logs kept %d days: CloudWatch knows 30, 60, 90, 120, 150, 180, 365, 400, 731, 1096, 1827 and others",
			a.LogDays)
	}
	return errors.Join(found...)
}

// retention holds the days that CloudWatch can keep logs, from a month up.
var retention = map[int]bool{
	30: true, 60: true, 90: true, 120: true, 150: true, 180: true, 365: true, 400: true, 545: true, 731: true,
	1096: true, 1827: true, 2192: true, 2557: true, 2922: true, 3288: true, 3653: true,
}

func (a *Args) databaseName() string { return or(a.DatabaseName, "ashlar") }

func (a *Args) engineVersion() string { return or(a.EngineVersion, "16") }

func (a *Args) logDays() int { return or(a.LogDays, 90) }

// or returns v, or otherwise where v is the zero value: no argument here has a zero
// that means something.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
