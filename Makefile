# Ashlar. `make` or `make help` lists the targets.

GO     ?= go
EXAMPLE ?= blueprints/examples/credit
FUZZTIME ?= 20s
SOAK ?= 10m
# One kind of build everywhere: nothing needs C, and the tests, the CLI and the
# binaries that tests build share one cache.
export CGO_ENABLED = 0

.PHONY: help up stack test integration networkpolicies teams previews queues routes strategies delivery falsealarms soak bench fuzz lint build release docs site golden clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: bin/ashlar ## run the credit example: from data to a served model
	./bin/ashlar up $(EXAMPLE)

build: bin/ashlar ## build the CLI to bin/ashlar

bin/ashlar: FORCE
	@mkdir -p bin
	$(GO) build -o bin/ashlar ./cmd/ashlar

stack: ## build the Pulumi program to bin/ashlar-stack: minutes and gigabytes the first time
	@mkdir -p bin
	$(GO) build -o bin/ashlar-stack ./cmd/ashlar-stack

test: ## run all hermetic tests: no root, no network except for modules
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...

integration: ## run the heavier tests: race detector, kills, Chromium, services, cluster
	GO=$(GO) .ci/integration

networkpolicies: ## enforce the rendered network policies on a real cluster: ten minutes, the first time fifteen
	ASHLAR_TEST_BUILD_ENFORCER=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 40m -tags integration -v -run TestNetworkPolicies ./tests/cluster'

teams: ## Pulumi's real engine and provider, teams that share a real cluster, a lost state: the first time twenty minutes more
	ASHLAR_TEST_BUILD_PROVIDER=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 60m -tags integration -v -run "ShareACluster|StateIsLost" ./tests/cluster'

previews: ## the preview of a pull request on a real cluster, by the steps of its workflow: five minutes, the first time 25
	ASHLAR_TEST_BUILD_PROVIDER=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 60m -tags integration -v -run TestPreviewsShareACluster ./tests/cluster'

queues: ## two teams' pipelines under Kueue's controller on a real cluster: five minutes, the first time eleven
	ASHLAR_TEST_BUILD_KUEUE=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 40m -tags integration -v -run TestTeamsWait ./tests/cluster'

routes: ## a canary whose requests Traefik divides on a real cluster: ten minutes, the first time half an hour
	ASHLAR_TEST_BUILD_TRAEFIK=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 40m -tags integration -v -run TestTrafficIsDivided ./tests/cluster'

strategies: ## a canary without Argo Rollouts, shadow and A/B on a real cluster under load: seven minutes
	ASHLAR_TEST_STRATEGIES=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 40m -tags integration -v -run CompareAndDivide ./tests/cluster'

delivery: ## deliver a bundle with Flux' and Argo CD's controllers to a real cluster: half an hour, the first time an hour
	ASHLAR_TEST_BUILD_FLUX=1 ASHLAR_TEST_BUILD_ARGOCD=1 bash -euo pipefail -c '. .ci/services; trap stop_services EXIT; start_services; \
	  $(GO) test -count 1 -timeout 40m -tags integration -v -run "TestASecondSync|TestFluxDelivers|TestArgoCDDelivers" ./tests/cluster'

falsealarms: ## drift tests on a thousand windows of unchanged traffic for each size: four minutes
	$(GO) test -count 1 -timeout 40m -tags integration -run Auto ./runtime/drift

soak: ## serve under load for SOAK while versions, keys and certificates change: ten minutes
	ASHLAR_TEST_SOAK=$(SOAK) $(GO) test -count 1 -timeout 3h -tags integration -v ./tests/soak

bench: ## compare the speed with the installed peers, as ratios
	$(GO) run ./tests/peers

fuzz: ## run every fuzz target for FUZZTIME, in bounded memory
	FUZZTIME=$(FUZZTIME) .ci/fuzz

lint: ## golangci-lint with the house rules
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.1.0 run

release: ## build the files of a release from the tag at HEAD: make release VERSION=v0.1.0
	.ci/release "$(VERSION)"

docs: ## rewrite the generated pages of docs/
	$(GO) test ./tests/docs ./cmd/ashlar -run TestTheReference -update
	$(GO) test ./tests/architecture -run TestTheDrawing -update

site: ## write docs/ as HTML to dist/site
	rm -rf dist/site
	$(GO) run ./docs/site

golden: ## rewrite golden files; look at the difference before committing
	$(GO) test $$(git grep -l 'flag.Bool("update"' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update

clean: ## remove build results and the example's local state
	rm -rf bin $(EXAMPLE)/.ashlar

FORCE:
