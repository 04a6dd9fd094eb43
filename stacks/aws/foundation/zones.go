package foundation

import (
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// zones returns the availability zones of the network: those that the config
// names, or the region's first two, in production three. The list is written
// here and not asked of AWS, because a zone that AWS adds must not move
// subnets.
func zones(cfg config.Config) []string {
	if len(cfg.Network.Zones) > 0 {
		return cfg.Network.Zones
	}
	letters, ok := letterings[cfg.Region]
	if !ok {
		letters = "abc"
	}
	many := 2
	if cfg.Production() {
		many = 3
	}
	var out []string
	for _, letter := range letters[:many] {
		out = append(out, cfg.Region+string(letter))
	}
	return out
}

// letterings are the regions whose first three zones are not a, b and c in new
// accounts. Where an account differs, AWS names the zones that it has and the
// config takes them.
var letterings = map[string]string{
	"ap-northeast-1": "acd",
	"ca-central-1":   "abd",
}
