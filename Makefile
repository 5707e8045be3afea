SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One command line for clippy, build and tests: other features would build the dependencies again.
CARGO_FLAGS := --workspace --all-targets --locked

.PHONY: help
help: ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
# Getting the control plane can take as long as building the project: two things at once, whatever they are.
test: ## Everything that has to hold before a change goes in
	@$(MAKE) --no-print-directory --jobs 2 control-plane compile deny
	RUST_TEST_THREADS=8 cargo test $(filter-out --all-targets,$(CARGO_FLAGS)) # they mostly wait: for events, leases, calls
	@$(MAKE) --no-print-directory chart-check

.PHONY: compile
compile:
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) -- -D warnings
	cargo build --workspace --bins --locked
	cargo test $(filter-out --all-targets,$(CARGO_FLAGS)) --no-run --quiet

# What does not hold however Zoom behaves, or does not speak with it, see docs/simulator.md.
NOT_UNDER_FAULTS := chart:: crds:: bad_days::answers bad_days::listings bad_days::people a_disabled_app_an_unpaid_plan an_empty_listing_with_total_zero

.PHONY: test-faults
test-faults: control-plane binaries ## End-to-end tests while every class of faults hits 2 % of the calls to Zoom
	RUST_TEST_THREADS=8 ZOOM_SIMULATOR_FAULT_RATE=0.02 cargo test --locked -p zoom-operator --test end_to_end -- \
	  $(addprefix --skip ,$(NOT_UNDER_FAULTS))

.PHONY: test-browser
test-browser: ## The simulator's page in a real browser: Chromium, or what CHROMIUM names
	@browser=$${CHROMIUM:-$$(command -v chromium chromium-browser google-chrome | head -n 1 || true)}; \
	  if [ -z "$$browser" ]; then \
	    echo "There is no Chromium: install it (Debian: apt-get install chromium), or name a browser in CHROMIUM." >&2; exit 1; \
	  fi; \
	  CHROMIUM="$$browser" cargo test --locked -p zoom-simulator --test behaviour -- --ignored browser

.PHONY: control-plane
control-plane: ## Download or build the test control plane's programs, once per machine
	hack/control-plane/get >/dev/null

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all

.PHONY: crds
crds: ## Write the custom resource definitions to crds/ and into the chart
	UPDATE_CRDS=1 cargo test --quiet --locked -p zoom-operator-api --test generated
	cp crds/*.yaml charts/zoom-operator/files/crds/

.PHONY: chart-check
chart-check:
	@programs=$$(hack/control-plane/get); \
	  "$$programs/helm" lint --strict charts/zoom-operator; \
	  "$$programs/helm" template zoom-operator charts/zoom-operator --namespace zoom-operator >/dev/null

.PHONY: image-steps
image-steps: ## Run the Dockerfile's steps without an engine: what would be in the image is in target/image
	hack/image-steps target/image

.PHONY: deny
deny: ## Licences, banned crates, sources and advisories of the dependencies
	hack/deny

.PHONY: demo
demo: ## See an account converge, drift being put right and a mass removal being held
	@$(MAKE) --no-print-directory --jobs 2 control-plane binaries
	@"$${CARGO_TARGET_DIR:-target}/debug/zoom-operator-demo"

.PHONY: dev
dev: ## As demo, but stays up and prints the kubeconfig and the simulator's address
	@$(MAKE) --no-print-directory --jobs 2 control-plane binaries
	@"$${CARGO_TARGET_DIR:-target}/debug/zoom-operator-demo" --stay

.PHONY: binaries
binaries:
	cargo build --workspace --bins --locked

.PHONY: bench
# It builds the programs that it needs itself.
bench: control-plane ## The benchmarks, as a table
	@cargo bench --quiet --workspace --locked --no-fail-fast --bench '*'
