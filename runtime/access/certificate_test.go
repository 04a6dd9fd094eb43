package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// authority is a CA of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	PEM  string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true,
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(10, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{c, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// issue makes a certificate for a client, or with the edits another.
func (a *authority) issue(t *testing.T, edits ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "app"},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	for _, edit := range edits {
		edit(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func named1(uri string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		u, _ := url.Parse(uri) //nolint:errcheck // of the test
		c.URIs = append(c.URIs, u)
	}
}

// shows asks with the certificate.
func (d *door) shows(c tls.Certificate) (string, *Refusal) {
	r := httptest.NewRequest(http.MethodPost, "/predict", http.NoBody)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c.Leaf}}
	return d.Admit(r)
}

func TestCertificatesOfTheCAAreAdmittedAndNoOthers(t *testing.T) {
	ca, other := newAuthority(t, "ours"), newAuthority(t, "ours")
	plain := open(t, plan.Access{MTLS: &plan.AccessMTLS{CA: ca.PEM}})
	spiffe := open(t, plan.Access{MTLS: &plan.AccessMTLS{CA: ca.PEM, TrustDomain: "bank.example",
		IDs: []string{"spiffe://bank.example/lending/*", "spiffe://bank.example/app"}}})
	server := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	for name, c := range map[string]struct {
		door   *door
		cert   tls.Certificate
		caller string
		code   string
	}{
		"a common name":       {plain, ca.issue(t), "app", ""},
		"a DNS name":          {plain, ca.issue(t, func(c *x509.Certificate) { c.DNSNames = []string{"a.example"} }), "a.example", ""},
		"a URI":               {plain, ca.issue(t, named1("spiffe://any.example/x")), "spiffe://any.example/x", ""},
		"another CA":          {plain, other.issue(t), "", "invalid_certificate"},
		"expired":             {plain, ca.issue(t, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }), "", "invalid_certificate"},
		"not yet":             {plain, ca.issue(t, func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }), "", "invalid_certificate"},
		"a server's":          {plain, ca.issue(t, server), "", "invalid_certificate"},
		"nobody's":            {plain, ca.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "" }), "", "invalid_certificate"},
		"invisible":           {plain, ca.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "a\u200bb" }), "", "invalid_certificate"},
		"an ID":               {spiffe, ca.issue(t, named1("spiffe://bank.example/app")), "spiffe://bank.example/app", ""},
		"an ID below":         {spiffe, ca.issue(t, named1("spiffe://bank.example/lending/a")), "spiffe://bank.example/lending/a", ""},
		"an ID that is not":   {spiffe, ca.issue(t, named1("spiffe://bank.example/application")), "", "wrong_identity"},
		"the prefix alone":    {spiffe, ca.issue(t, named1("spiffe://bank.example/lending/")), "", "wrong_identity"},
		"another domain":      {spiffe, ca.issue(t, named1("spiffe://other.example/app")), "", "wrong_identity"},
		"another scheme":      {spiffe, ca.issue(t, named1("https://bank.example/app")), "", "wrong_identity"},
		"two IDs":             {spiffe, ca.issue(t, named1("spiffe://bank.example/app"), named1("spiffe://bank.example/app")), "", "wrong_identity"},
		"a name for an ID":    {spiffe, ca.issue(t), "", "wrong_identity"},
		"an ID of another CA": {spiffe, other.issue(t, named1("spiffe://bank.example/app")), "", "invalid_certificate"},
	} {
		for range 2 { // the second time it is remembered
			got, no := c.door.shows(c.cert)
			if c.code == "" && (no != nil || got != c.caller) || c.code != "" && (no == nil || no.Code != c.code) {
				t.Errorf("%s: admitted %q, %+v; want %q %s", name, got, no, c.caller, c.code)
			}
		}
	}
	last := ca.issue(t)
	if _, no := plain.shows(last); no != nil {
		t.Fatal(no)
	}
	plain.now.Store(int64(time.Hour + time.Second)) // within a connection
	if _, no := plain.shows(last); no == nil {
		t.Error("a certificate that has expired is remembered")
	}
}

func TestACAIsReadAgainWhenItsFileChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	first, second := newAuthority(t, "first"), newAuthority(t, "second and longer")
	write(t, file, first.PEM)
	d := open(t, plan.Access{MTLS: &plan.AccessMTLS{}}, func(c *Config) { c.ClientCA = file })
	was, next := first.issue(t), second.issue(t)
	if _, no := d.shows(was); no != nil {
		t.Error(no)
	}
	write(t, file, "half a file")
	d.now.Add(int64(2 * time.Second))
	if _, no := d.shows(was); no != nil {
		t.Errorf("a file that does not read took the CA away: %+v", no)
	}
	write(t, file, second.PEM)
	d.now.Add(int64(2 * time.Second))
	if _, no := d.shows(next); no != nil {
		t.Errorf("the next CA: %+v", no)
	}
	if _, no := d.shows(was); no == nil {
		t.Error("the CA before is still believed")
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// keep writes a certificate of a server and its key.
func (a *authority) keep(t *testing.T, serial int64, cert, key string) {
	t.Helper()
	c := a.issue(t, func(c *x509.Certificate) {
		c.SerialNumber, c.IPAddresses = big.NewInt(serial), []net.IP{net.IPv4(127, 0, 0, 1)}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c.NotAfter = noon.AddDate(5, 0, 0)
	})
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// TestARenewedCertificateIsShownAndNoConnectionIsClosed asks over one connection while
// the certificate changes, and over a new one.
func TestARenewedCertificateIsShownAndNoConnectionIsClosed(t *testing.T) {
	ca, dir := newAuthority(t, "ours"), t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	ca.keep(t, 11, cert, key)
	now := time.Now()
	config, err := ServerTLS(cert, key, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	s.TLS = config
	s.StartTLS()
	s.TLS.Certificates = nil
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	client := func() *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
			Time: func() time.Time { return noon }}}}
	}
	serial := func(c *http.Client) int64 {
		a, err := c.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		_, _ = io.Copy(io.Discard, a.Body)
		return a.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	open := client()
	if n := serial(open); n != 11 {
		t.Errorf("certificate %d", n)
	}
	write(t, key, "half a file")
	now = now.Add(2 * time.Second)
	if n := serial(client()); n != 11 {
		t.Errorf("a key that does not read: certificate %d", n)
	}
	ca.keep(t, 12, cert, key)
	now = now.Add(2 * time.Second)
	if n := serial(client()); n != 12 {
		t.Errorf("a new connection is shown certificate %d", n)
	}
	if n := serial(open); n != 11 {
		t.Errorf("the open connection was closed and shows certificate %d", n)
	}
	if _, err := ServerTLS(key, cert, time.Now, nil); err == nil {
		t.Error("files that are exchanged are taken")
	}
}
