package render

import "testing"

func TestReferencesAreTerraforms(t *testing.T) {
	if got := attribute("aws_db_instance",
		[]string{"masterUserSecrets", "0", "secretArn"}); got != ".master_user_secret[0].secret_arn" {
		t.Error(got)
	}
	if got := typeOf("data.aws_caller_identity.calleridentity"); got != "aws_caller_identity" {
		t.Error(got)
	}
}

func TestIgnoredPathsAreTerraforms(t *testing.T) {
	for path, want := range map[string]string{
		"kmsKeyId":                  "kms_key_id",
		"encryptionConfigurations":  "encryption_configuration",
		"scalingConfig.desiredSize": "scaling_config[0].desired_size",
		"tags.Name":                 `tags["Name"]`,
	} {
		if got := ignorePath("aws_ecr_repository", path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
