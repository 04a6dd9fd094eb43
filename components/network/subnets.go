package network

import (
	"encoding/binary"
	"net/netip"
)

// maxZones is how many zones the layout has room for.
const maxZones = 3

// Subnets are the two ranges of one zone.
type Subnets struct {
	Zone            string
	Private, Public netip.Prefix
}

// layout cuts the range into quarters: the first three are the private subnets
// of the three zones, and the first three quarters of the last are the public
// ones. The cut does not depend on how many zones there are, so a third zone
// changes nothing of the first two, and the last sixteenth stays free.
func layout(cidr netip.Prefix, zones []string) []Subnets {
	var out []Subnets
	last := cut(cidr, 3)
	for i, zone := range zones {
		out = append(out, Subnets{Zone: zone, Private: cut(cidr, i), Public: cut(last, i)})
	}
	return out
}

// cut returns the i-th quarter of an IPv4 range, 0 <= i < 4.
func cut(p netip.Prefix, i int) netip.Prefix {
	bits := p.Bits() + 2
	a := p.Masked().Addr().As4()
	n := binary.BigEndian.Uint32(a[:]) + uint32(i)<<(32-bits)
	binary.BigEndian.PutUint32(a[:], n)
	return netip.PrefixFrom(netip.AddrFrom4(a), bits)
}
