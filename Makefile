# Longshore's chores. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
GO ?= go
BIN := bin
LDFLAGS := -s -w
GOLANGCI_LINT_VERSION := v2.15.0
TOOLS := $(CURDIR)/.cache/tools

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-20s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build bin/pipeline and bin/pipeline-sandbox
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/pipeline ./cmd/pipeline
	cd sandbox && $(GO) build -ldflags '$(LDFLAGS)' -o ../$(BIN)/pipeline-sandbox ./cmd/pipeline-sandbox

.PHONY: demo
demo: build ## Move a sample bucket to a local Cloudsmith and show the proof (OBJECTS=200, KEEP=1)
	./scripts/demo.sh

.PHONY: test
test: lint test-race test-sandbox conformance conformance-bindings e2e ## Everything that CI runs

.PHONY: test-short
test-short: ## Go tests without servers, for the inner loop
	$(GO) vet ./...
	$(GO) test -short ./...

.PHONY: test-race
test-race: ## All Go tests of the product with the race detector
	$(GO) test -race -timeout 20m ./...

.PHONY: test-sandbox
test-sandbox: ## Tests of the sandbox module
	cd sandbox && $(GO) vet ./... && $(GO) test -timeout 10m ./...

.PHONY: conformance
conformance: ## The official client against the local Cloudsmith; installs it in .cache
	$(GO) vet -tags conformance ./conformance/cli/...
	$(GO) test -tags conformance -count=1 -parallel 2 -timeout 15m ./conformance/cli/...

.PHONY: conformance-bindings
conformance-bindings: ## The official Go client against the local Cloudsmith
	cd conformance/bindings && $(GO) vet ./... && $(GO) test -count=1 -timeout 10m ./...

.PHONY: e2e
e2e: build ## The binaries from outside: demo, kill -9, SIGTERM, faults, memory, bad input
	LONGSHORE_E2E=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count=1 -parallel 4 -timeout 40m ./e2e/...

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Formatting, vet and linters
	@test -z "$$(gofmt -l cmd internal stages topology conformance e2e sandbox)" || { echo "run make fmt:"; gofmt -l cmd internal stages topology conformance e2e sandbox; exit 1; }
	$(GO) vet -tags e2e ./...
	$< run --allow-parallel-runners ./...
	cd sandbox && $< run --allow-parallel-runners --config ../.golangci.yml ./...

$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(TOOLS)/golangci-lint $@

.PHONY: fmt
fmt: ## Format the code
	gofmt -w cmd internal stages topology conformance e2e sandbox

.PHONY: fuzz
fuzz: ## Fuzz the readers of foreign bytes, 30 s each
	$(GO) test -run '^$$' -fuzz FuzzDecode -fuzztime 30s ./internal/wire
	$(GO) test -run '^$$' -fuzz Fuzz -fuzztime 30s ./topology

.PHONY: bench
bench: ## Benchmarks; compare ratios within one run only
	$(GO) test -run '^$$' -bench . -benchtime 2s ./...

.PHONY: topology
topology: build ## Check the flow and draw it
	$(BIN)/pipeline topology

.PHONY: generate
generate: ## Renew the golden files and the README's diagram
	$(GO) test ./topology ./cmd/pipeline/app -update
.PHONY: clean
clean: ## Remove what was built
	rm -rf $(BIN)
