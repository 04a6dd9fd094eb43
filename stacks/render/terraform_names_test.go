package render

import "testing"

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
