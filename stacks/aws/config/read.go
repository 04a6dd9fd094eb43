package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// space is the namespace of our config keys, whatever the project is called: whoever
// runs the program gives the keys of the project's own namespace this one.
const space = "ashlar"

// key is one config key: what reads it, and where its value goes. The target
// is a *string, *bool, **bool, *int, *[]string, *map[string]string, *map[string]Tenant or
// *map[string]NodePool.
type key struct {
	path   string
	layer  string // the only layer that reads it; empty: both
	target func(*Config) any
}

// keys is the list that a new field of Config is added to.
var keys = []key{
	{"layer", "", func(c *Config) any { return &c.Layer }},
	{"provider", "", func(c *Config) any { return &c.Provider }},
	{"environment", "", func(c *Config) any { return &c.Environment }},
	{"name", "", func(c *Config) any { return &c.Name }},
	{"costCentre", "", func(c *Config) any { return &c.CostCentre }},
	{"protect", "", func(c *Config) any { return &c.Protect }},

	{"network.cidr", LayerFoundation, func(c *Config) any { return &c.Network.CIDR }},
	{"network.zones", LayerFoundation, func(c *Config) any { return &c.Network.Zones }},
	{"network.natPerZone", LayerFoundation, func(c *Config) any { return &c.Network.NATPerZone }},
	{"network.reserved", LayerFoundation, func(c *Config) any { return &c.Network.Reserved }},
	{"cluster.version", LayerFoundation, func(c *Config) any { return &c.Cluster.Version }},
	{"cluster.publicEndpoint", LayerFoundation, func(c *Config) any { return &c.Cluster.PublicEndpoint }},
	{"cluster.publicCidrs", LayerFoundation, func(c *Config) any { return &c.Cluster.PublicCIDRs }},
	{"cluster.nodeTypes", LayerFoundation, func(c *Config) any { return &c.Cluster.NodeTypes }},
	{"cluster.minNodes", LayerFoundation, func(c *Config) any { return &c.Cluster.MinNodes }},
	{"cluster.maxNodes", LayerFoundation, func(c *Config) any { return &c.Cluster.MaxNodes }},
	{"cluster.gpu", LayerFoundation, func(c *Config) any { return &c.Cluster.GPU }},
	{"cluster.admins", LayerFoundation, func(c *Config) any { return &c.Cluster.Admins }},
	{"cluster.training.nodeTypes", LayerFoundation, func(c *Config) any { return &c.training().NodeTypes }},
	{"cluster.training.minNodes", LayerFoundation, func(c *Config) any { return &c.training().MinNodes }},
	{"cluster.training.maxNodes", LayerFoundation, func(c *Config) any { return &c.training().MaxNodes }},
	{"nodes.pools", LayerFoundation, func(c *Config) any { return &c.Nodes.Pools }},
	{"nodes.consolidation", LayerFoundation, func(c *Config) any { return &c.Nodes.Consolidation }},
	{"nodes.consolidateAfter", LayerFoundation, func(c *Config) any { return &c.Nodes.ConsolidateAfter }},
	{"database.instanceClass", LayerFoundation, func(c *Config) any { return &c.Database.InstanceClass }},
	{"database.allocatedGb", LayerFoundation, func(c *Config) any { return &c.Database.AllocatedGB }},
	{"database.multiAz", LayerFoundation, func(c *Config) any { return &c.Database.MultiAZ }},
	{"database.backupDays", LayerFoundation, func(c *Config) any { return &c.Database.BackupDays }},
	{"database.backupRegion", LayerFoundation, func(c *Config) any { return &c.Database.BackupRegion }},
	{"budget.monthly", LayerFoundation, func(c *Config) any { return &c.Budget.Monthly }},
	{"budget.emails", LayerFoundation, func(c *Config) any { return &c.Budget.Emails }},
	{"trail", LayerFoundation, func(c *Config) any { return &c.Trail }},
	{"github.repository", LayerFoundation, func(c *Config) any { return &c.github().Repository }},
	{"github.namespaces", LayerFoundation, func(c *Config) any { return &c.github().Namespaces }},
	{"github.existingIssuer", LayerFoundation, func(c *Config) any { return &c.github().ExistingIssuer }},
	{"github.state", LayerFoundation, func(c *Config) any { return &c.github().State }},

	{"gitlab.host", LayerFoundation, func(c *Config) any { return &c.gitlab().Host }},
	{"gitlab.repository", LayerFoundation, func(c *Config) any { return &c.gitlab().Repository }},
	{"gitlab.branch", LayerFoundation, func(c *Config) any { return &c.gitlab().Branch }},
	{"gitlab.namespaces", LayerFoundation, func(c *Config) any { return &c.gitlab().Namespaces }},
	{"gitlab.existingIssuer", LayerFoundation, func(c *Config) any { return &c.gitlab().ExistingIssuer }},
	{"gitlab.state", LayerFoundation, func(c *Config) any { return &c.gitlab().State }},

	{"tenants", LayerFoundation, func(c *Config) any { return &c.Tenants }},

	{"existing.vpc", LayerFoundation, func(c *Config) any { return &c.Existing.VPC }},
	{"existing.subnets", LayerFoundation, func(c *Config) any { return &c.Existing.Subnets }},
	{"existing.cluster", LayerFoundation, func(c *Config) any { return &c.Existing.Cluster }},
	{"existing.key", LayerFoundation, func(c *Config) any { return &c.Existing.Key }},
	{"existing.database", LayerFoundation, func(c *Config) any { return &c.Existing.Database }},
	{"existing.registry", LayerFoundation, func(c *Config) any { return &c.Existing.Registry }},
	{"existing.addons", LayerFoundation, func(c *Config) any { return &c.Existing.Addons }},

	{"existing.bucket", "", func(c *Config) any { return &c.Existing.Bucket }},
	{"existing.prometheus", "", func(c *Config) any { return &c.Existing.Prometheus }},

	{"foundation", LayerWorkloads, func(c *Config) any { return &c.Foundation }},
	{"image", "", func(c *Config) any { return &c.Image }},
	{"installation", LayerWorkloads, func(c *Config) any { return &c.Installation }},
	{"context", LayerWorkloads, func(c *Config) any { return &c.Context }},
	{"server", LayerWorkloads, func(c *Config) any { return &c.Server }},
	{"namespace", LayerWorkloads, func(c *Config) any { return &c.Namespace }},
	{"storeUrl", LayerWorkloads, func(c *Config) any { return &c.StoreURL }},
	{"storeAccessKeyId", LayerWorkloads, func(c *Config) any { return &c.StoreKeyID }},
	{"storeSecretAccessKey", LayerWorkloads, func(c *Config) any { return &c.StoreKey }},
	{"databaseUrl", LayerWorkloads, func(c *Config) any { return &c.DatabaseURL }},
	{"databaseSchema", LayerWorkloads, func(c *Config) any { return &c.DatabaseSchema }},
	{"databaseCidrs", LayerWorkloads, func(c *Config) any { return &c.DatabaseCIDRs }},
	{"backup.url", LayerWorkloads, func(c *Config) any { return &c.Backup.URL }},
	{"backup.schedule", LayerWorkloads, func(c *Config) any { return &c.Backup.Schedule }},
	{"backup.keep", LayerWorkloads, func(c *Config) any { return &c.Backup.Keep }},
	{"mailServer", LayerWorkloads, func(c *Config) any { return &c.MailServer }},
	{"tracing.endpoint", LayerWorkloads, func(c *Config) any { return &c.Tracing.Endpoint }},
	{"tracing.ratio", LayerWorkloads, func(c *Config) any { return &c.Tracing.Ratio }},
	{"highPriorityClass", LayerWorkloads, func(c *Config) any { return &c.HighPriorityClass }},
	{"lowPriorityClass", LayerWorkloads, func(c *Config) any { return &c.LowPriorityClass }},
	{"clusterQueue", LayerWorkloads, func(c *Config) any { return &c.ClusterQueue }},
	{"kedaNamespace", LayerWorkloads, func(c *Config) any { return &c.KedaNamespace }},
	{"prometheusNamespace", LayerWorkloads, func(c *Config) any { return &c.PrometheusNamespace }},
	{"rolloutsNamespace", LayerWorkloads, func(c *Config) any { return &c.RolloutsNamespace }},
	{"ingress.gateway", LayerWorkloads, func(c *Config) any { return &c.Ingress.Gateway }},
	{"ingress.gatewayClass", LayerWorkloads, func(c *Config) any { return &c.Ingress.GatewayClass }},
	{"ingress.class", LayerWorkloads, func(c *Config) any { return &c.Ingress.Class }},
	{"ingress.from", LayerWorkloads, func(c *Config) any { return &c.Ingress.From }},
	{"ingress.internetFacing", LayerWorkloads, func(c *Config) any { return &c.Ingress.InternetFacing }},
	{"adopt", LayerWorkloads, func(c *Config) any { return &c.Adopt }},
	{"delivery", LayerWorkloads, func(c *Config) any { return &c.Delivery }},
	{"pipelines", LayerWorkloads, func(c *Config) any { return &c.Pipelines }},
	{"monitoring", LayerWorkloads, func(c *Config) any { return &c.Monitoring }},
}

