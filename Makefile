# Cameo: the commands of daily work. Each may be run again at any time; none needs another one first.
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LISTEN  ?= 127.0.0.1:8080
DATA    ?= ./data
TOOLS   := deploy/tools
# Without it the encoder of WebP would want a library of the system; it is in every build.
TAGS    := nodynamic

##@ The two commands

.PHONY: run
run: build ## start Cameo on this machine: SQLite and local disk under ./data, nothing else needed
	./bin/cameo serve --listen $(LISTEN) --data $(DATA) --hints

.PHONY: test
test: ## run everything that must hold, installing missing test tools first (20 minutes at most)
	@$(TOOLS)/test.sh all

##@ The rest

.PHONY: build
build: ## build ./bin/cameo, one static binary
	CGO_ENABLED=0 go build -tags $(TAGS) -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/cameo ./cmd/cameo

.PHONY: check
check: ## the quick look before a commit: format, vet, lint, fast tests; installs no system package
	@$(TOOLS)/test.sh quick

.PHONY: bench
bench: ## measure against other servers on the same disk and S3 in the same run, as ratios (an hour at most)
	@$(TOOLS)/setup.sh bench && $(TOOLS)/tools.sh s3 >/dev/null && peers=$$($(TOOLS)/tools.sh peers) && \
	  CAMEO_BENCH_TUSD="$$peers/tusd" CAMEO_BENCH_TUSNODE="$$peers/tusnode" \
	  CAMEO_BENCH_VIPS="$$peers/vips" CAMEO_BENCH_SHARP="$$peers/sharp" CAMEO_TEST_REQUIRE=s3,postgres,photo \
	  go test -tags $(TAGS),bench -run '^TestBench' -count=1 -v -timeout 60m ./server/servertest/...

.PHONY: soak
soak: ## long runs with faults and load, before a release (two hours at most; CAMEO_SOAK_PART=0.05: a part of it)
	@$(TOOLS)/setup.sh && $(TOOLS)/tools.sh s3 >/dev/null && CAMEO_TEST_REQUIRE=s3,postgres \
	  go test -tags $(TAGS),soak -run '^TestSoak' -count=1 -v -timeout 120m ./server/servertest/...

.PHONY: clean
clean: ## remove what was built; ./data stays
	rm -rf bin coverage*

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { print substr($$0, 4) } \
	  /^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
