package serve

import (
	"errors"
	"math/rand/v2"
)

// Loaded is a version that is ready to answer, whether it is asked or not.
type Loaded struct{ gen *generation }

// Version is the version's number in the registry.
func (l *Loaded) Version() int { return l.gen.Version }

// Load makes a version ready, and changes nothing of what is served. The error
// names what is wrong with the model.
func (s *Server) Load(v Served) (*Loaded, error) {
	g, err := s.newGeneration(v)
	if err != nil {
		return nil, err
	}
	return &Loaded{g}, nil
}

// Routing is which versions answer an endpoint's requests.
//
// Main answers whatever no other does. While a release is under way, Main has a
// Tally of its own, and others take shares of the traffic beside it. A request
// that a version beside Main cannot answer is answered by Main instead, so that
// nobody sees a failure for having been chosen: it counts as the version's error
// where Main answers it, and as nobody's where Main refuses it as well.
type Routing struct {
	Main    *Loaded // nil: the endpoint is out of service
	Tally   *Tally  // of Main; nil: not counted
	Beside  []Arm
	By      *Sticky   // nil: each request is assigned at random
	Preview *Arm      // answers at /preview/predict; nil: nobody does
	Compare *Comparer // asks one version what another has answered; nil: nobody does
	Random  func() float64
}

// Arm is a version beside the main one.
type Arm struct {
	*Loaded
	Percent float64 // of the traffic
	Tally   *Tally  // required
}

// routing is a Routing as requests use it: immutable, and replaced as a whole. A
// request loads it once and keeps to it.
type routing struct {
	main   *generation
	moving *moving // nil: main answers everything, and nobody counts
	aside  bool    // a preview, whose requests are none of the endpoint's
}

// moving is what a release adds.
type moving struct {
	lanes   []lane // the first is main
	shares  []float64
	by      *Sticky
	random  func() float64
	preview *routing
	slow    bool // one of the lanes asks a server of its own
}

// lane is a version with what is counted of it.
type lane struct {
	gen   *generation
	tally *Tally
	// Whom the comparer asks what this one has answered, whose tally it counts in, and
	// whether its errors and latencies count too; partner nil: nobody is asked.
	partner  *generation
	tested   *generation // the one of both that is under release
	against  *Tally
	measured bool
	comparer *Comparer
}

// Route puts versions behind the endpoint, all at once. Requests under way finish
// as they began; those that begin after Route has returned see the new routing.
func (s *Server) Route(r Routing) error {
	next, err := r.resolve()
	if err != nil {
		return err
	}
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if s.parked.on {
		s.parked.what = next
		return nil
	}
	old := s.serving.Swap(next)
	s.cfg.Metrics.announce(s.cfg.Endpoint, old, next)
	return nil
}

// resolve checks a routing; nil stands for one without a main version.
func (r Routing) resolve() (*routing, error) {
	if r.Main == nil {
		if len(r.Beside) > 0 || r.Preview != nil {
			return nil, errors.New("routing: versions beside none")
		}
		return nil, nil
	}
	out := &routing{main: r.Main.gen}
	if r.Tally == nil && len(r.Beside) == 0 && r.Preview == nil && r.Compare == nil {
		return out, nil
	}
	m := &moving{by: r.By, random: r.Random, lanes: []lane{{gen: r.Main.gen, tally: r.Tally}}}
	if m.random == nil {
		m.random = rand.Float64
	}
	if r.Tally == nil {
		m.lanes[0].tally = &Tally{}
	}
	rest := 100.0
	for _, a := range r.Beside {
		if a.Percent < 0 || a.Tally == nil || a.Loaded == nil {
			return nil, errors.New("routing: a version beside the main one wants a share of 0 to 100 % and a tally")
		}
		rest -= a.Percent
		m.lanes = append(m.lanes, lane{gen: a.gen, tally: a.Tally})
	}
	if rest < -1e-9 {
		return nil, errors.New("routing: the versions beside the main one have more than 100 % of the traffic")
	}
	m.shares = []float64{max(0, rest)}
	for _, a := range r.Beside {
		m.shares = append(m.shares, a.Percent)
	}
	for _, l := range m.lanes {
		m.slow = m.slow || l.gen.Model.Remote != nil
	}
	m.pair(r.Compare)
	if p := r.Preview; p != nil {
		first := lane{gen: p.gen, tally: p.Tally}
		if r.Compare != nil {
			first.partner, first.tested, first.against, first.comparer = r.Main.gen, p.gen, p.Tally, r.Compare
		}
		m.preview = &routing{main: p.gen, aside: true, moving: &moving{lanes: []lane{first}, shares: []float64{100},
			random: m.random, slow: p.gen.Model.Remote != nil}}
	}
	out.moving = m
	return out, nil
}

// pair says who is asked what another has answered: main what any other has, and
// the only other what main has.
func (m *moving) pair(c *Comparer) {
	if c == nil {
		return
	}
	for i := 1; i < len(m.lanes); i++ {
		l := &m.lanes[i]
		l.partner, l.tested, l.against, l.comparer = m.lanes[0].gen, l.gen, l.tally, c
	}
	if c.shadow != nil {
		l := &m.lanes[0]
		l.partner, l.against, l.measured, l.comparer = c.shadow.gen, c.shadow.Tally, true, c
		l.tested = l.partner
	} else if len(m.lanes) == 2 {
		l := &m.lanes[0]
		l.partner, l.against, l.comparer = m.lanes[1].gen, m.lanes[1].tally, c
		l.tested = l.partner
	}
}

// share is the percentage of traffic of each version that is routed to.
func (r *routing) share() map[*generation]float64 {
	if r == nil {
		return nil
	}
	if r.moving == nil {
		return map[*generation]float64{r.main: 100}
	}
	out := map[*generation]float64{}
	for i, l := range r.moving.lanes {
		out[l.gen] += r.moving.shares[i]
	}
	return out
}

// champion is the main generation; nil where nothing is served.
func (s *Server) champion() *generation {
	if r := s.serving.Load(); r != nil {
		return r.main
	}
	return nil
}
