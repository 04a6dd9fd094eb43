package config

import (
	"fmt"
	"maps"
	"regexp"
)

// NodesConfig is nodes that Karpenter makes as pods need them, beside the managed group
// on which the cluster's own pods run.
type NodesConfig struct {
	Pools map[string]NodePool // by name; none: the managed groups are all
	// Consolidation says which nodes are given up: WhenEmpty, or the default
	// WhenEmptyOrUnderutilized. ConsolidateAfter is how long one must have been so.
	Consolidation    string
	ConsolidateAfter string // default 5m
}

// NodePool is nodes of one kind.
type NodePool struct {
	Capacity     string     `json:"capacity"`     // CapacityOnDemand, the default, or CapacitySpot
	Architecture string     `json:"architecture"` // amd64, the default, or arm64
	GPU          bool       `json:"gpu"`          // of NVIDIA
	Limits       NodeLimits `json:"limits"`
}

// NodeLimits bound what the nodes of a pool have together, and so what they cost.
type NodeLimits struct {
	CPU    int    `json:"cpu"`    // cores
	Memory string `json:"memory"` // "256Gi"
}

// The words of a pool.
const (
	CapacityOnDemand = "on-demand"
	CapacitySpot     = "spot"

	ArchitectureAMD = "amd64"
	ArchitectureARM = "arm64"

	ConsolidateEmpty         = "WhenEmpty"
	ConsolidateUnderutilized = "WhenEmptyOrUnderutilized"
)

var (
	poolForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	memoryForm  = regexp.MustCompile(`^[1-9][0-9]{0,6}(Gi|Ti)$`)
	elapsedForm = regexp.MustCompile(`^([0-9]{1,6}(s|m|h))+$`)
)

// Karpenter reports whether it makes nodes.
func (c Config) Karpenter() bool { return len(c.Nodes.Pools) > 0 }

// GPUs reports whether any node of the foundation has GPUs.
func (c Config) GPUs() bool {
	for _, p := range c.Nodes.Pools {
		if p.GPU {
			return true
		}
	}
	return c.Cluster.GPU
}

// filled returns the nodes with every default that belongs to pools; without pools
// there is nothing that a default could be about.
func (n NodesConfig) filled() NodesConfig {
	if len(n.Pools) == 0 {
		return n
	}
	fill(&n.Consolidation, ConsolidateUnderutilized)
	fill(&n.ConsolidateAfter, "5m")
	n.Pools = maps.Clone(n.Pools)
	for name, p := range n.Pools {
		fill(&p.Capacity, CapacityOnDemand)
		fill(&p.Architecture, ArchitectureAMD)
		n.Pools[name] = p
	}
	return n
}

// grouped are the keys of nodes that the cluster autoscaler adds to groups, which has no
// place beside Karpenter: both would answer the same pod.
var grouped = []string{"cluster.maxNodes", "cluster.gpu", "cluster.training.nodeTypes", "cluster.training.minNodes",
	"cluster.training.maxNodes"}

// doubled returns an error for each key that describes what the pools describe.
func doubled(flat map[string]string) []error {
	var errs []error
	for _, path := range grouped {
		if !blank(flat["nodes.pools"]) && !blank(flat[path]) {
			errs = append(errs, fmt.Errorf("config %s: with nodes.pools Karpenter makes the nodes, and the managed group keeps cluster.minNodes; describe a pool there and take %s out",
				path, path))
		}
	}
	return errs
}

// nodes checks the pools.
func (p *problems) nodes() {
	if !p.foundation() {
		return
	}
	n := p.cfg.Nodes
	if len(n.Pools) == 0 {
		if n.Consolidation+n.ConsolidateAfter != "" {
			p.key("nodes", "there is no pool whose nodes could be given up; name one in nodes.pools")
		}
		return
	}
	if n.Consolidation != ConsolidateEmpty && n.Consolidation != ConsolidateUnderutilized {
		p.key("nodes.consolidation", "%q: write %s or %s", n.Consolidation, ConsolidateUnderutilized, ConsolidateEmpty)
	}
	if !elapsedForm.MatchString(n.ConsolidateAfter) {
		p.key("nodes.consolidateAfter", "%q: write a duration such as 5m", n.ConsolidateAfter)
	}
	for _, name := range sorted(n.Pools) {
		p.nodePool("nodes.pools."+name, name, n.Pools[name])
	}
}

// nodePool checks one pool alone.
func (p *problems) nodePool(at, name string, n NodePool) {
	if !poolForm.MatchString(name) {
		p.key(at, "%q: name it with at most 31 of a-z 0-9 -, a letter first", name)
	}
	if n.Capacity != CapacityOnDemand && n.Capacity != CapacitySpot {
		p.key(at+".capacity", "%q: write %s or %s", n.Capacity, CapacityOnDemand, CapacitySpot)
	}
	if n.Architecture != ArchitectureAMD && n.Architecture != ArchitectureARM {
		p.key(at+".architecture", "%q: write %s or %s", n.Architecture, ArchitectureAMD, ArchitectureARM)
	}
	if n.GPU && n.Architecture == ArchitectureARM {
		p.key(at+".architecture", "images that use GPUs are rarely built for arm64; take it out, or gpu")
	}
	if n.Limits.CPU < 1 || n.Limits.CPU > 100000 {
		p.key(at+".limits.cpu", "%d: say how many cores all its nodes may have together, such as 64", n.Limits.CPU)
	}
	if !memoryForm.MatchString(n.Limits.Memory) {
		p.key(at+".limits.memory", "%q: say how much memory all its nodes may have together, such as 256Gi",
			n.Limits.Memory)
	}
}

// assignPools reads the pools' JSON object, strictly as tenants.
func assignPools(target *map[string]NodePool, text string) error {
	if err := strictly(text, target); err != nil {
		return fmt.Errorf("want an object of NAME: {capacity, architecture, gpu, limits: {cpu, memory}}: %w", err)
	}
	return nil
}
