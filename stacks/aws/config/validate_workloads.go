package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var (
	labelForm      = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	costCentreForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	stackForm      = regexp.MustCompile(`^[\w.-]+/[\w.-]+/[\w.-]+$`)
	digestForm     = regexp.MustCompile(`^[a-z0-9]([\w.:/-]*[a-z0-9])?@sha256:[0-9a-f]{64}$`)
	priorityForm   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	taggedForm     = regexp.MustCompile(`^[a-z0-9]([\w.:/-]*[a-z0-9])?:[\w][\w.-]{0,127}$`)
)

// The longest names that leave room for what is derived from them: a bucket's
// 63 characters hold installation, environment, blueprint, dataset and a
// suffix; a CronJob's 52 hold blueprint concepts and a prefix.
const (
	maxNameLength        = 20
	maxEnvironmentLength = 12
	MaxConceptLength     = 40
	maxLabelLength       = 63
	// What permissions name by a pattern must not be cut from a name. A bucket's ends in
	// a digest of eight characters, and so does a role's, which has the region as well.
	maxPrefixLength = min(maxBucketName-9, maxRoleName-9-len("-ap-northeast-1"))
	maxClassLength  = 253
)

// layer checks what says which program runs: layer, provider, region.
func (p *problems) layer() {
	c := p.cfg
	p.choice("layer", c.Layer, LayerFoundation, LayerWorkloads)
	p.choice("provider", c.Provider, ProviderAWS, ProviderKubernetes)
	if p.foundation() && c.Provider == ProviderKubernetes {
		p.key("layer", "provider kubernetes has no foundation: the cluster is there already; set layer to workloads")
	}
	if c.Provider == ProviderAWS && !regionForm.MatchString(c.Region) {
		p.key("aws:region", "%q is not a region; run `pulumi config set aws:region eu-central-1`", c.Region)
	}
}

// choice reports a value that is none of the allowed.
func (p *problems) choice(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		p.key(key, "%q; use %s", value, strings.Join(allowed, " or "))
	}
}

// names checks the parts that physical names, tags and labels are made of.
func (p *problems) names() {
	c := p.cfg
	p.label("name", c.Name, maxNameLength)
	p.label("environment", c.Environment, maxEnvironmentLength)
	if c.CostCentre != "" && (len(c.CostCentre) > maxLabelLength || !costCentreForm.MatchString(c.CostCentre)) {
		p.key("costCentre", "%q is a tag and a label: letters, digits, '.', '_' and '-', at most %d",
			c.CostCentre, maxLabelLength)
	}
}

// label checks a name by the rules of a DNS label, the strictest of the places in
// which it ends up, and by the length that what is derived from it leaves.
func (p *problems) label(key, value string, longest int) {
	if len(value) > longest || !labelForm.MatchString(value) {
		p.key(key, "%q: want lower-case letters, digits and dashes, a letter first, at most %d characters", value,
			longest)
	}
}

// workloads checks what only the workloads layer reads.
func (p *problems) workloads() {
	c := p.cfg
	if c.Layer != LayerWorkloads {
		p.image()
		return
	}
	p.choice("delivery", c.Delivery, DeliveryRollout, DeliveryDeployment)
	p.choice("pipelines", c.Pipelines, PipelinesArgo, PipelinesCronJob)
	if c.Namespace != "" {
		p.label("namespace", c.Namespace, maxLabelLength)
	}
	p.image()
	if c.ClusterQueue != "" && (len(c.ClusterQueue) > maxClassLength || !priorityForm.MatchString(c.ClusterQueue)) {
		p.key("clusterQueue", "%q is not the name of a ClusterQueue; `kubectl get clusterqueues` lists those of the cluster", c.ClusterQueue)
	}
	if c.KedaNamespace != "" {
		p.label("kedaNamespace", c.KedaNamespace, maxLabelLength)
	}
	p.label("prometheusNamespace", c.PrometheusNamespace, maxLabelLength)
	p.label("rolloutsNamespace", c.RolloutsNamespace, maxLabelLength)
	for key, class := range map[string]string{"highPriorityClass": c.HighPriorityClass,
		"lowPriorityClass": c.LowPriorityClass} {
		if class != "" && (len(class) > maxClassLength || !priorityForm.MatchString(class)) {
			p.key(key, "%q is not the name of a PriorityClass; `kubectl get priorityclasses` lists those of the cluster", class)
		}
	}
	if c.Provider == ProviderKubernetes {
		p.anyCluster()
		return
	}
	p.label("installation", c.Installation, maxNameLength)
	if prefix := c.Installation + "-" + c.Environment + "-" + c.Name; len(prefix) > maxPrefixLength {
		p.key("name", "%s, which the names of buckets and roles begin with, is longer than %d characters; choose a shorter one by `pulumi config set name NAME`", prefix, maxPrefixLength)
	}
	if c.Context != "" || c.Server != "" {
		p.key("context", "context and server are for provider kubernetes; on AWS the cluster is the foundation's")
	}
	if !stackForm.MatchString(c.Foundation) {
		p.key("foundation", "%q; name the foundation's stack as organization/ashlar/foundation-%s (`pulumi stack ls` lists them)", c.Foundation, c.Environment)
	}
	if c.DatabaseSchema != SchemaOf(c.Name, c.Environment) {
		p.key("databaseSchema", "databaseSchema is for provider kubernetes; on AWS the foundation makes %s", SchemaOf(c.Name, c.Environment))
	}
	if c.StoreURL != "" || c.DatabaseURL != "" || c.StoreKeyID != "" || c.StoreKey != "" {
		p.key("storeUrl", "storeUrl, databaseUrl and the store's keys are for provider kubernetes; on AWS the foundation and the workloads make the first two, and pods have identities")
	}
}

