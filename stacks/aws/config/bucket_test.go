package config

import "testing"

func TestABucketThatExistsIsNamedInBothLayers(t *testing.T) {
	for _, layer := range []string{LayerFoundation, LayerWorkloads} {
		c, err := Read(map[string]string{"ashlar:layer": layer, "ashlar:environment": "prod", "aws:region": "eu-central-1",
			"ashlar:name": "shop", "ashlar:existing": `{"bucket":"platform.ml-data"}`,
			"ashlar:foundation": map[string]string{LayerWorkloads: "organization/acme/foundation-prod"}[layer],
			"ashlar:image":      "registry.example.com/runtime:1.0.0"}, "acme", "prod")
		if err != nil || c.Existing.Bucket != "platform.ml-data" {
			t.Fatalf("%s: %q, %v", layer, c.Existing.Bucket, err)
		}
		want := map[string]string{LayerFoundation: "shop/prod/shop/credit/", LayerWorkloads: "acme/prod/shop/credit/"}
		if got := c.DataPrefix(c.Name, "credit"); got != want[layer] {
			t.Errorf("%s: keys begin with %s", layer, got)
		}
		for _, wrong := range []string{"Platform", "s3://platform-ml", "platform-ml/prefix", "a..b", "ab"} {
			c.Existing.Bucket = wrong
			wants(t, Validate(nil, c), "config existing.bucket: ")
		}
	}
	c := sound(LayerWorkloads, ProviderKubernetes)
	c.Existing.Bucket = "platform-ml"
	wants(t, Validate(nil, c), "config existing.bucket: provider kubernetes has its bucket in storeUrl")
}

func TestBackupsAreNotInTheStoresBucket(t *testing.T) {
	c := sound(LayerWorkloads, ProviderAWS)
	c.Backup.URL = "s3://ashlar-prod-ashlar-all-123456789012/records?region=eu-west-1"
	c.Existing.Bucket = "ashlar-prod-ashlar-all-123456789012"
	wants(t, Validate(nil, c), "config backup.url: bucket", "is the store's")
}
