package config

import (
	"net/url"
	"slices"
	"strings"
)

// Defaults returns the Config that says nothing but where: layer, provider
// ("" is ProviderAWS) and environment. Only its names are left empty, which Filled
// makes of the project's and the foundation's.
func Defaults(layer, provider, environment string) Config {
	if provider == "" {
		provider = ProviderAWS
	}
	c := Config{Layer: layer, Provider: provider, Environment: environment}
	c.Network.NATPerZone = c.Production()
	c.Monitoring = provider == ProviderAWS
	return c.sized()
}

// Filled returns the config with every empty text and number that has a
// default set to it. Filling twice changes nothing.
func (c Config) Filled() Config {
	fill(&c.Name, NameOf(c.Project))
	fill(&c.Installation, installation(c))
	fill(&c.DatabaseSchema, searchPath(c.DatabaseURL))
	fill(&c.DatabaseSchema, SchemaOf(c.Name, c.Environment))
	return c.sized()
}

// sized fills in everything but names.
func (c Config) sized() Config {
	fill(&c.Provider, ProviderAWS)
	fill(&c.Delivery, choose(c.Provider == ProviderAWS, DeliveryRollout, DeliveryDeployment))
	fill(&c.Pipelines, choose(c.Provider == ProviderAWS, PipelinesArgo, PipelinesCronJob))

	fill(&c.PrometheusNamespace, "monitoring")
	fill(&c.RolloutsNamespace, "argo-rollouts")
	if c.Provider == ProviderKubernetes && len(c.DatabaseCIDRs) == 0 {
		c.DatabaseCIDRs = slices.Clone(PrivateRanges)
	}

	fill(&c.Network.CIDR, "10.0.0.0/16")

	fill(&c.Cluster.Version, DefaultVersion)
	fillList(&c.Cluster.NodeTypes, "m6i.large")
	fill(&c.Cluster.MinNodes, choose(c.Production(), 3, 2))
	fill(&c.Cluster.MaxNodes, max(6, c.Cluster.MinNodes))
	if c.Cluster.Training != nil {
		pool := *c.Cluster.Training
		fillList(&pool.NodeTypes, choose(c.Cluster.GPU, "g5.xlarge", "m6i.2xlarge"))
		fill(&pool.MaxNodes, max(3, pool.MinNodes))
		c.Cluster.Training = &pool
	}

	c.Nodes = c.Nodes.filled()
	if c.GitLab != nil {
		hub := *c.GitLab
		fill(&hub.Host, "gitlab.com")
		fill(&hub.Branch, "main")
		c.GitLab = &hub
	}

	fill(&c.Database.InstanceClass, choose(c.Production(), "db.m7g.large", "db.t4g.medium"))
	fill(&c.Database.AllocatedGB, 50)
	fill(&c.Database.BackupDays, choose(c.Production(), 30, 7))

	fill(&c.Backup.Schedule, "17 2 * * *")
	fill(&c.Backup.Keep, 30)

	return c
}

// searchPath is the schema that the database's URL says, "" where it says none.
func searchPath(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		return ""
	}
	return u.Query().Get("search_path")
}

// installation is the name of the foundation that a stack's Foundation names by its
// project, unless that has another by its own config; a foundation is its own.
func installation(c Config) string {
	if parts := strings.Split(c.Foundation, "/"); c.Layer == LayerWorkloads && len(parts) == 3 {
		return NameOf(parts[1])
	}
	return c.Name
}

// fill sets a field that has its zero value. So a default never contradicts a zero
// that somebody chose: fields where 0 or false means something are pointers, or have
// no default here.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// fillList sets an empty list to one entry.
func fillList(field *[]string, value string) {
	if len(*field) == 0 {
		*field = []string{value}
	}
}

// choose returns one of two defaults. Both are evaluated.
func choose[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// PrivateRanges are the ranges of private networks (RFC 1918, RFC 6598), in which a
// database with a name is looked for unless the config says otherwise: a
// NetworkPolicy knows no names.
var PrivateRanges = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}
