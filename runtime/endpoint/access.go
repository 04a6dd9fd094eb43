package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// newDoor makes the door to the endpoint that the blueprint asks for. The interface is
// nil where it asks for none, so that serve sees no door.
func (e *Endpoint) newDoor() (serve.Access, error) {
	if e.spec.Access == nil {
		return nil, nil
	}
	var err error
	e.door, err = access.New(access.Config{Endpoint: e.cfg.Name, Access: *e.spec.Access, Keys: e.cfg.Registry,
		Now: e.cfg.Now, Log: e.cfg.Log, Metrics: e.cfg.Metrics.callers, ClientCA: e.cfg.ClientCA})
	if err != nil {
		return nil, err
	}
	return e.door, nil
}

// Own is a credential of this process's for its own endpoint, as the header
// Authorization has it; "": none is needed.
func (e *Endpoint) Own() string {
	if e.door == nil || e.spec.Access.Public {
		return ""
	}
	return e.door.Own()
}

// KeepAccess keeps what endpoints know of their callers up to date until ctx is done:
// keys that were made or revoked anywhere within a poll, and the keys of issuers.
func KeepAccess(ctx context.Context, poll time.Duration, endpoints []*Endpoint) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, e := range endpoints {
		if e.door == nil {
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			defer crash.Guard()
			e.door.Keep(ctx, poll)
		}()
	}
}

// LookAccess reads the callers' keys once, so that an endpoint which begins to answer
// knows them. What cannot be read is left to KeepAccess.
func (e *Endpoint) LookAccess(ctx context.Context) {
	if e.door == nil {
		return
	}
	if err := e.door.Look(ctx); err != nil {
		e.cfg.Log.Warn("access keys cannot be read yet", "endpoint", e.cfg.Name, "error", err.Error())
	}
}

// OpenError says that an endpoint would answer whoever reaches it.
type OpenError struct {
	Endpoints []string // that say nothing of access
	Address   string   // that they would be reached at
}

// Error says what to write.
func (e *OpenError) Error() string {
	what := "endpoint " + e.Endpoints[0] + " says"
	if len(e.Endpoints) > 1 {
		what = "endpoints " + strings.Join(e.Endpoints, ", ") + " say"
	}
	return fmt.Sprintf("%s listens beyond this machine, and %s nothing about who may ask: add access: keys: {} (or jwt or mtls) to the endpoint, or access: public: true if everybody may",
		e.Address, what)
}

// CheckOpen returns an *OpenError if an address is not of the loopback alone and one of
// the plan's endpoints, or of those that are named, does not say who may ask.
func CheckOpen(address string, p *plan.Plan, named ...string) error {
	if onLoopback(address) {
		return nil
	}
	e := &OpenError{Address: address}
	for name, spec := range p.Endpoints {
		if spec.Access == nil && (len(named) == 0 || slices.Contains(named, name)) {
			e.Endpoints = append(e.Endpoints, name)
		}
	}
	if len(e.Endpoints) == 0 {
		return nil
	}
	slices.Sort(e.Endpoints)
	return e
}

// onLoopback reports whether an address to listen on, HOST:PORT, is this machine's alone.
// No host is every one of its addresses; a name but localhost may be any.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
