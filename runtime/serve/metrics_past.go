package serve

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// remembered is how many versions of an endpoint have series. A process that serves for
// months, through a version a night and more, would otherwise show all of them with each
// scrape, and hold about 20 kB for each.
const remembered = 64

// past is which versions of one endpoint have series, the one that was made ready last at
// the end, and which of them are routed to.
type past struct {
	versions []versionKey
	routed   map[versionKey]bool
}

type versionKey struct{ model, version string }

// remember notes that a version is ready, and takes the series of those away that are
// forgotten for it: the ones that were made ready first, and have no traffic. A request
// that such a version is still answering counts nowhere.
func (m *Metrics) remember(endpoint string, v versionKey) {
	m.lock.Lock()
	defer m.lock.Unlock()
	p := m.pasts[endpoint]
	if p == nil {
		p = &past{}
		m.pasts[endpoint] = p
	}
	kept := p.versions[:0]
	for _, k := range p.versions {
		if k != v {
			kept = append(kept, k)
		}
	}
	p.versions = append(kept, v)
	for i := 0; len(p.versions) > remembered && i < len(p.versions)-1; {
		k := p.versions[i]
		if p.routed[k] {
			i++
			continue
		}
		p.versions = append(p.versions[:i], p.versions[i+1:]...)
		m.forget(endpoint, k)
	}
}

// routes notes which versions have traffic.
func (m *Metrics) routes(endpoint string, shares map[*generation]float64) {
	m.lock.Lock()
	defer m.lock.Unlock()
	p := m.pasts[endpoint]
	if p == nil {
		p = &past{}
		m.pasts[endpoint] = p
	}
	p.routed = make(map[versionKey]bool, len(shares))
	for g := range shares {
		p.routed[versionKey{g.Model.Name, strconv.Itoa(g.Version)}] = true
	}
}

// forget takes the series of a version away.
func (m *Metrics) forget(endpoint string, v versionKey) {
	of := prometheus.Labels{"endpoint": endpoint, "model": v.model, "version": v.version}
	for _, c := range []*prometheus.CounterVec{m.predictions, m.errors, m.unknown, m.fallbacks, m.dropped} {
		c.DeletePartialMatch(of)
	}
	m.durations.DeletePartialMatch(of)
}
