package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestTheLayoutIsTheOneThatPeopleExpect(t *testing.T) {
	got := layout(netip.MustParsePrefix("10.0.0.0/16"), []string{"a", "b", "c"})
	want := []string{
		"{a 10.0.0.0/18 10.0.192.0/20}", "{b 10.0.64.0/18 10.0.208.0/20}", "{c 10.0.128.0/18 10.0.224.0/20}",
	}
	for i := range want {
		if s := fmt.Sprint(got[i]); s != want[i] {
			t.Errorf("zone %d: %s, want %s", i, s, want[i])
		}
	}
}

func TestSubnetsNeverOverlapNorLeaveTheNetwork(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var a [4]byte
		for i := range a {
			a[i] = byte(random.IntN(256))
		}
		cidr := netip.PrefixFrom(netip.AddrFrom4(a), 16+random.IntN(7)).Masked()
		var all []netip.Prefix
		for _, s := range layout(cidr, []string{"a", "b", "c"}) {
			all = append(all, s.Private, s.Public)
		}
		for i, p := range all {
			if p != p.Masked() || p.Bits() < cidr.Bits() || !cidr.Contains(p.Addr()) {
				t.Fatalf("%s in %s", p, cidr)
			}
			for _, q := range all[i+1:] {
				if p.Overlaps(q) {
					t.Fatalf("%s and %s overlap in %s", p, q, cidr)
				}
			}
		}
	}
}

func TestAThirdZoneMovesNothing(t *testing.T) {
	cidr := netip.MustParsePrefix("10.8.0.0/20")
	two, three := layout(cidr, []string{"a", "b"}), layout(cidr, []string{"a", "b", "c"})
	for i := range two {
		if two[i] != three[i] {
			t.Errorf("%v became %v", two[i], three[i])
		}
	}
}

// FuzzParseCIDR holds that what parses is an IPv4 range that prints as it was
// written.
func FuzzParseCIDR(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/16", "10.0.0.1/16", "::/0", "10.0.0.0", "256.0.0.0/8", "10.0.0.0/33",
		"010.0.0.0/8", "0.0.0.0/0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseCIDR(text)
		if err == nil && (p.String() != text || !p.Addr().Is4() || p.Masked() != p) {
			t.Errorf("%q parsed as %s", text, p)
		}
	})
}
