package aws

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
)

// servingPort is where an endpoint's pods listen.
const servingPort = 8080

// reach is where the things that grants are about are found in the network.
type reach struct {
	store    []namespace.Peer // the object store; datasets are read from there too
	database []namespace.Peer
	identity []namespace.Peer // where pods get their credentials; none: they have none of their own
	api      []namespace.Peer // the API server
}

// everywhere is any address. It is for what has no address that stays, such as
// S3 and the API server, and always for one port.
const everywhere = "0.0.0.0/0"

// onAWS is the network of an EKS cluster: S3 and the other services over HTTPS,
// the database inside the VPC, credentials from the Pod Identity agent.
func onAWS(vpc pulumi.StringInput) reach {
	https := []namespace.Peer{{CIDR: pulumi.String(everywhere), Ports: []int{443}}}
	return reach{
		store:    https,
		database: []namespace.Peer{{CIDR: vpc, Ports: []int{databasePort}}},
		identity: append([]namespace.Peer{{CIDR: pulumi.String("169.254.170.23/32"), Ports: []int{80}}}, https...),
		api:      https,
	}
}

// databasePort is PostgreSQL's.
const databasePort = 5432

// anywhere is the network of any other cluster, as far as the URLs of the store
// and the database say. They have been checked; what a URL does not say is
// PostgreSQL's port and HTTPS.
func anywhere(storeURL, databaseURL string) reach {
	var r reach
	if u, err := url.Parse(storeURL); err == nil {
		address := u.Query().Get("endpoint")
		if address == "" {
			address = "https://s3"
		}
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		if e, err := url.Parse(address); err == nil {
			r.store = []namespace.Peer{peer(e, choose(e.Scheme == "http", 80, 443))}
		}
	}
	if u, err := url.Parse(databaseURL); err == nil {
		r.database = []namespace.Peer{peer(u, databasePort)}
	}
	// An API server is behind one of these ports; its address is the cluster's
	// secret.
	r.api = []namespace.Peer{{CIDR: pulumi.String(everywhere), Ports: []int{443, 6443}}}
	return r
}

// peer is the host of a URL: an address, a Service of this cluster by its
// namespace, or a name that may be any address. The port is the URL's, where it
// says one. What can be no port is for the namespace's validation to say.
func peer(u *url.URL, otherwise int) namespace.Peer {
	out := namespace.Peer{Ports: []int{otherwise}}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		out.Ports = []int{port}
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		out.CIDR = pulumi.String(netip.PrefixFrom(addr, addr.BitLen()).String())
		return out
	}
	labels := strings.Split(strings.TrimSuffix(strings.TrimSuffix(host, "."), ".cluster.local"), ".")
	if len(labels) == 3 && labels[2] == "svc" {
		// A policy is about the port of the pods behind a Service; one whose own
		// port differs must be named by theirs.
		return namespace.Peer{Namespace: labels[1], Ports: out.Ports}
	}
	out.CIDR = pulumi.String(everywhere)
	return out
}

// flow is the workload's grants as its way through the network.
func (r reach) flow(w workload, pods map[string]string, reports bool) namespace.Flow {
	f := namespace.Flow{Name: w.id(), Pods: pods}
	if w.may(readData) || w.may(readStore) || w.may(writeStore) {
		f.To = append(f.To, r.store...)
	}
	if w.may(useDatabase) {
		f.To = append(f.To, r.database...)
	}
	if len(w.Grants) > 0 {
		f.To = append(f.To, r.identity...)
	}
	if reports {
		f.To = append(f.To, r.api...)
	}
	f.To = once(f.To)
	if w.Kind == kindEndpoint {
		// Clients, and Prometheus: pods of this cluster.
		f.From = []namespace.Peer{{AnyNamespace: true, Ports: []int{servingPort}}}
	}
	return f
}

// The ports by which mail is handed in, over TLS and by STARTTLS.
var mailPorts = []int{465, 587}

// hearers are who hears of the workload's runs: trackers, and in case of a failure
// mail servers and a webhook, none of which has an address that stays.
func hearers(p *plan.Plan, w workload) []namespace.Peer {
	var out []namespace.Peer
	add := func(text string) {
		if u, err := url.Parse(text); err == nil && text != "" {
			out = append(out, peer(u, choose(u.Scheme == "http", 80, 443)))
		}
	}
	if t := p.Tracking; t != nil {
		if t.MLflow != nil {
			add(t.MLflow.URI)
		}
		if t.WandB != nil {
			add(t.WandB.BaseURL)
		}
		if t.OpenLineage != nil {
			add(t.OpenLineage.URL)
		}
	}
	line, ok := p.Pipelines[w.Name]
	if !ok || w.Kind != kindPipeline {
		return out
	}
	add(line.OnFailure.Webhook)
	if len(line.OnFailure.Email) > 0 {
		for _, port := range mailPorts {
			out = append(out, namespace.Peer{CIDR: pulumi.String(everywhere), Ports: []int{port}})
		}
	}
	return out
}

// once leaves out peers that were there before.
func once(peers []namespace.Peer) []namespace.Peer {
	type key struct {
		cidr, space string
		port        int
	}
	seen := map[key]bool{}
	var out []namespace.Peer
	for _, p := range peers {
		text, known := p.CIDR.(pulumi.String)
		k := key{string(text), p.Namespace, p.Ports[0]}
		if (known || p.Namespace != "") && len(p.Ports) == 1 {
			if seen[k] {
				continue
			}
			seen[k] = true
		}
		out = append(out, p)
	}
	return out
}
