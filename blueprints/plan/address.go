package plan

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Where nothing is sent to, whoever asks for it: `ashlar check` refuses such an
// address where a blueprint writes it, and runtime/outbound where a name leads
// there.

// forbidden are link-local networks, where clouds answer with a machine's
// credentials, and the addresses that do so elsewhere.
var forbidden = []struct {
	network netip.Prefix
	what    string
}{
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fd00:ec2::/32"), "a metadata address of AWS"},
	{netip.MustParsePrefix("fd20:ce::254/128"), "a metadata address of Google Cloud"},
	{netip.MustParsePrefix("100.100.100.200/32"), "a metadata address of Alibaba Cloud"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a platform address of Azure"},
	{netip.MustParsePrefix("192.0.0.192/32"), "a metadata address of Oracle Cloud"},
}

// metadataNames lead to such addresses, wherever they are asked for.
var metadataNames = []string{"metadata.google.internal", "metadata.goog", "metadata", "instance-data",
	"instance-data.ec2.internal"}

// Networks that carry an IPv4 address.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	compatible = netip.MustParsePrefix("::/96")
)

// ForbiddenAddress says what is wrong with sending to the address; "" where
// nothing is. An IPv4 address within an IPv6 one counts as itself. Private
// addresses and the loopback are allowed, because trackers and stores may be there.
func ForbiddenAddress(ip netip.Addr) string {
	for _, a := range carried(ip) {
		for _, f := range forbidden {
			if f.network.Contains(a) {
				return fmt.Sprintf("%s is %s, and requests to it are refused", ip, f.what)
			}
		}
	}
	return ""
}

// carried returns the address and those that it carries.
func carried(ip netip.Addr) []netip.Addr {
	ip = ip.Unmap().WithZone("")
	out := []netip.Addr{ip}
	if !ip.Is6() {
		return out
	}
	b := ip.As16()
	v4 := func(from []byte) { out = append(out, netip.AddrFrom4([4]byte(from))) }
	switch {
	case nat64.Contains(ip), nat64Local.Contains(ip), compatible.Contains(ip):
		v4(b[12:])
	case sixToFour.Contains(ip):
		v4(b[2:6])
	case teredo.Contains(ip):
		v4(binary.BigEndian.AppendUint32(nil, ^binary.BigEndian.Uint32(b[12:])))
	}
	return out
}

// numeric is the last label of a host that some resolvers take for a number:
// 2852039166, 0xa9fea9fe, 169.254.43518 and 0251.0376.0251.0376 are all
// 169.254.169.254 to them.
var numeric = regexp.MustCompile(`(?i)(^|\.)(0x[0-9a-f]*|[0-9]+)$`)

// ForbiddenHost says what is wrong with sending to a URL's host as it is written;
// "" where nothing is. The address is invalid where the host is a name, and a
// name may still lead to a forbidden address.
func ForbiddenHost(host string) (ip netip.Addr, why string) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		return ip, ForbiddenAddress(ip)
	case numeric.MatchString(host):
		return ip, fmt.Sprintf("host %q is a number and not an address; write an IPv4 address as four decimals", host)
	case slices.Contains(metadataNames, host):
		return ip, fmt.Sprintf("host %q leads to a machine's metadata, and requests to it are refused", host)
	}
	return ip, ""
}
