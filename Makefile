# `make` lists the targets. Every step of the setup compares its inputs with those of its last run (scripts/once.py),
# so that whatever is up to date costs next to nothing.

PYTHON ?= python3
export PYTHON

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
# The lines of a target are in order, and the targets of `make test` are arranged by scripts/test.py.
.NOTPARALLEL:

ONCE := $(PYTHON) scripts/once.py
NPM := scripts/npm
BIN := backend/.venv/bin
PYTEST := cd backend && .venv/bin/python -m pytest
# With both servers at hand, each of them the command's own.
SERVICES := cd backend && .venv/bin/python -m tests.services run --
# What runs and what builds it. The programs of the checks see nothing but this repository.
AUDITED := $(addprefix backend/,requirements.lock requirements-build.lock requirements-dev.lock requirements-tools.lock)
# An environment that once got the tests' packages keeps them.
ENVIRONMENT := $(if $(wildcard .cache/stamps/backend-dev),dev,runtime)
# Where scripts/test.py wants a stage's results.
JUNIT_PYTEST := $(if $(REPORT),--junitxml=$(REPORT))
JUNIT_VITEST := $(if $(REPORT),--reporter=default --reporter=junit --outputFile.junit=$(REPORT))
comma := ,
JUNIT_PLAYWRIGHT := $(if $(REPORT),--reporter=list$(comma)junit)
export PLAYWRIGHT_JUNIT_OUTPUT_FILE := $(REPORT)

##@ Use

.PHONY: help
help: ## List the targets
	@awk -f scripts/help.awk $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Serve everything at http://localhost:8000 (HOST and PORT change that)
	@exec $(BIN)/musubi serve

.PHONY: setup
setup: backend-$(ENVIRONMENT) spa ## Install and build all that `musubi serve` needs

.PHONY: dev
dev: backend-dev node-modules ## Serve with reload: the API on port 8000, the browser's part by Vite on 5173
	@exec $(PYTHON) scripts/dev.py

##@ Test

.PHONY: test
test: backend-dev node-modules ## Run every check and every test but the long ones, or STAGES, with a summary
	@exec $(PYTHON) scripts/test.py $(STAGES)

.PHONY: test-faults
test-faults: backend-dev node-modules ## Run the long suites: kills, soaks, load
ifdef REPORT
	@$(SERVICES) .venv/bin/python -m pytest tests/faults $(JUNIT_PYTEST)
else
	@exec $(PYTHON) scripts/test.py test-faults
endif

.PHONY: test-s3
test-s3: backend-dev ## Run the tests of the storage on a real store, which knows signatures: Ceph's
ifdef REPORT
	@cd backend && .venv/bin/python -m tests.services s3 -- \
	  .venv/bin/python -m pytest tests/adapters/storage $(JUNIT_PYTEST)
else
	@exec $(PYTHON) scripts/test.py test-s3
endif

.PHONY: test-gateway
test-gateway: backend-dev checks-env spa ## Run the tests of nginx, with TLS, before two backends
ifdef REPORT
	@$(SERVICES) .venv/bin/python -m pytest tests/gateway $(JUNIT_PYTEST)
else
	@exec $(PYTHON) scripts/test.py test-gateway
endif

.PHONY: test-wheel
test-wheel: wheel ## Install the wheel elsewhere, and serve from it
	@$(PYTEST) tests/wheel $(JUNIT_PYTEST)

.PHONY: test-containers
test-containers: backend-dev node-modules ## Build the images, bring compose.yaml up on a Docker engine, and use it
ifdef REPORT
	@$(PYTEST) tests/containers $(JUNIT_PYTEST)
else
	@exec $(PYTHON) scripts/test.py test-containers
endif

.PHONY: soak
soak: backend-dev ## Break a cluster under load for an hour, or MINUTES: nothing acknowledged may be lost
	@cd backend && exec .venv/bin/python -m tests.continuity.soak --minutes $(or $(MINUTES),60)

.PHONY: test-backend
test-backend: backend-dev ## Run the backend's tests on the embedded SQLite
	@$(PYTEST) -n auto $(JUNIT_PYTEST)

.PHONY: test-backend-postgres
test-backend-postgres: backend-dev ## Run the backend's tests on a PostgreSQL and a Valkey of their own
	@$(SERVICES) .venv/bin/python -m pytest -n auto $(JUNIT_PYTEST)

.PHONY: test-frontend
test-frontend: node-modules ## Run the frontend's unit tests
	@$(NPM) test -- $(JUNIT_VITEST)

.PHONY: e2e
e2e: backend-dev spa ## Run the browser tests on the built application
	@$(NPM) run e2e -- $(JUNIT_PLAYWRIGHT)

.PHONY: coverage
coverage: backend-dev ## Measure which lines of the backend its tests reach
	@cd backend && .venv/bin/coverage erase
	@$(SERVICES) .venv/bin/coverage run -m pytest
	@cd backend && .venv/bin/coverage combine --quiet && .venv/bin/coverage report

