//go:build integration

package soak

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/renameio/v2"
)

// certificates are a server's, which one authority renews.
type certificates struct {
	t         *testing.T
	ca        *x509.Certificate
	signs     *ecdsa.PrivateKey
	cert, key string // files
	serial    int64
}

func newCertificates(t *testing.T) *certificates {
	c := &certificates{t: t, cert: filepath.Join(t.TempDir(), "tls.crt"), key: filepath.Join(t.TempDir(), "tls.key")}
	var err error
	if c.signs, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "soak"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, of, of, c.signs.Public(), c.signs)
	if err != nil {
		t.Fatal(err)
	}
	if c.ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	c.renew()
	return c
}

// renew writes a new certificate for the same key: two files cannot change at once.
func (c *certificates) renew() {
	c.serial++
	of := &x509.Certificate{SerialNumber: big.NewInt(1000 + c.serial), Subject: pkix.Name{CommonName: "scoring"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, of, c.ca, c.signs.Public(), c.signs)
	if err != nil {
		c.t.Error(err)
		return
	}
	if err := renameio.WriteFile(c.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		c.t.Error(err)
	}
	if c.serial > 1 {
		return
	}
	text, err := x509.MarshalECPrivateKey(c.signs)
	if err == nil {
		err = renameio.WriteFile(c.key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text}), 0o600)
	}
	if err != nil {
		c.t.Error(err)
	}
}

// memory is what the process held after a fifth of the time, and at most after that.
type memory struct {
	heap, later             uint64
	goroutines, laterNumber int
}

// watch measures until ctx is done: what is alive after a collection, twenty times.
func (w *world) watch(ctx context.Context, length time.Duration) *memory {
	m := &memory{}
	for i := 1; i <= 20 && ctx.Err() == nil; i++ {
		pause(ctx, length/21)
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		switch n := runtime.NumGoroutine(); {
		case i <= 4:
			m.heap, m.goroutines = max(m.heap, s.HeapAlloc), max(m.goroutines, n)
		default:
			m.later, m.laterNumber = max(m.later, s.HeapAlloc), max(m.laterNumber, n)
		}
	}
	<-ctx.Done()
	return m
}

// String says both.
func (m *memory) String() string {
	return fmt.Sprintf("alive %.1f MB, later at most %.1f MB; goroutines %d, later at most %d",
		float64(m.heap)/1e6, float64(m.later)/1e6, m.goroutines, m.laterNumber)
}

// judge wants no more later than at first, but for what connections differ by.
func (m *memory) judge(t *testing.T) {
	t.Helper()
	if m.later > m.heap+m.heap/4+4<<20 || m.laterNumber > m.goroutines+m.goroutines/4+20 {
		t.Errorf("memory is not flat: %s", m)
	}
}
