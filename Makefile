# `make` alone lists the targets. Every target works in a fresh clone: it makes what it needs first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# The first Python that starts and is new enough; Lambda runs 3.13, the tools run on 3.11 and later.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
SAM := AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
PORT ?= 8000
PIP := -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.run ## Make .venv with the lms-lambda command in it

$(VENV)/.run: requirements/run.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: none was found on PATH." >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) --require-hashes -r requirements/run.txt
	@$(BIN)/python $(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(BIN)/python $(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup-dev
setup-dev: $(VENV)/.dev ## Make .venv with the tools of development: .venv/bin/pytest runs, and skips what needs services

.venv-sam/.done: requirements/sam.txt
	@echo "Setting up .venv-sam with AWS SAM CLI ..."
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python $(PIP) --require-hashes -r requirements/sam.txt
	@touch $@

.venv-checkov/.done: requirements/checkov.txt
	@echo "Setting up .venv-checkov with checkov ..."
	@$(PYTHON) -m venv .venv-checkov
	@.venv-checkov/bin/python $(PIP) --require-hashes -r requirements/checkov.txt
	@touch $@

# Python of its own, because some of the XBlocks' packages need 3.12. Those are read and never imported: without what they need.
.venv-oracles/.done: requirements/oracles.txt requirements/xblocks.txt
	@test -n "$(PYTHON313)" || { echo "make test-oracles needs Python 3.13: python3.13 does not start here." >&2; exit 1; }
	@echo "Setting up .venv-oracles with packages of Open edX ..."
	@$(PYTHON313) -m venv .venv-oracles
	@.venv-oracles/bin/python $(PIP) --require-hashes -r requirements/oracles.txt
	@.venv-oracles/bin/python $(PIP) --require-hashes --no-deps -r requirements/xblocks.txt
	@touch $@

.PHONY: run
run: $(VENV)/.run ## Serve the API with the sample site on http://127.0.0.1:8000 (PORT=9000 for another port)
	@exec $(BIN)/lms-lambda serve --port $(PORT)

.PHONY: unit
unit: $(VENV)/.dev ## The tests of the rules, the table's items, the web and the use cases: seconds
	@$(BIN)/python -m pytest tests/unit

# EXAMPLES=thorough tries the properties on ten times as many examples.
EXAMPLES ?= quick

.PHONY: test
test: lint $(VENV)/.dev ## Lint, check types, and run every test that needs nothing but Python
	@$(BIN)/python -m pytest -n auto -m "not integration and not faults" --hypothesis-profile=$(EXAMPLES)

# First what fails soonest. Then side by side what leaves a processor idle; each prints when it has ended.
.PHONY: ci
ci: ## All of the suites, as the gate runs them (needs Java 17, npm, Python 3.13 and Docker)
	@$(MAKE) --no-print-directory test
	@# The properties that need no server, on ten times as many examples.
	@$(BIN)/python -m pytest -n auto --hypothesis-profile=thorough tests/unit tests/security/test_fuzzed_tokens.py
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target --keep-going test-openapi test-integration test-build test-oracles
	@$(MAKE) --no-print-directory test-faults
	@$(MAKE) --no-print-directory test-sam-local

DYNAMODB_LOCAL := .cache/dynamodb-local

.PHONY: test-integration
test-integration: $(VENV)/.dev $(DYNAMODB_LOCAL)/.done ## The tests marked dynamodb_local, and a large load, against DynamoDB Local (needs Java 17 and npm)
	@$(BIN)/python -m pytest --dynamodb-local -m dynamodb_local

.PHONY: test-oracles
test-oracles: .venv-oracles/.done ## Hold rules against the packages of Open edX that have them (needs Python 3.13)
	@PYTHONPATH=layers/shared:ops .venv-oracles/bin/python -m pytest --confcutdir tests/oracles tests/oracles

.PHONY: test-faults
test-faults: $(VENV)/.dev $(DYNAMODB_LOCAL)/.done ## Lose, spoil and delay the functions' requests to DynamoDB Local (Java 17; SEED=2 draws other faults)
	@$(BIN)/python -m pytest -n 8 --dist loadgroup $(FAULTS) $(addprefix tests/faults/test_,random.py scripted.py load_killed.py)
	@# Races and the long run have the machine to themselves.
	@$(BIN)/python -m pytest $(FAULTS) $(addprefix tests/faults/test_,proxy.py concurrent.py soak.py)

SCHEDULES ?= 200
FAULTS = --dynamodb-local --fault-seed $$(( ($(SEED) - 1) * $(SCHEDULES) + 1 )) --fault-schedules $(SCHEDULES)

# AWS's own engine, as an npm package carries it.
$(DYNAMODB_LOCAL)/.done:
	@echo "Installing DynamoDB Local ..."
	@npm install --prefix $(DYNAMODB_LOCAL) --loglevel=error --no-audit --no-fund --no-save amplify-dynamodb-simulator@2.9.30
	@touch $@

# Lambda's Python, which makes the byte code. Not `python3.13` itself: a version manager's is a script that minds the folder.
PYTHON313 = $(shell python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null)
ARCH ?= arm64
HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
BUILD_DIR ?= .aws-sam/build

.PHONY: build
build: .venv-sam/.done ## Build for Lambda into .aws-sam/build, without containers (ARCH=x86_64 for the other processor)
	@test -n "$(PYTHON313)" || { echo "make build needs Python 3.13, Lambda's: python3.13 does not start here." >&2; exit 1; }
	@[[ "$(ARCH)" =~ ^(arm64|x86_64)$$ ]] || { echo "ARCH is arm64 or x86_64, not $(ARCH)." >&2; exit 1; }
	@# The built template allows the processor that was built for and no other: a stack that keeps an older value is not updated.
	@mkdir -p $(BUILD_DIR)
	@sed -E -e 's/^( +(Default|BuildArchitecture)): arm64$$/\1: $(ARCH)/' -e 's/\[arm64, x86_64\]/[$(ARCH)]/' \
	  template.yaml > $(BUILD_DIR)-template.yaml
	@PATH="$(dir $(PYTHON313)):$$PATH" ARCH=$(ARCH) PYTHON313=$(PYTHON313) $(SAM) build --config-file $(CURDIR)/samconfig.toml \
	  --template $(BUILD_DIR)-template.yaml --base-dir . --build-dir $(BUILD_DIR) --no-cached
	@# The layer compiles itself; so far SAM has only copied the functions.
	@for app in $(BUILD_DIR)/*/app.py; do PYTHONHASHSEED=0 $(PYTHON313) -m compileall -q --invalidation-mode unchecked-hash \
	  -s "$${app%/app.py}" -p /var/task "$${app%/app.py}" || exit 1; done

CONFIG ?= default
.PHONY: deploy
deploy: $(VENV)/.run .venv-sam/.done ## Check the settings in samconfig.toml and deploy what is built (CONFIG=prod)
	@$(BIN)/python -m lms_lambda.deploy.sam_deploy $(CONFIG)

# For this machine's processor, in a folder of its own: trying something out never changes what is deployed next.
.PHONY: build-local
build-local:
	@$(MAKE) --no-print-directory build ARCH=$(HOST_ARCH) BUILD_DIR=.aws-sam/local
	@# `sam local` cannot follow a reference to an alias: it would leave the authorizers out.
	@sed -E 's/Ref: ([A-Za-z0-9]+)\.Alias$$/Fn::GetAtt: [\1, Arn]/' .aws-sam/local/template.yaml > .aws-sam/local/edited.yaml
	@mv .aws-sam/local/edited.yaml .aws-sam/local/template.yaml

.PHONY: sam-local
sam-local: $(VENV)/.run $(DYNAMODB_LOCAL)/.done build-local ## Serve the build in Lambda's containers by `sam local` (needs Docker and Java 17; PORT=9000)
	@exec $(BIN)/python -m lms_lambda.gateway.sam_local $(PORT)

.PHONY: test-build
test-build: $(VENV)/.dev .venv-sam/.done ## Test what `make build` makes, for both processors (needs Python 3.13)
	@$(BIN)/python -m pytest --build tests/sam_local/test_build.py

.PHONY: test-sam-local
test-sam-local: $(VENV)/.dev $(DYNAMODB_LOCAL)/.done build-local ## The same HTTP tests against `sam local`, and the events of docs/local-lambda.md (needs Docker and Java 17)
	@$(BIN)/python -m pytest --sam-local

.PHONY: lint
lint: $(VENV)/.dev .venv-sam/.done .venv-checkov/.done ## ruff, mypy --strict, sam validate --lint, checkov
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy layers/shared/lms ops/lms_lambda functions bench tests
	@$(SAM) validate --lint --template template.yaml
	@.venv-checkov/bin/checkov --config-file .checkov.yaml

.PHONY: openapi
openapi: $(VENV)/.run ## Write docs/openapi.json anew from template.yaml, the handlers and their descriptions
	@made="$$($(BIN)/lms-lambda openapi)" && printf '%s\n' "$$made" > docs/openapi.json

.PHONY: date-formats
date-formats: $(VENV)/.dev ## Write the layer's table of date formats anew from Django's locales
	@$(BIN)/python -m tests.date_formats

SEED ?= 1

.PHONY: test-openapi
test-openapi: $(VENV)/.dev ## What Schemathesis makes of the OpenAPI document, against lms-lambda serve (SEED=2 makes other requests)
	@$(BIN)/python -m tests.openapi.fuzz --seed $(SEED)

.PHONY: format
format: $(VENV)/.dev ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/ruff format .

.PHONY: lock
lock: ## Compile the pinned requirements again (needs uv on PATH)
	@for in in layers/shared/requirements requirements/run requirements/dev requirements/sam requirements/checkov; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade $$in.in -o $$in.txt || exit 1; done
	@for in in "oracles" "xblocks --no-deps"; do set -- $$in; uv pip compile --quiet --universal --python-version 3.12 \
	  --generate-hashes --no-header --upgrade $$2 requirements/$$1.in -o requirements/$$1.txt || exit 1; done

.PHONY: clean
clean: ## Remove everything that the targets made
	@rm -rf $(VENV) .venv-sam .venv-checkov .venv-oracles .aws-sam .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
