package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// newOpenCost has one namespace, n, which costs more below /2.
func newOpenCost(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cost := 1
		if strings.HasPrefix(r.URL.Path, "/2/") {
			cost = 2
		}
		fmt.Fprintf(w, `{"code": 200, "data": [{"n": {"name": "n", "cpuCost": %d, "totalCost": 9}}]}`, cost)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// costDouble renders a Deployment with as many replicas as the flags of the rendering sum
// up to, but for its folder.
const costDouble = `if [ "$1" = render ]; then
	for word in "$@"; do case $word in --out=*) out=${word#--out=};; --*) flags="$flags $word";; esac; done
	mkdir -p "$out/manifests"
	n=$(echo "$flags" | cksum)
	printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: e, namespace: n}\nspec: {replicas: %s, template: {spec: {containers: [{resources: {requests: {cpu: "1"}}}]}}}\n' $((${n%% *} % 9973)) >"$out/manifests/e.yaml"
fi
`

// costFlagEffects are what the flags of `ashlar cost` change.
var costFlagEffects = map[string]verbEffects{
	"cost": {line: "d --opencost $opencost", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "layer": {to: "--layer foundation"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "values": {to: "--values v.json"}, "config-file": {to: "--config-file p.yaml"},
		"opencost": {line: "d", from: "--opencost $opencost", to: "--opencost $opencost/2"},
		"window":   {to: "--window 12h"}, "prices": {to: "--prices $tools/prices.json"},
		"tolerance": {to: "--tolerance 1000000"},
	}},
}
