# Everything a developer runs. `make` lists the targets.
# Needs Python 3.11 or newer; PYTHON=python3.12 picks another one. Nothing outside .venv is installed.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help venv demo up down test static check bench docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: .venv/dev ## Make .venv with everything for development, pinned by hash

demo: .venv/run ## Start everything, post ten deliveries, and show who gets each lead
	@$(BIN)/lead-router demo

up: .venv/run ## Start everything on this machine, until Ctrl-C
	@$(BIN)/lead-router up

down: .venv/run ## Stop whatever an `up` left running
	@$(BIN)/lead-router down

# Two processes, each with servers of its own; a file stays in one, for it starts much that its tests
# share. In the order of the folders, so that what takes long does not come last.
test: .venv/dev ## Run all tests
	$(BIN)/python -m pytest $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

static: .venv/dev ## Check format, lint, types and the walls between layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: static test ## Everything that must pass before a change is shared

bench: .venv/bench ## Measure, and print the table of the README
	$(BIN)/python -m bench $(ARGS)

docs: .venv/dev ## Write the pages that are made from the code
	$(BIN)/python -m docs.generate

clean: ## Remove .venv, the demo's data and every cache
	@if [ -x $(BIN)/lead-router ]; then LEAD_ROUTER_HOME=.demo $(BIN)/lead-router down; fi
	rm -rf .venv .demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed list of packages installs again; the project itself is linked, not copied. What links it is
# pinned too: without isolation pip fetches nothing that is not on a list.
.venv/run: requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.txt requirements-build.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements-dev.txt -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch .venv/run $@

.venv/bench: requirements-bench.txt .venv/dev
	$(PIP) --require-hashes -r requirements-bench.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