.PHONY: bench
bench: backend-dev ## Measure the API beside handlers without a framework
	@exec $(BIN)/python bench/run.py

##@ Check

.PHONY: lint
lint: lint-backend lint-frontend lint-deploy type-check ## Run every linter and type checker

.PHONY: lint-backend
lint-backend: backend-dev ## Check the Python: style, format, types, the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@cd backend && .venv/bin/mypy
	@cd backend && .venv/bin/lint-imports --no-cache

.PHONY: lint-frontend
lint-frontend: node-modules ## Check the TypeScript and the templates: style and format
	@$(NPM) run lint

.PHONY: lint-deploy
lint-deploy: checks-env ## Check the files of a deployment: containers, workflows, alert rules, manifests
	@scripts/lint-deploy

.PHONY: audit
audit: checks-env ## Ask whether what the locks hold has known holes (needs the network)
	@.cache/checks/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(addprefix -r ,$(AUDITED))
	@$(NPM) audit

.PHONY: audit-workflows
audit-workflows: checks-env ## Audit the workflows, and with a GH_TOKEN also the actions they use (needs the network)
	@.cache/checks/bin/zizmor --quiet --persona=pedantic .github

.PHONY: type-check
type-check: node-modules ## Check the frontend's types
	@$(NPM) run type-check

.PHONY: check-contract
check-contract: backend-dev node-modules ## Fail when the contract or what is generated from it is stale
	@scripts/check-contract

.PHONY: size
size: spa ## Fail when the built SPA is larger than its budget
	@$(NPM) run size

##@ Release

.PHONY: images
images: ## Build the images musubi-backend and musubi-gateway with the tag "latest", or TAG
	@scripts/images $(TAG)

.PHONY: wheel
wheel: backend-dev spa ## Build backend/dist/musubi-<version>.whl, which holds the browser's part and needs nothing else
	@cd backend && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) .venv/bin/python -m hatchling build -t wheel
	@# Beside it the lock of what it needs: deploy.sh installs the two together.
	@cp backend/requirements.lock backend/dist/

.PHONY: sbom
sbom: checks-env ## Write into backend/dist what the application is made of: CycloneDX, and SPDX of the browser's part
	@scripts/sbom

##@ Change

.PHONY: contract
contract: backend-dev node-modules ## Write the contract, and generate the frontend's client and rules from it
	@$(BIN)/musubi export-contract
	@$(NPM) run generate

.PHONY: format
format: backend-dev node-modules ## Format the code and repair what the linters can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(NPM) run format

.PHONY: lock
lock: backend-dev ## Lock what the manifests ask for; UPGRADE=all, or names, moves to newer versions
	@$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade $(filter-out all,$(UPGRADE)))
	@$(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund
	@$(PYTEST) --quiet tests/architecture/test_repository.py

.PHONY: clean
clean: ## Remove what was installed and built; what the application keeps stays
	@rm -rf .cache backend/.venv backend/src/musubi/web backend/dist frontend/node_modules
	@rm -rf frontend/coverage frontend/playwright-report frontend/test-results

# The steps of the setup.

BACKEND_INPUTS := backend/pyproject.toml backend/requirements*.lock scripts/backend-env scripts/package-index scripts/uv
BACKEND_OUTPUTS := $(BIN)/python $(BIN)/musubi
SPA_INPUTS := contract frontend/index.html frontend/package-lock.json frontend/public frontend/scripts frontend/src \
  frontend/tsconfig*.json frontend/vite.config.ts

.PHONY: backend-runtime
backend-runtime:
	@$(ONCE) backend-runtime --inputs $(BACKEND_INPUTS) --outputs $(BACKEND_OUTPUTS) \
	  -- scripts/backend-env runtime

.PHONY: backend-dev
backend-dev:
	@$(ONCE) backend-dev --inputs $(BACKEND_INPUTS) --outputs $(BACKEND_OUTPUTS) $(BIN)/pytest \
	  -- scripts/backend-env dev

.PHONY: checks-env
checks-env:
	@$(ONCE) checks-env --inputs backend/requirements-checks.lock scripts/checks-env scripts/package-index scripts/uv \
	  --outputs .cache/checks/bin/python -- scripts/checks-env

.PHONY: node-modules
node-modules:
	@$(ONCE) node-modules --inputs frontend/package.json frontend/package-lock.json frontend/.npmrc \
	  --outputs frontend/node_modules/.package-lock.json -- $(NPM) ci --ignore-scripts --no-audit --no-fund

.PHONY: spa
spa: node-modules
	@$(ONCE) spa --inputs $(SPA_INPUTS) --except '*.test.ts' --env VITE_API_BASE_URL \
	  --outputs backend/src/musubi/web/index.html -- $(NPM) run build
