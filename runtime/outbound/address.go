package outbound

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// RefusedError says why nothing was sent. Trying again changes nothing.
type RefusedError struct{ why string }

// Error says what was wrong, without anything secret of the request.
func (e *RefusedError) Error() string { return e.why }

// no is a *RefusedError.
func no(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// Refused returns what is wrong with sending to the address, or nil. The rule is
// plan.ForbiddenAddress, which a blueprint is checked by too.
func Refused(ip netip.Addr) error {
	if why := plan.ForbiddenAddress(ip); why != "" {
		return &RefusedError{why}
	}
	return nil
}

// literal returns the address that a host is; ok is false for a name. The error
// says why the host is not asked at all.
// Hosts are written in more ways than netip takes (decimal, octal, shortened),
// which resolvers of some systems follow; ForbiddenHost knows them.
func literal(host string) (ip netip.Addr, ok bool, err error) {
	ip, why := plan.ForbiddenHost(host)
	if why != "" {
		return ip, ip.IsValid(), &RefusedError{why}
	}
	return ip, ip.IsValid(), nil
}

// Loopback reports whether the host, a name or an address, is this machine by
// its own looks. Names are resolved when they are dialled: localhost that leads
// elsewhere is refused then.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.Unmap().IsLoopback()
}