// image wants a reference that names the same bytes tomorrow: a digest, or a tag. A
// tag that moves would change what runs without a change of the stack, so "latest",
// which is made to move, is refused.
func (p *problems) image() {
	image := p.cfg.Image
	if image == "" && p.foundation() {
		return // it has no registry yet
	}
	tagged := taggedForm.MatchString(image) && !strings.HasSuffix(image, ":latest")
	if !tagged && !digestForm.MatchString(image) {
		p.key("image", "%q; name the runtime's image by digest (registry/ashlar-runtime@sha256:...) or by a tag that is never moved; `ashlar image push` prints it", image)
	}
}

// anyCluster checks where the store and the database of ProviderKubernetes
// are. What the database URL holds is in no message.
func (p *problems) anyCluster() {
	c := p.cfg
	if c.Foundation != "" {
		p.key("foundation", "provider kubernetes has no foundation; leave it out")
	}
	store, err := url.Parse(c.StoreURL)
	if err != nil || store.Scheme != "s3" || store.Host == "" {
		p.key("storeUrl", "%q; write it as s3://bucket/prefix?region=eu-central-1", c.StoreURL)
	}
	if err == nil && store.User != nil {
		p.key("storeUrl", "holds credentials; run `pulumi config set storeAccessKeyId ID` and `pulumi config set --secret storeSecretAccessKey KEY` instead")
	}
	if (c.StoreKeyID == "") != (c.StoreKey == "") {
		p.key("storeAccessKeyId", "storeAccessKeyId and storeSecretAccessKey go together: set both, or neither where pods have identities")
	}
	database, err := url.Parse(c.DatabaseURL)
	if err != nil || (database.Scheme != "postgres" && database.Scheme != "postgresql") || database.Host == "" ||
		database.User.Username() == "" || strings.Trim(database.Path, "/") == "" {
		p.key("databaseUrl", "not set, or not a PostgreSQL URL; run `pulumi config set --secret databaseUrl 'postgres://user:password@host:5432/database?sslmode=verify-full'`")
	}
	p.schema()
}

// schema checks where in the database the registry is.
func (p *problems) schema() {
	schema := p.cfg.DatabaseSchema
	if in := searchPath(p.cfg.DatabaseURL); in != "" && in != schema {
		p.key("databaseSchema", "%q, but databaseUrl has another search_path; leave one of them out", schema)
	}
	if !plan.IsSchema(schema) {
		p.key("databaseSchema", "%q: want lower-case letters, digits and underscores, no digit first and not pg_, at most 56 characters", schema)
	}
}

// egress checks where pods may go to that no blueprint and no URL says.
func (p *problems) egress() {
	c := p.cfg
	if c.Layer != LayerWorkloads {
		return
	}
	if c.Provider == ProviderAWS && len(c.DatabaseCIDRs) > 0 {
		p.key("databaseCidrs", "the database is the foundation's, inside its network; leave it out")
	}
	for _, text := range c.DatabaseCIDRs {
		if prefix, err := netip.ParsePrefix(text); err != nil || prefix != prefix.Masked() {
			p.key("databaseCidrs", "%q is not a range of addresses; write it as 10.1.2.0/24", text)
		}
	}
	if c.MailServer == "" {
		return
	}
	host, port, err := net.SplitHostPort(c.MailServer)
	if n, atoi := strconv.Atoi(port); err != nil || atoi != nil || n < 1 || n > 65535 || !hostForm.MatchString(host) {
		p.key("mailServer", "%q: write it as host:port, such as smtp.example.com:587; its user and password are in the Secret %s", c.MailServer, SettingsSecret)
	}
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}$`)

// plans checks the plans together: there, of this environment, with names that
// fit what is derived from them and that do not collide.
func (p *problems) plans(plans []*plan.Plan) {
	if len(plans) == 0 {
		if p.foundation() && !knownEnvironment(p.cfg.Environment) {
			p.key("environment", "%q is named by no blueprint; without blueprints it is dev, staging or prod",
				p.cfg.Environment)
		}
		if p.cfg.Layer == LayerWorkloads {
			p.key("blueprints", "there is no blueprint to deploy")
		}
		return
	}
	if len(plans) > 1 && p.cfg.Namespace != "" {
		p.key("namespace", "%d blueprints would share it; leave it out, and each gets a namespace with its own name",
			len(plans))
	}
	seen := map[string]bool{}
	for _, one := range plans {
		if seen[one.Name] {
			p.found = append(p.found, fmt.Errorf("blueprint %s: two blueprints have this name; names are unique in an installation", one.Name))
		}
		seen[one.Name] = true
		p.plan(one)
	}
	p.hosts(plans)
}

// plan checks that a plan is of this environment, and that its names fit what is made
// of them. The loader refuses the same names (a test compares the limits); here they
// are checked for plans that another program made.
func (p *problems) plan(one *plan.Plan) {
	say := func(format string, args ...any) {
		p.found = append(p.found, fmt.Errorf("blueprint %s: %s", one.Name, fmt.Sprintf(format, args...)))
	}
	if one.Environment != p.cfg.Environment {
		say("planned for %s, but config environment is %s", one.Environment, p.cfg.Environment)
	}
	concepts := map[string][]string{
		"blueprint": {one.Name}, "model": sorted(one.Models), "pipeline": sorted(one.Pipelines),
		"endpoint": sorted(one.Endpoints),
	}
	for _, noun := range sorted(concepts) {
		for _, name := range concepts[noun] {
			if len(name) > MaxConceptLength || !labelForm.MatchString(name) {
				say("%s %q names objects of the cluster: want lower-case letters, digits and dashes, a letter first, at most %d characters", noun, name, MaxConceptLength)
			}
		}
	}
}
