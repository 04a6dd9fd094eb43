package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// authority signs certificates, as cert-manager does.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
	sold int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert = &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.pem, a.key = a.sign(a.cert)
	block, _ := pem.Decode(a.pem)
	var err error
	if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign returns the certificate in PEM, and its key.
func (a *authority) sign(c *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.sold++
	c.SerialNumber, c.Subject = big.NewInt(a.sold), pkix.Name{CommonName: "scoring"}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	by := a.key
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), by)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key
}

// keyed is a certificate and its key in PEM.
func (a *authority) keyed(c *x509.Certificate) (cert, key []byte) {
	a.t.Helper()
	cert, private := a.sign(c)
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

// owner is the certificate of a caller with the SPIFFE ID.
func (a *authority) owner(spiffe string) *tls.Certificate {
	a.t.Helper()
	id, err := url.Parse(spiffe)
	if err != nil {
		a.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(a.keyed(&x509.Certificate{URIs: []*url.URL{id}}))
	if err != nil {
		a.t.Fatal(err)
	}
	return &pair
}

// secret is a Secret mounted as the kubelet does it: files are links into a folder that a
// link leads to, which is replaced when the Secret changes.
type secret struct {
	t     *testing.T
	dir   string
	times int
}

func (s *secret) write(files map[string][]byte) {
	s.t.Helper()
	s.times++
	version := filepath.Join(s.dir, "..v"+string(rune('0'+s.times)))
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	check(os.Mkdir(version, 0o700))
	for name, text := range files {
		check(os.WriteFile(filepath.Join(version, name), text, 0o600))
	}
	check(os.Symlink(filepath.Base(version), filepath.Join(s.dir, "..next")))
	check(os.Rename(filepath.Join(s.dir, "..next"), filepath.Join(s.dir, "..data")))
	for name := range files {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(s.dir, name)); !os.IsExist(err) {
			check(err)
		}
	}
}

// serial asks the path over TLS with the certificate, if any, and returns the status and
// the number of the server's certificate.
func serial(ctx context.Context, t *testing.T, address, method, path string, own *tls.Certificate) (int, int64) {
	t.Helper()
	cfg := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // probes verify nothing, and neither does this
	if own != nil {
		cfg.Certificates = []tls.Certificate{*own}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(ctx, method, "https://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
	return got.StatusCode, got.TLS.PeerCertificates[0].SerialNumber.Int64()
}

// TestAPodServesByTheCertificateOfAMountedSecret: callers show certificates of the Secret's
// authority, probes none, operators ask in plain text, and a renewed Secret is read.
func TestAPodServesByTheCertificateOfAMountedSecret(t *testing.T) {
	ca := newAuthority(t)
	mounted := &secret{t: t, dir: t.TempDir()}
	renew := func() int64 {
		cert, key := ca.keyed(&x509.Certificate{DNSNames: []string{"scoring.prod.svc"}})
		mounted.write(map[string][]byte{"tls.crt": cert, "tls.key": key, "ca.crt": ca.pem})
		return ca.sold
	}
	first := renew()
	e := credit(t, func(p *plan.Plan) {
		e := p.Endpoints["scoring"]
		e.Access = &plan.Access{MTLS: &plan.AccessMTLS{TrustDomain: "bank.example", Secret: "scoring-tls"}}
		p.Endpoints["scoring"] = e
	})
	if got := duty(t, e, "migrate"); got.code != plan.ExitOK {
		t.Fatal(got.log)
	}
	in := func(name string) string { return filepath.Join(mounted.dir, name) }
	at, stop := sides(t, e, "--endpoint", "scoring", "--plain-operators", "--tls-cert", in("tls.crt"), "--tls-key", in("tls.key"),
		"--client-ca", in("ca.crt"))
	defer stop()
	caller, stranger := ca.owner("spiffe://bank.example/lending"), ca.owner("spiffe://other.example/lending")
	for _, c := range []struct {
		what, method, path string
		own                *tls.Certificate
		want               int
	}{
		{"a probe", "GET", "/health", nil, 200}, {"nobody", "POST", "/predict", nil, 401},
		{"a stranger", "POST", "/predict", stranger, 403}, {"a caller", "POST", "/predict", caller, 503},
		{"a caller at the operators' path", "GET", "/metrics", caller, 404},
	} {
		if got, by := serial(t.Context(), t, at["callers"], c.method, c.path, c.own); got != c.want || by != first {
			t.Errorf("%s: %s %s is answered %d by certificate %d, want %d by %d", c.what, c.method, c.path, got, by, c.want,
				first)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at["operators"]+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := http.DefaultClient.Do(r); err != nil || got.StatusCode != http.StatusOK {
		t.Errorf("operators ask in plain text: %v", err)
	}
	second := renew()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, by := serial(t.Context(), t, at["callers"], http.MethodGet, "/health", nil); by == second {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the renewed certificate is not shown")
		}
	}
}
