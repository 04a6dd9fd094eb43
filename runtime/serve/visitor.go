package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// Local wraps the handler of a machine that people browse from: it answers
// requests that were meant for this machine and refuses the others.
//
// A page of anybody can have a browser send requests to 127.0.0.1, and by DNS
// rebinding read the answers: its own name then leads here, and is in Host.
// So Host must be a name or an address of the loopback, the address that is
// listened on, or one of the names; where that address is not of the loopback,
// any address will do, as none can be rebound. Anything else is 421. A request
// that changes or predicts something and that a browser sends for a page from
// elsewhere is 403.
//
// It is not for a pod: what leads there, a Service, a probe or an Ingress, has
// checked names already or uses an address, and no browser reaches it directly.
func Local(next http.Handler, listening net.Addr, names ...string) http.Handler {
	v := &visitors{next: next, names: names, newID: newIDs(), origin: http.NewCrossOriginProtection()}
	if t, ok := listening.(*net.TCPAddr); ok {
		v.here = t.AddrPort().Addr().Unmap()
	}
	return v
}

type visitors struct {
	next http.Handler
	// The address that is listened on; invalid where the listener is not TCP.
	here   netip.Addr
	names  []string
	newID  func() string
	origin *http.CrossOriginProtection
	last   atomic.Pointer[string] // the Host that was found to be ours last: clients keep to theirs
}

// ServeHTTP passes on what was meant for here.
// The last accepted Host is remembered, since nearly all requests carry the same
// one and parsing it costs more than comparing.
func (v *visitors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if last := v.last.Load(); last == nil || *last != r.Host {
		if !v.ours(r.Host) {
			v.misdirected(w, r.Host)
			return
		}
		host := r.Host
		v.last.Store(&host)
	}
	if err := v.origin.Check(r); err != nil {
		v.refuse(w, problem(http.StatusForbidden, "cross_origin",
			"a page from elsewhere sends this request; only pages of this address may"))
		return
	}
	v.next.ServeHTTP(w, r)
}

// misdirected refuses a request for another host, with the 421 of RFC 9110.
func (v *visitors) misdirected(w http.ResponseWriter, host string) {
	v.refuse(w, problem(http.StatusMisdirectedRequest, "misdirected",
		"the request is for %q, and this is not it: use the address that is listened on or localhost; a name that leads here is allowed with `ashlar up --host NAME`", shown(host)))
}

// refuse answers before any Server is reached, so it sets the headers and the id
// that Server.serve would.
func (v *visitors) refuse(w http.ResponseWriter, p *Problem) {
	h, id := w.Header(), v.newID()
	secure(h)
	h["X-Request-Id"] = []string{id}
	p.write(w, id)
}

// ours reports whether a Host header names this machine.
// Host may have a port, brackets around an IPv6 address, a zone, and a dot at the
// end of a name; all are taken off before comparing. Names below localhost lead
// to the loopback by RFC 6761, and browsers do not look them up.
func (v *visitors) ours(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if ip, err := netip.ParseAddr(name); err == nil {
		ip = ip.Unmap().WithZone("")
		return ip.IsLoopback() || ip == v.here || v.here.IsValid() && !v.here.IsLoopback()
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		slices.ContainsFunc(v.names, func(n string) bool { return strings.EqualFold(n, name) })
}

// CheckHost says what is wrong with a name for Local.
func CheckHost(name string) error {
	if name == "" || len(name) > 253 || strings.ContainsAny(name, "/:@?#[]* \t\r\n") {
		return fmt.Errorf("host %q: write a name without scheme, port or *, such as models.example.com", shown(name))
	}
	return nil
}
