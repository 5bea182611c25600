SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# npm puts node_modules/.bin first, and the Node of .nvmrc with it: any machine's own Node will do.
RUN := npm run --silent
# Written by every npm install, last of all.
INSTALLED := node_modules/.package-lock.json

##@ Start here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { print "\n" substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED) ## Install what package-lock.json names, where it is not there yet

$(INSTALLED): package-lock.json
	npm ci --loglevel=error
	touch $@

.PHONY: demo
demo: setup ## Watch 300 notifications and two kills on this machine (KEEP=1 stays up, REDIS=1 uses Redis)
	@$(RUN) demo -- $(if $(KEEP),--keep) $(if $(REDIS),--redis)

.PHONY: dev
dev: setup ## Run the operator from its sources, with an API server to kubectl apply to, until Ctrl-C (ARGS=--verbose)
	@$(RUN) dev -- $(ARGS)

.PHONY: programs
programs: setup ## Find or get the programs that are not npm packages: nats-server, redis-server
	@$(RUN) programs

##@ Test (ARGS=... goes to vitest, or to the drills)

.PHONY: test
test: setup ## Run every test that needs no cluster
	@$(RUN) test -- $(ARGS)

.PHONY: test-unit
test-unit: setup ## Run the tests that need nothing
	@$(RUN) test:unit -- $(ARGS)

.PHONY: test-integration
test-integration: setup ## Run the tests with real servers on loopback
	@$(RUN) test:integration -- $(ARGS)

.PHONY: test-kube
test-kube: setup ## Run the tests with a real Kubernetes API server; builds one, once, where none is found
	@$(RUN) test:kube -- $(ARGS)

.PHONY: test-apiserver
test-apiserver: setup ## Start an empty Kubernetes API server, print its KUBECONFIG, and keep it up until Ctrl-C
	@$(RUN) test-apiserver

.PHONY: cluster-up
cluster-up: setup ## Start a one-node Kubernetes cluster without Docker (Linux, root), and print its KUBECONFIG (ARGS=--name ...)
	@$(RUN) cluster -- up $(ARGS)

.PHONY: cluster-down
cluster-down: setup ## End it and remove everything of it
	@$(RUN) cluster -- down $(ARGS)

.PHONY: k3d
k3d: setup ## Install the chart in a k3d cluster, with an image made here; needs Docker (ARGS="--name ...")
	@$(RUN) k3d -- $(ARGS)

.PHONY: test-e2e
test-e2e: setup ## Run the tests of a whole local installation
	@$(RUN) test:e2e -- $(ARGS)

.PHONY: e2e
e2e: setup ## Install the chart on k3d, or without Docker on a node of this machine (Linux, root), and break it under load
	@$(RUN) e2e -- $(ARGS)

.PHONY: fuzz
fuzz: setup ## Send mutated requests to a real ingress, 600 s or DURATION=...; what is new goes to test/fuzz/corpus
	@$(RUN) fuzz -- $(if $(DURATION),--duration $(DURATION)) $(if $(SEED),--seed $(SEED))

.PHONY: soak
soak: setup ## Break what two operators stand on for long and compare every status, 1800 s or DURATION=... (SEED=...)
	@$(RUN) soak -- $(if $(DURATION),--duration $(DURATION)) $(if $(SEED),--seed $(SEED))

.PHONY: soak-operator
soak-operator: setup ## Kill operators and NATS while resources change, and compare all there is with the specs, 300 s or DURATION=... (SEED=...)
	@$(RUN) soak:operator -- $(if $(DURATION),--duration $(DURATION)) $(if $(SEED),--seed $(SEED))

.PHONY: drill
drill: setup ## Break things under load and judge what came of it, 35 min (ARGS="--only broker-kill", ARGS=--list)
	@$(RUN) drill -- $(ARGS)

##@ Check

.PHONY: check
check: lint types structure verify ## Everything a change has to pass beside its tests

.PHONY: lint
lint: setup ## Lint with type information, and check format and order of imports
	@$(RUN) lint

.PHONY: types
types: setup ## Check the types
	@$(RUN) types

.PHONY: structure
structure: setup ## Check what lint cannot: sizes, purity, direction of imports, honesty of tests
	@$(RUN) structure

.PHONY: verify
verify: setup ## Fail where a generated file is not what its source makes
	@$(RUN) verify

##@ Change

.PHONY: format
format: setup ## Format, and put imports in order
	@$(RUN) format

.PHONY: generate
generate: setup ## Write the generated files
	@$(RUN) generate

.PHONY: clean
clean: ## Remove what tests and tools left behind; packages and the program cache stay
	@rm -rf coverage .local

##@ Release

.PHONY: image
image: setup ## Make the container image as an archive, .local/image/intercom-webhook-operator.tar, without Docker
	@rm -rf .local/image
	@$(RUN) image -- --out .local/image/rootfs --tar .local/image/intercom-webhook-operator.tar $(ARGS)

##@ Measure

.PHONY: bench
bench: bench-line bench-ingress bench-worker bench-spool bench-engine bench-operator bench-cluster ## Run every bench

.PHONY: bench-line
bench-line: setup ## Measure simulator to handler, in turn with Go programs: latency, start, memory
	@$(RUN) bench:line

.PHONY: bench-ingress
bench-ingress: setup ## Measure the ingress beside a Go program of the same job (PROFILE=1 shows where its time goes)
	@$(RUN) bench:ingress -- $(if $(PROFILE),--profile)

.PHONY: bench-worker
bench-worker: setup ## Measure the worker beside a Go program of the same job, and takeovers (PROFILE=1 shows where its time goes)
	@$(RUN) bench:worker -- $(if $(PROFILE),--profile)

.PHONY: bench-spool
bench-spool: setup ## Measure the ingress's spool beside node:sqlite on the same disk: records a second, stalls
	@$(RUN) bench:spool

.PHONY: bench-engine
bench-engine: setup ## Measure the operator's queue, and its copy of a cluster beside a real kube-apiserver
	@$(RUN) bench:engine

.PHONY: bench-operator
bench-operator: setup ## Measure the operator with 500 resources beside a real kube-apiserver and nats-server
	@$(RUN) bench:operator

.PHONY: bench-cluster
bench-cluster: setup ## Measure the chart on a real node: install, apply to Ready, memory of each pod, image size
	@$(RUN) bench:cluster
