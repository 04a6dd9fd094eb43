package database

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// BackupsArgs says whose automated backups are copied to another region.
//
// Backups rather than a replica in that region: a replica costs as much as the database,
// and follows a wrong DELETE within a second. Of backups any moment can be restored.
type BackupsArgs struct {
	SourceArn pulumi.StringInput // of the instance
	KMSKeyArn pulumi.StringInput // of the other region: a key does not leave its own
	Days      int                // how far back it can be restored there, 1 to 35
}

// Validate returns every problem of the arguments, joined.
func (a *BackupsArgs) Validate() error {
	if a == nil {
		return errors.New("database backups: no arguments")
	}
	var found []error
	if a.SourceArn == nil || a.KMSKeyArn == nil {
		found = append(found, errors.New("database backups: no database or no key"))
	}
	if a.Days < 1 || a.Days > 35 {
		found = append(found, fmt.Errorf("database backups: %d days: RDS keeps 1 to 35", a.Days))
	}
	return errors.Join(found...)
}

// CopyBackups registers that the backups are copied. The options carry the provider of
// the region to which they are. Deleting it ends the copying; what was copied stays
// until it is too old.
func CopyBackups(ctx *pulumi.Context, name string, args *BackupsArgs, opts ...pulumi.ResourceOption) error {
	if err := args.Validate(); err != nil {
		return err
	}
	_, err := rds.NewInstanceAutomatedBackupsReplication(ctx, name, &rds.InstanceAutomatedBackupsReplicationArgs{
		SourceDbInstanceArn: args.SourceArn.ToStringOutput(),
		KmsKeyId:            args.KMSKeyArn.ToStringOutput(),
		RetentionPeriod:     pulumi.Int(args.Days),
	}, opts...)
	if err != nil {
		return fmt.Errorf("database backups: %w", err)
	}
	return nil
}
