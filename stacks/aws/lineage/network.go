package lineage

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
)

// Where an endpoint's pods listen: ServingPort is for callers, and OperatorsPort for who
// reads metrics and steers releases.
const (
	ServingPort   = 8080
	OperatorsPort = 8081
)

// Reach is where the things that grants are about are found in the network.
type Reach struct {
	store    []namespace.Peer // the object store; datasets are read from there too
	Database []namespace.Peer
	identity []namespace.Peer // where pods get their credentials; none: they have none of their own
	api      []namespace.Peer // the API server
}

// everywhere is any address. It is for what has no address that stays, such as
// S3 and the API server, and always for one port.
const everywhere = "0.0.0.0/0"

// OnAWS is the network of an EKS cluster: S3 and the other services over HTTPS,
// the database inside the VPC, credentials from the Pod Identity agent.
func OnAWS(vpc pulumi.StringInput) Reach {
	https := []namespace.Peer{{CIDR: pulumi.String(everywhere), Ports: []int{443}}}
	return Reach{
		store:    https,
		Database: []namespace.Peer{{CIDR: vpc, Ports: []int{databasePort}}},
		identity: append([]namespace.Peer{{CIDR: pulumi.String("169.254.170.23/32"), Ports: []int{80}}}, https...),
		api:      https,
	}
}

// databasePort is PostgreSQL's.
const databasePort = 5432

// Anywhere is the network of any other cluster, as far as the URLs of the store
// and the database say. They have been checked; what a URL does not say is
// PostgreSQL's port and HTTPS.
func Anywhere(storeURL, databaseURL string, databaseRanges []string) Reach {
	var r Reach
	if u, err := url.Parse(storeURL); err == nil {
		address := u.Query().Get("endpoint")
		if address == "" {
			address = "https://s3"
		}
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		if e, err := url.Parse(address); err == nil {
			r.store = []namespace.Peer{peer(e, webPort(e))}
		}
	}
	if u, err := url.Parse(databaseURL); err == nil {
		r.Database = within(peer(u, databasePort), databaseRanges)
	}
	// An API server is behind one of these ports; its address is the cluster's
	// secret.
	r.api = []namespace.Peer{{CIDR: pulumi.String(everywhere), Ports: []int{443, 6443}}}
	return r
}

// webPort is the port of a URL that says none.
func webPort(u *url.URL) int {
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// within puts the ranges in the place of any address.
func within(p namespace.Peer, ranges []string) []namespace.Peer {
	if p.CIDR != pulumi.String(everywhere) {
		return []namespace.Peer{p}
	}
	var out []namespace.Peer
	for _, r := range ranges {
		out = append(out, namespace.Peer{CIDR: pulumi.String(r), Ports: p.Ports})
	}
	return out
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

// Flow is the workload's grants as its way through the network.
func (r Reach) Flow(w Workload, pods map[string]string, reports bool) namespace.Flow {
	f := namespace.Flow{Name: w.ID(), Pods: pods}
	if w.May(ReadData) || w.May(ReadStore) || w.May(WriteStore) {
		f.To = append(f.To, r.store...)
	}
	for _, place := range w.Targets(WriteBackup) {
		f.To = append(f.To, Place(place)...)
	}
	if w.May(UseDatabase) {
		f.To = append(f.To, r.Database...)
	}
	if len(w.Grants) > 0 {
		f.To = append(f.To, r.identity...)
	}
	if reports {
		f.To = append(f.To, r.api...)
	}
	f.To = Once(f.To)
	if w.Kind == KindEndpoint {
		// Callers: pods of this cluster.
		f.From = []namespace.Peer{{AnyNamespace: true, Ports: []int{ServingPort}}}
	}
	return f
}

// Trackers are who hears of each run. Those with a name may be at any address,
// on one port.
func Trackers(p *plan.Plan) []namespace.Peer {
	var out []namespace.Peer
	if t := p.Tracking; t != nil {
		if t.MLflow != nil {
			out = append(out, listener(t.MLflow.URI)...)
		}
		if t.WandB != nil {
			out = append(out, listener(t.WandB.BaseURL)...)
		}
		if t.OpenLineage != nil {
			out = append(out, listener(t.OpenLineage.URL)...)
		}
	}
	return out
}

// Issuer is who signs the tokens of an endpoint's callers; its keys are asked for.
func Issuer(a *plan.Access) []namespace.Peer {
	if a == nil || a.JWT == nil {
		return nil
	}
	return listener(a.JWT.Issuer)
}

// Collector is where traces are sent; none where the URL is empty.
func Collector(endpoint string) []namespace.Peer { return listener(endpoint) }

// Alarms are who hears of the pipeline's failures: its webhook, and where it
// sends mail the mail server, which the blueprint does not know. Without one no
// pod has a way to any.
func Alarms(line plan.Pipeline, mailServer string) []namespace.Peer {
	out := listener(line.OnFailure.Webhook)
	if len(line.OnFailure.Email) > 0 && mailServer != "" {
		out = append(out, peer(&url.URL{Host: mailServer}, mailPort))
	}
	return out
}

// mailPort is that of submission by STARTTLS.
const mailPort = 587

// listener is the host of the URL in the text, none where it is empty.
func listener(text string) []namespace.Peer {
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return nil
	}
	return []namespace.Peer{peer(u, webPort(u))}
}

// Once leaves out peers that were there before.
func Once(peers []namespace.Peer) []namespace.Peer {
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
