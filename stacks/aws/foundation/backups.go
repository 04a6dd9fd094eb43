package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/database"
	kmskey "github.com/ashlar-dev/ashlar/components/key"
)

// What the foundation exports of the copies of backups.
const (
	outBackupRegion = "databaseBackupRegion"
	outBackupKey    = "databaseBackupKeyArn"
)

// backupKey encrypts what is copied to the other region.
func (u *builder) backupKey() *kmskey.Args {
	return &kmskey.Args{
		Alias: u.prefix() + "-backup-key", Description: "The database's backups, copied from " + u.cfg.Region,
		Account: u.at.account, Partition: u.partition(), Protect: u.cfg.Protected(), Tags: u.tags(),
	}
}

// makeBackups copies the database's automated backups to another region, where the
// config names one.
func (u *builder) makeBackups(ctx *pulumi.Context) error {
	region := u.cfg.Database.BackupRegion
	if region == "" {
		return nil
	}
	args := &aws.ProviderArgs{Region: pulumi.String(region)}
	if profile, ok := ctx.GetConfig("aws:profile"); ok { // as the region's own provider signs in
		args.Profile = pulumi.String(profile)
	}
	provider, err := aws.NewProvider(ctx, "backup", args)
	if err != nil {
		return fmt.Errorf("config database.backupRegion: %w", err)
	}
	key, err := kmskey.New(ctx, "backup-key", u.backupKey(), pulumi.Providers(provider))
	if err != nil {
		return err
	}
	u.out[outBackupRegion], u.out[outBackupKey] = pulumi.String(region), key.Arn
	return database.CopyBackups(ctx, "database", &database.BackupsArgs{
		SourceArn: u.at.databaseArn, KMSKeyArn: key.Arn, Days: u.cfg.Database.BackupDays,
	}, pulumi.Provider(provider))
}
