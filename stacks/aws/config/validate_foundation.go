package config

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	regionForm     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	zoneLetter     = regexp.MustCompile(`^[a-z]$`)
	versionForm    = regexp.MustCompile(`^1\.(2[89]|[3-9]\d)$`)
	nodeTypeForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	classForm      = regexp.MustCompile(`^db\.[a-z0-9]+\.[a-z0-9]+$`)
	adminForm      = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$`)
	repositoryForm = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$`)
	gitlabForm     = regexp.MustCompile(`^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)+$`)
	gitlabHost     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9]\d{0,4})?$`)
	gitlabBranch   = regexp.MustCompile(`^[A-Za-z0-9][\w./-]{0,199}$`)
	projectForm    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	stateForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*$`)
)

// taken are the ranges that an EKS cluster or its nodes use themselves.
var taken = map[string]string{
	"172.20.0.0/16": "the cluster's services use it",
	"172.17.0.0/16": "container runtimes use it on every node",
}

// network checks the VPC: a private range of /16 to /22, no overlap, zones of
// the region.
func (p *problems) network() {
	if !p.foundation() {
		return
	}
	cidr, ok := p.prefix("network.cidr", p.cfg.Network.CIDR)
	if ok && (!cidr.Addr().IsPrivate() || cidr.Bits() < 16 || cidr.Bits() > 22) {
		p.key("network.cidr", "%s: use a private range from /16 to /22, such as 10.0.0.0/16", cidr)
	}
	for _, text := range sorted(taken) {
		if ok && cidr.Overlaps(netip.MustParsePrefix(text)) {
			p.key("network.cidr", "%s overlaps %s: %s; choose another range", cidr, text, taken[text])
		}
	}
	for _, text := range p.cfg.Network.Reserved {
		reserved, valid := p.prefix("network.reserved", text)
		if ok && valid && cidr.Overlaps(reserved) {
			p.key("network.cidr",
				"%s overlaps %s, which network.reserved keeps free; choose another range", cidr, reserved)
		}
	}
	p.zones()
}

// zones checks that the named zones are two or three different ones of the region.
// With one, neither EKS nor a standby of the database could be made; AWS itself knows
// which of the letters exist in the account.
func (p *problems) zones() {
	zones := p.cfg.Network.Zones
	if n := len(zones); n != 0 && n != 2 && n != 3 {
		p.key("network.zones", "%d zones; name two or three, or none for the region's first", n)
	}
	seen := map[string]bool{}
	for _, zone := range zones {
		letter, found := strings.CutPrefix(zone, p.cfg.Region)
		if !found || !zoneLetter.MatchString(letter) {
			p.key("network.zones", "%q is not a zone of %s; write it as %sa", zone, p.cfg.Region, p.cfg.Region)
		}
		if seen[zone] {
			p.key("network.zones", "%s is named twice", zone)
		}
		seen[zone] = true
	}
}

// prefix parses a CIDR and reports one that is none, or that has host bits.
func (p *problems) prefix(key, text string) (netip.Prefix, bool) {
	cidr, err := netip.ParsePrefix(text)
	if err != nil || !cidr.Addr().Is4() {
		p.key(key, "%q is not an IPv4 range; write it as 10.0.0.0/16", text)
		return cidr, false
	}
	if cidr != cidr.Masked() {
		p.key(key, "%s has bits beyond its length; write %s", text, cidr.Masked())
		return cidr, false
	}
	return cidr, true
}

// cluster checks the cluster's version, pools, and who reaches its API server. What
// AWS would accept and nobody should want is refused too: a public endpoint for
// everybody.
func (p *problems) cluster() {
	if !p.foundation() {
		return
	}
	c := p.cfg.Cluster
	if !versionForm.MatchString(c.Version) {
		p.key("cluster.version", "%q: write a minor version of Kubernetes that EKS offers; the default %s has standard support until %s",
			c.Version, DefaultVersion, calendar[DefaultVersion].Format(time.DateOnly))
	}
	p.pool("cluster", c.NodeTypes, c.MinNodes, c.MaxNodes, 1)
	if c.Training != nil {
		p.pool("cluster.training", c.Training.NodeTypes, c.Training.MinNodes, c.Training.MaxNodes, 0)
	}
	if c.GPU && c.Training == nil && p.cfg.Existing.Cluster == "" {
		p.key("cluster.gpu", "there is no training pool to have GPUs; set cluster.training too")
	}
	if c.PublicEndpoint && len(c.PublicCIDRs) == 0 {
		p.key("cluster.publicCidrs",
			"a public API server needs the ranges that may reach it, such as your office's 203.0.113.0/24")
	}
	if !c.PublicEndpoint && len(c.PublicCIDRs) > 0 {
		p.key("cluster.publicCidrs",
			"the API server is private; set cluster.publicEndpoint or leave the ranges out")
	}
	for _, text := range c.PublicCIDRs {
		if cidr, ok := p.prefix("cluster.publicCidrs", text); ok && cidr.Bits() < 8 {
			p.key("cluster.publicCidrs",
				"%s opens the API server to the internet; name ranges of /8 or smaller", cidr)
		}
	}
	for _, arn := range c.Admins {
		if !adminForm.MatchString(arn) {
			p.key("cluster.admins",
				"%q is not the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/platform", arn)
		}
	}
}

