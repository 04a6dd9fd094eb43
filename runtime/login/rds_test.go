package login

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheRootsOfRDSAreWhatTheySay(t *testing.T) {
	regions := strings.Fields(`af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
		ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1
		eu-south-2 eu-west-1 eu-west-2 eu-west-3 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2`)
	kinds := map[string]int{}
	rest := rdsRoots
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(c.Subject.CommonName) // Amazon RDS eu-west-1 Root CA RSA2048 G1
		if len(words) != 7 || words[0]+words[1] != "AmazonRDS" || !slices.Contains(regions, words[2]) {
			t.Errorf("%s is not one of the regions' roots", c.Subject)
			continue
		}
		if err := c.CheckSignatureFrom(c); err != nil || !c.IsCA || !bytes.Equal(c.RawSubject, c.RawIssuer) {
			t.Errorf("%s is no root: %v", c.Subject, err)
		}
		if c.NotAfter.Before(time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s ends on %s", c.Subject, c.NotAfter)
		}
		kinds[words[2]+" "+words[5]]++
	}
	for _, r := range regions {
		for _, k := range []string{"RSA2048", "RSA4096", "ECC384"} {
			if kinds[r+" "+k] != 1 {
				t.Errorf("%d roots of %s with %s", kinds[r+" "+k], r, k)
			}
		}
	}
}

func TestRDSIsTrustedForItsOwnHostsAlone(t *testing.T) {
	for host, want := range map[string]bool{
		"a.b.eu-west-1.rds.amazonaws.com": true, "a.b.cn-north-1.rds.amazonaws.com.cn": true,
		"localhost": false, "rds.amazonaws.com.evil.example": false, "evilrds.amazonaws.com": false, "": false,
	} {
		pool, err := rootsFor(host)
		if err != nil || (pool != nil) != want {
			t.Errorf("%s: %v, %v", host, pool != nil, err)
		}
	}
}
