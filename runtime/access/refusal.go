package access

import (
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Refusal is why a request is not admitted. Nothing in it is of the credential.
type Refusal struct {
	Status  int    // of HTTP: 401, 403, 429 or 503
	Code    string // a word for programs
	Message string // a sentence for people
	// RetryAfter is when the same may be admitted; 0: that is not known.
	RetryAfter time.Duration
}

// refuse returns a refusal.
func refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Code: code, Message: message}
}

// unavailable is a refusal for what is not known yet.
func unavailable(message string) *Refusal {
	return &Refusal{Status: http.StatusServiceUnavailable, Code: "access_unavailable", Message: message,
		RetryAfter: time.Second}
}

// Challenge is the header WWW-Authenticate of a 401 and a 403, by RFC 6750; "" for
// others.
func (r *Refusal) Challenge() string {
	switch {
	case r.Status == http.StatusForbidden:
		return `Bearer realm="ashlar", error="insufficient_scope"`
	case r.Status != http.StatusUnauthorized:
		return ""
	case r.Code == "no_credentials":
		return `Bearer realm="ashlar"`
	}
	return `Bearer realm="ashlar", error="invalid_token"`
}

// remote is the address that asks: one of IPv4, or the /64 of one of IPv6, which one
// host has for itself.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() && !ip.IsLoopback() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