// training is the training pool, made where the first of its keys is read: to name one
// of them is to want the pool.
func (c *Config) training() *PoolConfig {
	if c.Cluster.Training == nil {
		c.Cluster.Training = &PoolConfig{}
	}
	return c.Cluster.Training
}

// github is the repository of CI, made where the first of its keys is read.
func (c *Config) github() *GitHubConfig {
	if c.GitHub == nil {
		c.GitHub = &GitHubConfig{}
	}
	return c.GitHub
}

// gitlab is the same of GitLab.
func (c *Config) gitlab() *GitLabConfig {
	if c.GitLab == nil {
		c.GitLab = &GitLabConfig{}
	}
	return c.GitLab
}

// Read reads Pulumi's config: "ashlar:environment" and the like to their
// values, where a nested key ("ashlar:network") holds a JSON object or is
// written with dots ("ashlar:network.cidr"). Keys of other namespaces are left
// alone but for aws:region. Empty values, and lists without
// entries, are as good as none: Pulumi.yaml declares them as defaults. Also names keys
// of ours that the caller reads itself.
//
// The project and the stack are Pulumi's, which names are made of that the config leaves
// out; both may be empty.
//
// All unknown keys and all unreadable values are returned as one error.
func Read(values map[string]string, project, stack string, also ...string) (Config, error) {
	flat, errs := flatten(values)
	provider, layer := flat["provider"], flat["layer"]
	if layer == "" {
		layer = LayerWorkloads
	}
	c := Defaults(layer, provider, flat["environment"])
	c.Region, c.Project, c.Stack = values["aws:region"], project, stack
	for _, path := range sorted(flat) {
		i := slices.IndexFunc(keys, func(k key) bool { return k.path == path })
		switch {
		case blank(flat[path]) || slices.Contains(also, path):
		case i < 0:
			errs = append(errs, unknown(path, also))
		case keys[i].layer != "" && keys[i].layer != layer:
			errs = append(errs, fmt.Errorf("config %s: only the %s layer reads it, and layer is %s; take it out",
				path, keys[i].layer, layer))
		default:
			if err := assign(keys[i].target(&c), flat[path]); err != nil {
				errs = append(errs, fmt.Errorf("config %s: %w", path, err))
			}
		}
	}
	return c.Filled(), errors.Join(slices.Concat(errs, idle(flat), doubled(flat))...)
}

