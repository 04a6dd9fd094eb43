// Package config is what a stack is told of the place where plans are deployed: the
// account, the region, the cluster, the engines. It says nothing of what a plan says,
// and imports no Pulumi: a Config is plain values, read from the texts of Pulumi's
// config, filled with defaults and validated before anything is registered, so that
// every problem is reported at once.
package config

import "time"

// The layers, the providers and what carries a workload. Config spells them so.
const (
	LayerFoundation = "foundation" // network, cluster, database, registry, keys: once an environment
	LayerWorkloads  = "workloads"  // what the blueprints say, on top of a foundation

	ProviderAWS        = "aws"        // AWS and the cluster that the foundation made
	ProviderKubernetes = "kubernetes" // any cluster, an S3 URL and a PostgreSQL URL; no AWS resource

	DeliveryRollout    = "rollout"    // Argo Rollouts: the endpoint's canary or blue-green steps
	DeliveryDeployment = "deployment" // a Deployment, whose pods take the steps of a strategy

	PipelinesArgo    = "argo"    // Argo Workflows
	PipelinesCronJob = "cronjob" // CronJob and Job
)

// Config says where a plan is deployed: everything that Pulumi config may say, and
// nothing of what the plan says. Defaults returns one to start from.
type Config struct {
	Layer       string // LayerFoundation or LayerWorkloads
	Provider    string // ProviderAWS or ProviderKubernetes; foundation needs ProviderAWS
	Environment string // dev, staging, prod or any that the blueprints name
	// Name is what the stack's physical names begin with, and so tells apart what
	// repositories of one account or cluster have. Default: Pulumi's project, which
	// `ashlar init` names after the repository and its owner.
	Name string
	// Installation is the foundation's Name, for workloads on AWS. Default: that of
	// the project which Foundation names.
	Installation string
	Region       string // aws:region
	CostCentre   string // tag and label; empty leaves it out

	Network  NetworkConfig
	Cluster  ClusterConfig
	Nodes    NodesConfig
	Database DatabaseConfig
	Budget   BudgetConfig
	Trail    *bool // a CloudTrail of the account; nil: in production
	Backup   BackupConfig
	GitHub   *GitHubConfig     // nil: no role for CI, unless there are tenants
	GitLab   *GitLabConfig     // instead of GitHub
	Tenants  map[string]Tenant // by name; see TenantsOf for what GitHub or GitLab says of a single one
	Existing ExistingConfig    // parts of the foundation that are there already

	// Project and Stack are Pulumi's, and together say who manages an object. They are
	// no config: whoever runs the program knows.
	Project, Stack string

	Foundation string // the foundation's stack: "organization/ashlar/foundation-prod"; workloads on AWS
	Image      string // the runtime's image, by digest or a tag that is never moved
	Namespace  string // empty: made of Name, the blueprint's name and the environment

	// Context and Server say which cluster ProviderKubernetes deploys to: a context of
	// the user's kubeconfig by its name, or by the URL of its API server.
	Context, Server string

	StoreURL string // ProviderKubernetes: s3://bucket/prefix?region=...
	// ProviderKubernetes: postgres://...; secret, so it is in no message and reaches resources only through base
	DatabaseURL string
	// DatabaseSchema is the PostgreSQL schema of the registry. Default: the search_path of
	// DatabaseURL, or SchemaOf(Name, Environment), which is always so on AWS, where the
	// foundation makes it.
	DatabaseSchema string

	// StoreKeyID and StoreKey are what pods sign in to the store with, on a cluster
	// whose pods have no identities: both or neither. StoreKey is secret, as DatabaseURL.
	StoreKeyID, StoreKey string

	// DatabaseCIDRs are where a database that DatabaseURL gives a name is, for
	// policies of the network: they know addresses only. Default: private networks.
	DatabaseCIDRs []string
	MailServer    string // host:port of the mail server that tells of failures; empty: no pod reaches any

	Tracing TracingConfig // where pods send traces

	// HighPriorityClass and LowPriorityClass are PriorityClasses of the cluster, for pods
	// whose blueprint gives them such a priority.
	HighPriorityClass, LowPriorityClass string

	// ClusterQueue is the ClusterQueue of Kueue whose quota the pipelines of the stack share;
	// empty: they wait for nothing but nodes.
	ClusterQueue string

	// KedaNamespace is where KEDA's HTTP add-on runs, for endpoints with no pods at least;
	// empty: it does not.
	KedaNamespace string

	// Ingress is what endpoints are exposed through.
	Ingress IngressConfig

	// Adopt has the workloads' objects that the cluster has already imported.
	Adopt bool

	Delivery   string // DeliveryRollout (the default on AWS) or DeliveryDeployment
	Pipelines  string // PipelinesArgo (the default on AWS) or PipelinesCronJob
	Monitoring bool   // PrometheusRule and ServiceMonitor objects; Defaults says true on AWS
	// Where the Prometheus that scrapes endpoints and Argo Rollouts' controller run: the
	// network policies of endpoints admit them.
	PrometheusNamespace, RolloutsNamespace string

	Protect *bool // nothing that bears data can be deleted; nil: in production

	// Now is when the program runs, for what ends at a date; zero: nobody is told. It
	// is no config either.
	Now time.Time

	// Folders are where relative dataset sources start from, by blueprint. Files
	// found there are uploaded on AWS; without a folder the outputs say where to
	// put them. It is no config: whoever loaded the blueprints knows.
	Folders map[string]string

	// Describe registers what the pods of each pipeline are as plain values beside
	// its job (see Described), where the job is of stages. Nothing deployed needs
	// them: whoever writes another engine's files of the same stages says so.
	Describe bool

	// Admission is what the API server enforces by itself: objects of
	// admissionregistration.k8s.io, each policy before its binding. It is no
	// config either: whoever knows the rules compiles them.
	Admission []map[string]any

	// Partial says that the run is a preview of some of the stack's blueprints. It is no
	// config either: whoever chose them knows.
	Partial bool
}

