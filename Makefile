# The front door. `make demo` shows it, `make test` runs everything; both set up what they need.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
WHEELS := target/wheels
STAMP := $(VENV)/.installed
CORE := $(shell find core bindings-python/src spec/redis -type f -not -path '*/tests/*') \
	bindings-python/Cargo.toml bindings-python/pyproject.toml Cargo.toml Cargo.lock
ENGINE := $(shell find core/src spec/redis -type f -not -name 'tests.rs') core/Cargo.toml Cargo.toml Cargo.lock
API := $(shell find bindings-python/python -type f -not -name '*.so' -not -path '*/__pycache__/*')

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

.PHONY: demo
demo: $(STAMP) examples/dashboard/dist/index.html ## Show a signed request, a replay, a forgery, a session and the dashboard
	@$(BIN)/python examples/demo.py

.PHONY: test
test: check test-rust test-python test-js demo test-browser test-interop test-failure test-packaging ## Run everything

.PHONY: setup
setup: $(STAMP) ## Make .venv, build the wheel and install it there

$(VENV)/.stamp: bindings-python/requirements-dev.txt
	@scripts/venv $(VENV) $<
	@touch $@

$(WHEELS)/.built: $(VENV)/.stamp $(CORE) $(API)
	@echo "building the wheel (about a minute)" >&2
	@rm -rf $(WHEELS)
	@$(BIN)/maturin build --quiet --release --locked --manifest-path bindings-python/Cargo.toml --out $(WHEELS)
	@touch $@

$(STAMP): $(WHEELS)/.built
	@$(BIN)/pip uninstall --quiet --yes bittensor-auth 2>/dev/null || true
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(WHEELS)/*.whl
	@touch $@

.PHONY: check
check: $(STAMP) ## Formats, lints, types and generated files
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-features --all-targets -- --deny warnings
	@for feature in '' os-entropy wallet wallet-fs chain; do \
		cargo clippy --quiet --locked -p bittensor-auth --features "$$feature" -- --deny warnings || exit 1; done
	@for feature in '' axum redis reqwest; do \
		cargo clippy --quiet --locked -p bittensor-auth-server --features "$$feature" -- --deny warnings || exit 1; done
	RUSTDOCFLAGS='--deny warnings' cargo doc --quiet --locked --no-deps -p bittensor-auth -p bittensor-auth-server --all-features
	$(BIN)/ruff check bindings-python examples tests bench
	$(BIN)/ruff format --check bindings-python/python bindings-python/tests examples
	$(BIN)/mypy --config-file bindings-python/pyproject.toml bindings-python/python examples
	$(BIN)/python -m mypy.stubtest --mypy-config-file bindings-python/pyproject.toml \
		--allowlist bindings-python/stubtest-allowlist.txt bittensor_auth
	$(MAKE) --no-print-directory vectors
	git diff --exit-code -- spec

.PHONY: vectors
vectors: $(VENV)/.stamp ## Write spec/vectors, errors.json and constants.json again, and check their form
	cargo run --quiet --locked -p xtask -- all
	$(BIN)/python tests/conformance/check.py

.PHONY: test-rust
test-rust: ## Unit tests, properties, doctests and vectors of the crates, with a real Redis
	@scripts/need redis-server redis-server
	cargo test --quiet --locked --workspace --all-features

.PHONY: test-python
test-python: $(STAMP) ## The Python package: API, clients, vectors, secrets
	$(BIN)/python -m pytest -q -c bindings-python/pyproject.toml bindings-python/tests

.PHONY: test-js
test-js: js/dist/index.js tests/runtimes/node_modules/.package-lock.json ## The npm package: lints, types, vectors and API on both engines, the built package, other runtimes
	cd js && npm run --silent lint
	cd js && npm test
	cd js && npm run --silent check:package
	cd js && npm run --silent size
	cd tests/runtimes && node --test

tests/runtimes/node_modules/.package-lock.json: tests/runtimes/package-lock.json
	@scripts/need npm npm
	cd tests/runtimes && npm install --no-save --silent
	@touch $@

js/node_modules/.package-lock.json: js/package.json js/package-lock.json examples/clients/package-lock.json
	@scripts/need npm npm
	cd js && npm ci --silent
	cd examples/clients && npm ci --silent
	@touch $@

js/dist-wasm/server/engine.wasm: js/node_modules/.package-lock.json $(ENGINE) $(shell find bindings-wasm -type f) xtask/src/wasm.rs
	@echo "building the WebAssembly engines (a minute or two)" >&2
	cd js && npm run --silent build:wasm
	@touch $@

js/dist-addon/.built: js/node_modules/.package-lock.json $(ENGINE) $(shell find bindings-node -type f) js/scripts/addon.mjs
	@echo "building the Node addon (about a minute)" >&2
	cd js && npm run --silent build:addon
	@touch $@

js/dist/index.js: js/dist-wasm/server/engine.wasm js/dist-addon/.built $(shell find js/src -type f) js/tsdown.config.ts js/package.json
	cd js && npm run --silent build
	@touch $@

examples/dashboard/dist/index.html: js/dist/index.js $(shell find examples/dashboard/src examples/dashboard/public -type f) examples/dashboard/package-lock.json examples/dashboard/vite.config.ts
	cd examples/dashboard && npm ci --silent && npm run --silent build
	@touch $@

.PHONY: test-browser
test-browser: $(STAMP) js/dist/index.js ## The dashboard in Chromium, with the code of a real wallet extension
	tests/browser/run

.PHONY: test-interop
test-interop: $(STAMP) js/dist/index.js ## All clients against all servers, the chain's own SDK among both, over real HTTP and behind proxies
	@scripts/need nginx nginx-light
	@scripts/need haproxy haproxy
	tests/interop/run

.PHONY: test-failure
test-failure: $(STAMP) js/dist/index.js ## Replays, store failures, hostile input, attacks and a fleet in several languages, with a real Redis
	@scripts/need redis-server redis-server
	$(BIN)/python -m pytest -q -c bindings-python/pyproject.toml -p no:cacheprovider tests/failure tests/load tests/attacks tests/fleet tests/chain

.PHONY: test-packaging
test-packaging: $(STAMP) js/dist/index.js ## The wheel and the npm tarball in fresh projects, and the READMEs' snippets
	$(BIN)/python -m pytest -q -c bindings-python/pyproject.toml tests/packaging

.PHONY: audit
audit: ## Licences, advisories and sources of dependencies (needs cargo-deny)
	cargo deny --locked check

.PHONY: bench
bench: $(STAMP) js/dist/index.js ## Ratios against the alternatives, in one run; writes target/bench.json
	@scripts/need redis-server redis-server
	bench/run

.PHONY: clean
clean: ## Remove everything that can be built again
	rm -rf target $(VENV) js/dist js/dist-* {js,bench/js,tests/browser,tests/runtimes}/node_modules examples/*/{node_modules,dist}
