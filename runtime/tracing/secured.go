package tracing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxFile bounds a file of certificates, in bytes.
const maxFile = 1 << 20

// tls is how the collector is known, and this process to it; nil: by the certificates of
// the machine, and not at all. It errs where a file does not read: to send to whoever
// answers instead would be worse than to send nothing.
func (e *environment) tls() (*tls.Config, error) {
	ca, cert, key := e.of("CERTIFICATE"), e.of("CLIENT_CERTIFICATE"), e.of("CLIENT_KEY")
	if ca == "" && cert == "" && key == "" {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	var problems []error
	if ca != "" {
		text, err := plan.ReadFile(ca, maxFile)
		out.RootCAs = x509.NewCertPool()
		if err == nil && !out.RootCAs.AppendCertsFromPEM(text) {
			err = fmt.Errorf("%s holds no certificate in PEM", ca)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err))
		}
	}
	if cert != "" || key != "" {
		own, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			problems = append(problems, fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY: %w", err))
		}
		out.Certificates = []tls.Certificate{own}
	}
	return out, errors.Join(problems...)
}
