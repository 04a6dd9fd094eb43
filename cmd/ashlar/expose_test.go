package main

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Two blueprints of a repository at one host: whichever came last would have the requests.
func TestAHostIsOneEndpointsInEachEnvironment(t *testing.T) {
	at := func(environment, host, blueprint string) exposure {
		e := exposure{environment: environment, host: host, blueprint: blueprint, endpoint: "scoring"}
		e.at.File, e.at.Line = blueprint+".cue", 7
		return e
	}
	found := sharedHosts([]exposure{at("dev", "a.example.com", "one"), at("prod", "a.example.com", "one"),
		at("prod", "b.example.com", "two"), at("prod", "a.example.com", "two"), at("staging", "a.example.com", "two")})
	if len(found) != 1 || found[0].File != "two.cue" ||
		!strings.Contains(found[0].String(), "host a.example.com is the way to endpoint scoring of blueprint one already, in prod") {
		t.Errorf("found %v", found)
	}
}

func TestUpSaysThatALaptopHasNoWayIn(t *testing.T) {
	var out strings.Builder
	writeExposed(&out, &plan.Plan{Endpoints: map[string]plan.Endpoint{"inner": {},
		"scoring": {Expose: &plan.Expose{Host: "a.example.com", TLS: &plan.ExposeTLS{Existing: true}}}}})
	if out.String() != "scoring is exposed at https://a.example.com by a cluster; here it answers at the addresses below only\n" {
		t.Errorf("it says %q", out.String())
	}
}
