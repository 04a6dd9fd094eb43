package access

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	maxCertificates = 1 << 12 // that are remembered
	maxCAFile       = 4 << 20 // bytes
	caEvery         = time.Second
)

// certificates admits callers by certificates that a CA has signed. The handshake has
// proved that they have the key.
type certificates struct {
	spec plan.AccessMTLS
	file string // of the CA; "": the blueprint has it
	log  *slog.Logger
	seen *recent[[sha256.Size]byte, verified]

	mu     sync.Mutex
	pool   *x509.CertPool
	stamp  fileStamp
	looked time.Time
}

func newCertificates(spec plan.AccessMTLS, file string, log *slog.Logger) (*certificates, error) {
	c := &certificates{spec: spec, log: log}
	c.seen = newRecent[[sha256.Size]byte, verified](maxCertificates)
	text := []byte(spec.CA)
	if spec.CA == "" {
		c.file = file
		if file == "" {
			return nil, errors.New("mtls: it has no ca, and the server is given no file of certificates")
		}
		var err error
		if c.stamp, text, err = readStamped(file, maxCAFile); err != nil {
			return nil, fmt.Errorf("mtls: %w", err)
		}
	}
	c.pool = x509.NewCertPool()
	if !c.pool.AppendCertsFromPEM(text) {
		return nil, errors.New("mtls: the certificates of the CA do not read as PEM")
	}
	return c, nil
}

// authorities are the CA's certificates. A file is looked at once a second; one that
// does not read leaves what was read before.
func (c *certificates) authorities(now time.Time) *x509.CertPool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == "" || now.Sub(c.looked) < caEvery {
		return c.pool
	}
	c.looked = now
	info, err := os.Stat(c.file)
	if err != nil || stampOf(info) == c.stamp {
		return c.pool
	}
	at, text, err := readStamped(c.file, maxCAFile)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		c.log.Warn("the certificates of the CA cannot be read; those before go on", "file", c.file)
		return c.pool
	}
	c.pool, c.stamp = pool, at
	c.seen = newRecent[[sha256.Size]byte, verified](maxCertificates)
	return pool
}

// admit verifies a chain, the caller's own certificate first.
func (c *certificates) admit(chain []*x509.Certificate, now time.Time) (string, *Refusal) {
	leaf := chain[0]
	pool := c.authorities(now)
	c.mu.Lock()
	seen := c.seen
	c.mu.Unlock()
	digest := sha256.Sum256(leaf.Raw)
	if v, ok := seen.get(digest); ok && now.Before(v.believedUntil) && now.Before(v.ends) {
		return v.caller, nil
	}
	between := x509.NewCertPool()
	for _, other := range chain[1:] {
		between.AddCert(other)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return "", refuse(http.StatusUnauthorized, "invalid_certificate",
			"the client certificate is not signed by this endpoint's CA, has expired, or is not for clients")
	}
	id, refused := c.identity(leaf)
	if refused != nil {
		return id, refused
	}
	seen.set(digest, verified{caller: id, ends: leaf.NotAfter, believedUntil: now.Add(remembered)})
	return id, nil
}

// identity is whose the certificate is: a SPIFFE ID where the blueprint names a trust
// domain, else the first URI, name or address that it is for, or its common name.
func (c *certificates) identity(leaf *x509.Certificate) (string, *Refusal) {
	id := leaf.Subject.CommonName
	switch {
	case len(leaf.URIs) > 0:
		id = leaf.URIs[0].String()
	case len(leaf.DNSNames) > 0:
		id = leaf.DNSNames[0]
	case len(leaf.EmailAddresses) > 0:
		id = leaf.EmailAddresses[0]
	}
	if c.spec.TrustDomain != "" && (len(leaf.URIs) != 1 || leaf.URIs[0].Scheme != "spiffe" ||
		leaf.URIs[0].Host != c.spec.TrustDomain || len(leaf.URIs[0].Path) < 2) {
		return "", refuse(http.StatusForbidden, "wrong_identity",
			"the client certificate is not that of a SPIFFE ID of the trust domain "+c.spec.TrustDomain)
	}
	if !named(id) {
		return "", refuse(http.StatusUnauthorized, "invalid_certificate", "the client certificate names nobody")
	}
	if len(c.spec.IDs) > 0 && !slices.ContainsFunc(c.spec.IDs, func(want string) bool { return matches(want, id) }) {
		return id, refuse(http.StatusForbidden, "wrong_identity", "the client certificate's owner may not ask this endpoint")
	}
	return id, nil
}

// matches reports whether an ID is the one that is wanted, or below it where that ends
// in /*.
func matches(want, id string) bool {
	if prefix, below := strings.CutSuffix(want, "*"); below && strings.HasSuffix(prefix, "/") {
		return strings.HasPrefix(id, prefix) && len(id) > len(prefix)
	}
	return want == id
}
