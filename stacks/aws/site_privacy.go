package aws

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// pseudonyms is a Secret that a user makes in the namespace of a blueprint with
// hashed columns: the keys that pseudonyms are made under. It is made by hand and
// not by the stack, so that no key is in the state of an engine or in a manifest;
// on AWS the cluster's KMS key encrypts it. Pods that need it wait for it.
const pseudonyms = "ashlar-pseudonyms"

// hashes reports whether rows of the model's data are hashed when they come in.
func (s *site) hashes(model string) bool {
	return s.plan.Datasets[s.plan.Models[model].Dataset].Protects(plan.Hash)
}

// withKeys lets a pod make pseudonyms where the model's data have some. Only
// where rows come in are there such pods: ingest, and what serves.
func (s *site) withKeys(model string, p *pod.Args) {
	if s.hashes(model) {
		p.Pseudonyms = pseudonyms
	}
}

// keysCommand makes the Secret; "" where nothing is hashed.
func (s *site) keysCommand() string {
	for _, name := range sorted(s.plan.Models) {
		if s.hashes(name) {
			return fmt.Sprintf("kubectl -n %s create secret generic %s --from-literal=%s=v1:$(openssl rand -base64 32)",
				s.namespace, pseudonyms, pod.PseudonymKeys)
		}
	}
	return ""
}
