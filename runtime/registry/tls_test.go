package registry

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// selfSigned is a certificate for 127.0.0.1 and the pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a root"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestThePasswordIsGivenToAServerThatProvesItsNameAlone(t *testing.T) {
	certificate, trusted := selfSigned(t)
	_, others := selfSigned(t)
	g := newGuard(t)
	g.tls = &tls.Config{Certificates: []tls.Certificate{certificate}}
	location := "postgres://ada@" + g.address + "/db"
	login := func(roots *x509.CertPool) Login {
		return Login{Roots: roots, Credentials: func(context.Context, Target) (string, string,
			error) {
			return "ada", secret, nil
		}}
	}
	for name, roots := range map[string]*x509.CertPool{"the machine's": nil, "another authority": others} {
		if err := tryOpen(t, location, login(roots)); !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := g.asked.Load(); n != 0 {
		t.Errorf("a server that could not prove its name got %d passwords", n)
	}
	if err := tryOpen(t, location, login(trusted)); !strings.Contains(err.Error(), "it is ada") {
		t.Errorf("the right authority: %v", err)
	}
}
