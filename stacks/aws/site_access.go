package aws

import (
	"errors"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// accessNote is the annotation by which pods say who may ask them. A rule of the
// security pack reads it.
const accessNote = "ashlar.dev/access"

// accessNotes are the annotations of an endpoint's pods. They listen on every address
// that they have, so one that does not say who may ask is not deployed.
func accessNotes(a *plan.Access) (map[string]string, error) {
	switch {
	case a == nil:
		return nil, errors.New("its pods would answer whoever reaches them: add access: keys: {} (or jwt) to the endpoint, or access: public: true if everybody may ask")
	case a.MTLS != nil && a.MTLS.Secret == "":
		return nil, errors.New("access.mtls: nothing says which Secret has the certificate that its pods show: add access: mtls: secret: \"NAME\", with the keys tls.crt, tls.key and without ca also ca.crt, or use keys or jwt in this environment")
	}
	return map[string]string{accessNote: strings.Join(a.Methods(), ",")}, nil
}

// certify has pods show callers the certificate of the Secret, and read from there too who
// signs those of callers, unless the blueprint says it. Operators are answered in plain
// text: the network policy admits nobody else to their port, and neither Prometheus nor
// Argo Rollouts would know whom to trust.
func certify(a *plan.Access, p *pod.Args) {
	if a == nil || a.MTLS == nil {
		return
	}
	p.Certificate = &pod.Certificate{Secret: a.MTLS.Secret, Authority: a.MTLS.CA == ""}
	at := func(file string) string { return pod.CertificateDir + "/" + file }
	p.Command = append(p.Command, "--plain-operators", "--tls-cert", at(pod.CertificateFile),
		"--tls-key", at(pod.KeyFile))
	if p.Certificate.Authority {
		p.Command = append(p.Command, "--client-ca", at(pod.AuthorityFile))
	}
}