// NetworkConfig is the VPC.
type NetworkConfig struct {
	CIDR       string   // default 10.0.0.0/16
	Zones      []string // two or three; empty: the region's first two, in production three
	NATPerZone bool     // a NAT gateway a zone rather than one; Defaults says true in production
	Reserved   []string // CIDRs that the VPC must not overlap: offices, VPNs, peers
}

// ClusterConfig is the EKS cluster.
type ClusterConfig struct {
	Version        string   // Kubernetes minor version, default DefaultVersion
	PublicEndpoint bool     // the API server answers on the internet too, to PublicCIDRs
	PublicCIDRs    []string // required where PublicEndpoint is set; never the whole internet
	NodeTypes      []string // instance types of the general pool, default m6i.large
	MinNodes       int      // default 2, in production 3
	MaxNodes       int      // default 6
	Training       *PoolConfig
	GPU            bool     // the training pool has GPUs: its image and its taint say so
	Admins         []string // IAM ARNs of users and roles that administer the cluster
}

// PoolConfig is a tainted node group that training runs on. It may scale to zero.
type PoolConfig struct {
	NodeTypes []string // default m6i.2xlarge, with GPU g5.xlarge
	MinNodes  int      // default 0
	MaxNodes  int      // default 3
}

// DatabaseConfig is the RDS PostgreSQL instance.
type DatabaseConfig struct {
	InstanceClass string // default db.t4g.medium, in production db.m7g.large
	AllocatedGB   int    // default 50
	MultiAZ       *bool  // nil: in production
	BackupDays    int    // default 7, in production 30
	// BackupRegion is another region to which the automated backups are copied as they are
	// made; empty: to none.
	BackupRegion string
}

// GitHubConfig limits the roles that CI assumes: to one repository, whose
// workflows say by which of GitHub's environments, and to some namespaces.
type GitHubConfig struct {
	Repository string   // "owner/name"
	Namespaces []string // of blueprints that CI may deploy; the foundation makes them
	// ExistingIssuer: the account has GitHub's identity provider already, as another
	// foundation or `ashlar bootstrap aws` made it. It is looked up and never changed.
	ExistingIssuer bool
	State          string // bucket, or bucket/prefix, of Pulumi's state; empty: it is in none
}

// GitLabConfig is what GitHubConfig is, for a project of GitLab's, whose jobs say by the
// branch that they run for what was merged.
type GitLabConfig struct {
	GitHubConfig        // Repository: "group/project"
	Host         string // default gitlab.com
	Branch       string // whose jobs are believed, a protected one; default main
}

// Hub is what the host of the repositories has to do with the foundation, whichever it is;
// zero where there is none.
func (c Config) Hub() GitHubConfig {
	switch {
	case c.GitLab != nil:
		return c.GitLab.GitHubConfig
	case c.GitHub != nil:
		return *c.GitHub
	}
	return GitHubConfig{}
}

// HubKey is the config key that the hub is described by.
func (c Config) HubKey() string {
	if c.GitLab != nil {
		return "gitlab"
	}
	return "github"
}

// SettingsSecret is a Secret that a user may make in the namespace: how mail gets out
// (ASHLAR_SMTP_URL, ASHLAR_SMTP_FROM), what signs webhooks, and what trackers ask
// for.
const SettingsSecret = "ashlar-settings"

// Production reports whether the environment is one where data outlives
// mistakes: three zones, multi-AZ, protection.
func (c Config) Production() bool { return c.Environment == "prod" || c.Environment == "production" }

// Protected reports whether resources that bear data are protected.
func (c Config) Protected() bool { return or(c.Protect, c.Production()) }

// MultiAZ reports whether the database has a standby in another zone.
func (c Config) MultiAZ() bool { return or(c.Database.MultiAZ, c.Production()) }

// or returns what p points to, or otherwise where it is nil.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
