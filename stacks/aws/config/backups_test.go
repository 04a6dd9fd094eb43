package config

import (
	"strings"
	"testing"
)

func TestTheRegionOfBackupsIsAnother(t *testing.T) {
	if c, err := readNodes(t, map[string]string{"database.backupRegion": "eu-west-1"}); err != nil ||
		c.Database.BackupRegion != "eu-west-1" {
		t.Fatalf("%+v, %v", c.Database, err)
	}
	for region, want := range map[string]string{
		"Ireland": "is not a region", "eu-central-1": "name another", "cn-north-1": "of the same partition",
		"us-gov-west-1": "of the same partition",
	} {
		if _, err := readNodes(t, map[string]string{"database.backupRegion": region}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", region, err, want)
		}
	}
	if _, err := readNodes(t, map[string]string{"database.backupRegion": "eu-west-1", "existing.database": "pg",
		"existing.vpc": "vpc-01234567", "existing.subnets": "subnet-01234567,subnet-12345678"}); err == nil ||
		!strings.Contains(err.Error(), "config database.backupRegion: existing.database") {
		t.Errorf("a database that exists: %v", err)
	}
}
