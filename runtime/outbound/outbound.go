// Package outbound makes every HTTP client that speaks to an address which a
// blueprint or a user names: webhooks, trackers, the GitHub API, image
// registries. What has a client of its own, an S3 bucket and a mail server, dials
// by Config.DialContext.
//
// A blueprint comes in by pull request, and what runs it has credentials and
// is in networks that its author cannot reach. So nothing is sent to
// link-local addresses and to those where clouds answer with credentials,
// however they are written, and whatever a name resolves to when it is dialled;
// no redirect is followed to another host; and a token or a password travels
// over TLS, or within this machine. Private networks are fine. An answer has at
// most 64 MiB.
//
// What a proxy of the environment (HTTPS_PROXY) resolves is out of sight: there
// the URL's own host is checked, and the proxy's rules are its owner's.
package outbound

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Config is what a client is made of; the zero value is usable.
type Config struct {
	Timeout time.Duration // of a request in all; 0: none
	TLS     *tls.Config   // of servers that the machine's certificates do not know; nil: none
	// Resolve and Dial are the network; nil: this machine's. Dial is given
	// addresses that may be dialled, and no names.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// Bounds of a connection.
const (
	dialTimeout    = 10 * time.Second
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
	maxAnswer      = 64 << 20
)

// Client returns a client that keeps the package's rules.
func Client(cfg Config) *http.Client {
	return &http.Client{Timeout: cfg.Timeout, Transport: Transport(cfg), CheckRedirect: sameHost}
}

// Over returns a client over a transport that signs in, which is built on one of
// Transport's.
// The rules about addresses hold because t ends in a guarded transport.
func Over(t http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: t, CheckRedirect: sameHost}
}

// Transport is the transport of such a client, for a library that follows
// redirects by itself. It keeps the rules about addresses and tokens.
// A library that follows redirects itself escapes sameHost, not DialContext.
func Transport(cfg Config) http.RoundTripper {
	return &guarded{next: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: cfg.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConns: 100, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: dialTimeout,
		TLSClientConfig: cfg.TLS, ExpectContinueTimeout: time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}}
}

// network fills in this machine's where none is given.
func (cfg Config) network() Config {
	if cfg.Resolve == nil {
		cfg.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	return cfg
}

// DialContext resolves the host and dials what it leads to, unless any of that
// may not be sent to; then the error is a *RefusedError. It is the dialer of a
// library that speaks another protocol, or has an HTTP client of its own.
// It dials the addresses that it has checked, and no name: a second resolution
// could lead elsewhere (DNS rebinding). Addresses are tried in the resolver's order
// until one answers; the error joins those of all.
func (cfg Config) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	cfg = cfg.network()
	addresses, err := cfg.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, ip := range addresses {
		c, err := cfg.Dial(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return c, nil
		}
		problems = append(problems, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(problems...)
}

// addresses are what the host leads to. A single address that is forbidden refuses
// the whole name: which of several is dialled would otherwise be chance.
func (cfg Config) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	ip, ok, err := literal(host)
	if err != nil || ok {
		return []netip.Addr{ip}, err
	}
	found, err := cfg.Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	for i, ip := range found {
		found[i] = ip.Unmap()
		if err := Refused(ip); err != nil {
			return nil, no("%s leads to %v", host, err)
		}
		if Loopback(host) && !ip.Unmap().IsLoopback() {
			return nil, no("%s leads to %s, which is not this machine", host, ip)
		}
	}
	return found, nil
}

// Check returns what is wrong with sending to the URL's host by what it resolves
// to now, for a library that dials by itself. A name that does not resolve is
// left to that.
//
// It is an early and readable error. Only dialling by DialContext holds, as a name
// may lead elsewhere by then.
func (cfg Config) Check(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return errors.New("it is not a URL such as https://host/path")
	}
	if cfg.Resolve == nil {
		cfg.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
			if err != nil { // whoever dials it says so
				return []netip.Addr{netip.IPv4Unspecified()}, nil //nolint:nilerr // the dialer names the cause
			}
			return found, nil
		}
	}
	if _, _, err := literal(u.Hostname()); err != nil {
		return err
	}
	_, err = cfg.addresses(ctx, u.Hostname())
	return err
}

// guarded checks a request before any of it is sent.
// It looks at what can be known before a connection exists; DialContext looks at
// addresses.
type guarded struct{ next http.RoundTripper }

// RoundTrip refuses hosts and tokens by what the request itself says.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, _, err := literal(r.URL.Hostname()); err != nil {
		return nil, refuse(r, err)
	}
	if r.URL.Scheme != "https" && secret(r) && !Loopback(r.URL.Hostname()) {
		return nil, refuse(r, no("a token would go to %s in the clear; use https", r.URL.Hostname()))
	}
	answer, err := g.next.RoundTrip(r)
	if err == nil {
		// The limit is of what is read, so a false Content-Length changes
		// nothing; a body that is compressed counts as it is unpacked.
		answer.Body = &bounded{ReadCloser: answer.Body, left: maxAnswer}
	}
	return answer, err
}

// bounded is an answer's body that errs where it goes on for too long.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read reads up to the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, no("the answer has more than %d MiB", maxAnswer>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// CloseIdleConnections is what http.Client calls.
func (g *guarded) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// refuse closes the request's body, as RoundTrip must also where it fails.
func refuse(r *http.Request, err error) error {
	if r.Body != nil {
		return errors.Join(err, r.Body.Close())
	}
	return err
}

// secret reports whether the request signs in.
// The headers are those that GitHub, GitLab, trackers and registries take tokens
// by, and a cookie.
func secret(r *http.Request) bool {
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Private-Token"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return r.URL.User != nil
}

// sameHost follows redirects within one host and scheme.
// It is a CheckRedirect of http.Client. net/http itself would send a request's
// body, and headers that it does not know as secret, to the other host.
func sameHost(r *http.Request, before []*http.Request) error {
	first := before[0].URL
	switch {
	case len(before) >= maxRedirects:
		return no("it redirects more than %d times", maxRedirects)
	case r.URL.Scheme != first.Scheme || r.URL.Hostname() != first.Hostname() || port(r.URL) != port(first):
		return no("it redirects to another host, %s, which is not followed; name that one", r.URL.Hostname())
	}
	return nil
}

// port is the URL's port, or that of its scheme.
func port(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}
