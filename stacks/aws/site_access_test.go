package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

func TestPodsSayWhoMayAskThem(t *testing.T) {
	for want, a := range map[string]*plan.Access{
		"public":   {Public: true},
		"keys":     {Keys: &plan.AccessKeys{}},
		"mtls":     {MTLS: &plan.AccessMTLS{Secret: "scoring-tls"}},
		"keys,jwt": {Keys: &plan.AccessKeys{}, JWT: &plan.AccessJWT{}},
	} {
		if got, err := accessNotes(a); err != nil || got["ashlar.dev/access"] != want {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
	for want, a := range map[string]*plan.Access{
		"add access: keys": nil,
		"mtls: secret":     {MTLS: &plan.AccessMTLS{}},
	} {
		if got, err := accessNotes(a); err == nil || got != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v, %v", want, got, err)
		}
	}
}

// TestPodsShowTheCertificateOfTheirSecret to callers, ask them for one that the Secret's or
// the blueprint's authority has signed, and answer operators in plain text.
func TestPodsShowTheCertificateOfTheirSecret(t *testing.T) {
	for _, ca := range []string{"", "PEM"} {
		p := credit()
		e := p.Endpoints["scoring"]
		e.Expose, e.Access = nil, &plan.Access{MTLS: &plan.AccessMTLS{Secret: "scoring-tls", CA: ca}}
		p.Endpoints["scoring"] = e
		cfg := cloud()
		r := registered(t, cfg, p)
		said := fmt.Sprint(podOf(t, r, "Rollout", "scoring"))
		for want, has := range map[string]bool{
			"--plain-operators --tls-cert /etc/ashlar-tls/tls.crt --tls-key /etc/ashlar-tls/tls.key": true,
			"--client-ca /etc/ashlar-tls/ca.crt":                                                     ca == "", "path:ca.crt": ca == "",
			"mountPath:/etc/ashlar-tls name:certificate readOnly:true": true, "secretName:scoring-tls": true,
			"scheme:HTTPS": true,
		} {
			if strings.Contains(said, want) != has {
				t.Errorf("ca %q: has %q: %t\n%s", ca, want, !has, said)
			}
		}
		for _, s := range r.All("kubernetes:core/v1:Service") {
			if s.At("metadata.name") == "scoring" && (s.At("spec.ports.0.port") != 443.0 ||
				s.At("spec.ports.0.targetPort") != "http" || s.At("spec.ports.1.port") != 8081.0) {
				t.Errorf("its Service has the ports %v", s.At("spec.ports"))
			}
		}
	}
}

// An endpoint's pods may ask whoever signs the tokens of its callers for the keys.
func TestPodsReachTheIssuerOfTokens(t *testing.T) {
	if got := lineage.Issuer(&plan.Access{Keys: &plan.AccessKeys{}}); got != nil {
		t.Errorf("keys need nobody: %v", got)
	}
	got := lineage.Issuer(&plan.Access{JWT: &plan.AccessJWT{Issuer: "https://login.example.com:8443/realms/a"}})
	if len(got) != 1 || len(got[0].Ports) != 1 || got[0].Ports[0] != 8443 {
		t.Errorf("%+v", got)
	}
}
