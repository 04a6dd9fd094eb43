package login

import (
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// rdsRoots are Amazon RDS's own certificate authorities, a root a region and
// kind of key, as https://truststore.pki.rds.amazonaws.com publishes them.
// They are public, and self-signed: rds_test.go holds them to that.
//
//go:embed rds.pem
var rdsRoots []byte

var rdsSuffixes = []string{".rds.amazonaws.com", ".rds.amazonaws.com.cn"}

// rootsFor returns who may sign the host's certificate; nil: who this machine
// trusts. Amazon's authorities are trusted for Amazon's databases alone.
// The machine's own are kept beside them: RDS Proxy has certificates of Amazon's
// public authority.
func rootsFor(host string) (*x509.CertPool, error) {
	if !slices.ContainsFunc(rdsSuffixes, func(s string) bool { return strings.HasSuffix(host, s) }) {
		return nil, nil
	}
	pool, err := x509.SystemCertPool() // RDS Proxy has certificates of the public web
	if err != nil {
		return nil, fmt.Errorf("certificates of this machine: %w", err)
	}
	if !pool.AppendCertsFromPEM(rdsRoots) {
		return nil, errors.New("certificates of Amazon RDS: none could be read")
	}
	return pool, nil
}