// unknown reports a key that nothing reads, with the nearest that something does.
func unknown(path string, also []string) error {
	best := nearest.Name(path, append(slices.Collect(paths), also...))
	if best == "" {
		return fmt.Errorf("config %s: unknown key; Pulumi.yaml lists all keys", path)
	}
	return fmt.Errorf("config %s: unknown key; did you mean %s?", path, best)
}

// paths yields the keys with dots for nesting, in the order of the list.
func paths(yield func(string) bool) {
	for _, k := range keys {
		if !yield(k.path) {
			return
		}
	}
}

// flatten returns the project's keys with nested objects spread over dotted paths.
func flatten(values map[string]string) (map[string]string, []error) {
	flat := map[string]string{}
	var errs []error
	for _, name := range sorted(values) {
		path, ours := strings.CutPrefix(name, space+":")
		if !ours {
			continue
		}
		text := values[name]
		nested := slices.ContainsFunc(keys, func(k key) bool { return strings.HasPrefix(k.path, path+".") })
		if !nested || text == "" {
			flat[path] = text
			continue
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			errs = append(errs, fmt.Errorf("config %s: holds several keys; set one with `pulumi config set --path '%s.NAME' VALUE`", path, path))
			continue
		}
		spread(flat, path, object)
	}
	return flat, errs
}

// spread writes an object's members under dotted paths. Texts stay as they are;
// numbers, booleans and lists are JSON again, which assign parses by the field's type.
// A null is as good as a key that is not set. An object that is one key's value stays one.
func spread(flat map[string]string, prefix string, object map[string]any) {
	for name, value := range object {
		path := prefix + "." + name
		switch v := value.(type) {
		case map[string]any:
			if !slices.ContainsFunc(keys, func(k key) bool { return k.path == path }) {
				spread(flat, path, v)
				continue
			}
			text, _ := json.Marshal(v)
			flat[path] = string(text)
		case nil:
		case string:
			flat[path] = v
		default:
			// What JSON decoded marshals again.
			text, _ := json.Marshal(v)
			flat[path] = string(text)
		}
	}
}

// assign parses text into what target points to.
func assign(target any, text string) error {
	switch t := target.(type) {
	case *string:
		*t = text
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		*t = n
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*t = b
	case **bool:
		*t = new(bool)
		return assign(*t, text)
	case *[]string:
		return assignList(t, text)
	case *map[string]string:
		if err := strictly(text, t); err != nil {
			return fmt.Errorf("want an object of texts, such as {release: prometheus}: %w", err)
		}
	case *map[string]Tenant:
		return assignTenants(t, text)
	case *map[string]NodePool:
		return assignPools(t, text)
	default:
		return fmt.Errorf("a %T cannot be configured", target)
	}
	return nil
}

// strictly decodes one JSON value, in which every key must be known.
func strictly(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

// assignList reads a JSON array of texts, or texts with commas between them.
func assignList(target *[]string, text string) error {
	if strings.HasPrefix(text, "[") {
		if err := json.Unmarshal([]byte(text), target); err != nil {
			return fmt.Errorf("%s is not a list of texts", text)
		}
		return nil
	}
	*target = nil
	for part := range strings.SplitSeq(text, ",") {
		*target = append(*target, strings.TrimSpace(part))
	}
	return nil
}

// Keys returns every config key of ours, with dots for nesting.
func Keys() []string { return slices.Sorted(paths) }
