package aws

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// foundationConfig is an environment with everything that a config can ask for.
func foundationConfig(environment string) config.Config {
	c := config.Defaults(config.LayerFoundation, config.ProviderAWS, environment)
	c.Region, c.CostCentre = "eu-west-1", "ml-42"
	c.Cluster.PublicEndpoint, c.Cluster.PublicCIDRs = true, []string{"203.0.113.0/24"}
	c.Cluster.Training, c.Cluster.GPU = &config.PoolConfig{}, true
	c.Cluster.Admins = []string{"arn:aws:iam::123456789012:role/platform"}
	c.GitHub = &config.GitHubConfig{Repository: "acme/ml",
		Namespaces: []string{"credit-risk", "customer-churn"}, State: "acme-state/ml"}
	return c.Filled()
}

func recordFoundation(t *testing.T, c config.Config) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, Program(nil, c, nil))
}

func TestWrongInputFailsBeforeTheFirstResource(t *testing.T) {
	c := foundationConfig("prod")
	c.Network.CIDR, c.Network.Zones = "172.20.0.0/8", []string{"eu-west-1a", "eu-west-1a", "us-east-1b", "eu-west-1d"}
	c.Cluster.NodeTypes = []string{"m6i.large", "m7g.large"}
	c.Cluster.PublicCIDRs = []string{"0.0.0.0/0"}
	c.Database.AllocatedGB, c.Database.BackupDays = 1, 99
	c.GitHub.Repository = "acme/*"
	c.Name = strings.Repeat("a", 64)
	r, err := pulumitest.Run(Program(nil, c, nil))
	if err == nil || len(r.Resources) != 0 {
		t.Fatalf("error %v, %d resources", err, len(r.Resources))
	}
	for _, want := range []string{"172.20.0.0/8", "named twice", "us-east-1b", "4 zones", "0.0.0.0/0", "99", "acme/*"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}
