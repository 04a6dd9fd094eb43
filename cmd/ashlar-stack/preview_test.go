package main

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

func TestPreviewsAreNotDeployedToAWS(t *testing.T) {
	const credit = "../../blueprints/examples/credit"
	_, err := load([]string{credit}, config.ProviderAWS, "pr-12")
	if err == nil || !strings.Contains(err.Error(), "set provider to kubernetes") {
		t.Errorf("%v", err)
	}
	in, err := load([]string{credit}, config.ProviderKubernetes, "pr-12")
	if err != nil || in.plans[0].Environment != "pr-12" || !in.plans[0].Datasets["applications"].Sampled() {
		t.Errorf("%+v, %v", in, err)
	}
}