// pool checks a node group: its instance types by form, since AWS adds some each
// month, and its sizes. least is 1 for the pool that the add-ons run on, and 0 for one
// that may scale to nothing.
func (p *problems) pool(key string, types []string, low, high, least int) {
	for _, t := range types {
		if !nodeTypeForm.MatchString(t) {
			p.key(key+".nodeTypes", "%q is not an instance type, such as m6i.large", t)
		}
	}
	if low < least || high < max(low, 1) || high > 1000 {
		p.key(key, "minNodes %d and maxNodes %d: want %d <= minNodes <= maxNodes <= 1000", low, high, least)
	}
}

// database checks the instance's class by form, its disk in GB within what RDS
// allocates, and its backups in days: production keeps a week at least.
func (p *problems) database() {
	if !p.foundation() {
		return
	}
	d := p.cfg.Database
	if !classForm.MatchString(d.InstanceClass) {
		p.key("database.instanceClass",
			"%q is not an RDS instance class, such as db.t4g.medium", d.InstanceClass)
	}
	if d.AllocatedGB < 20 || d.AllocatedGB > 65536 {
		p.key("database.allocatedGb", "%d: RDS allocates 20 to 65536 GB", d.AllocatedGB)
	}
	switch far := d.BackupRegion; {
	case far == "":
	case !regionForm.MatchString(far):
		p.key("database.backupRegion", "%q is not a region, such as eu-west-1", far)
	case far == p.cfg.Region:
		p.key("database.backupRegion", "%s is the region that the database is in; name another", far)
	case strings.HasPrefix(far, "us-gov-") != strings.HasPrefix(p.cfg.Region, "us-gov-") || strings.HasPrefix(far, "cn-"):
		p.key("database.backupRegion", "AWS copies nothing from %s to %s; name a region of the same partition",
			p.cfg.Region, far)
	}
	if least := choose(p.cfg.Production(), 7, 1); d.BackupDays < least || d.BackupDays > 35 {
		p.key("database.backupDays", "%d: RDS keeps 1 to 35 days of backups, and %s wants at least %d",
			d.BackupDays, p.cfg.Environment, least)
	}
}

// hub checks what the trust and the rights of CI's roles are limited to. A wildcard
// in any of the three would reach into somebody else's repository, namespace or state,
// so the forms allow none.
func (p *problems) hub() {
	g, key := p.cfg.Hub(), p.cfg.HubKey()
	if p.cfg.GitHub == nil && p.cfg.GitLab == nil || !p.foundation() {
		return
	}
	if l := p.cfg.GitLab; l != nil {
		if p.cfg.GitHub != nil {
			p.key(key, "github is set too, and the roles of CI believe one of the two; take one out")
		}
		if !gitlabHost.MatchString(l.Host) {
			p.key(key+".host", "%q: write the host of GitLab's URL alone, such as gitlab.example.com", l.Host)
		}
		if !gitlabBranch.MatchString(l.Branch) {
			p.key(key+".branch", "%q: name one protected branch, such as main", l.Branch)
		}
	}
	if g.State != "" && !stateForm.MatchString(g.State) {
		p.key(key+".state", "%q: name the bucket of Pulumi's state, or bucket/prefix, without s3:// and wildcards",
			g.State)
	}
	if len(p.cfg.Tenants) > 0 {
		return // they have the rest
	}
	p.repository(key+".repository", g.Repository, "role's trust")
	if len(g.Namespaces) == 0 {
		p.key(key+".namespaces",
			"name the namespaces that CI deploys blueprints to, which are named after them, such as credit-risk; it may change no other")
	}
	for _, ns := range g.Namespaces {
		if ns == p.cfg.SystemNamespace() {
			p.key(key+".namespaces",
				"%s is the installation's own, and is among them anyway; leave it out", ns)
		}
	}
}

// longestRepository bounds what a role's description and trust are made of.
const longestRepository = 255

// repository reports a repository that is none of the hub's.
func (p *problems) repository(at, name, trust string) {
	form, want := repositoryForm, "owner/name"
	if p.cfg.GitLab != nil {
		form, want = gitlabForm, "group/project"
	}
	if !form.MatchString(name) || len(name) > longestRepository {
		p.key(at, "%q: write it as %s; the %s is limited to it", name, want, trust)
	}
}

// knownEnvironments are those that need no blueprint to name them.
func knownEnvironment(name string) bool {
	return slices.Contains([]string{"dev", "staging", "prod"}, name)
}
