package plan

import (
	"net/netip"
	"testing"
)

func TestForbiddenHosts(t *testing.T) {
	for _, host := range []string{
		"169.254.169.254", "169.254.0.1", "169.254.169.254.", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
		"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254",
		"::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1",
		"2001::5601:5601", "::169.254.169.254",
		"2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "1.2.3.4.5", "Metadata.Google.Internal.",
		"metadata", "instance-data",
	} {
		if _, why := ForbiddenHost(host); why == "" {
			t.Errorf("%s is not forbidden", host)
		}
	}
	for _, host := range []string{"10.1.2.3", "192.168.1.1", "127.0.0.1", "::1", "fd12::1", "8.8.8.8",
		"100.100.100.201", "2002:a00:1::1", "mlflow.internal", "localhost", "0x.example", "metadata.example.com", ""} {
		if ip, why := ForbiddenHost(host); why != "" {
			t.Errorf("%s, read as %s: %s", host, ip, why)
		}
	}
	if ip, _ := ForbiddenHost("10.1.2.3"); ip != netip.MustParseAddr("10.1.2.3") {
		t.Errorf("an address is read as %s", ip)
	}
	if ip, _ := ForbiddenHost("mlflow.internal"); ip.IsValid() {
		t.Errorf("a name is read as %s", ip)
	}
}
