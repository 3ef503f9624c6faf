# Needs Python 3.11 or later and make. `make` alone lists the commands.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that runs and is new enough (a pyenv shim may exist and not run). `make PYTHON=...` overrides it.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
endif

VENV := .venv
BIN := $(VENV)/bin
# Stamps: an environment is made once, and again when its inputs change.
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
EMULATOR := $(VENV)/.emulator
NODE_TOOLS := node_modules/.package-lock.json
BUNDLES := build/bundles/.made
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

help:  ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(RUN) $(EMULATOR)  ## run Leadline on this machine at http://127.0.0.1:8787 (LEADLINE_PORT, LEADLINE_HOME)
	@exec $(BIN)/python -m leadline_local

# The fast tests that catch most mistakes: tests/README.md explains the kinds. Two jobs at a time, for two cores.
QUICK_TESTS := tests/laws/test_rules.py tests/laws/test_wild_histories.py $(addprefix tests/contract/test_,$(addsuffix .py,\
  configuration configuration_changes corrections events_trace rework_rules table_dynamodb table_moto version))
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

quick: $(DEV)  ## check and the fast tests, under two minutes
	@$(MAKE) --no-print-directory -j2 $(SYNC) quick-unit check quick-promises

quick-unit:
	$(BIN)/python -m pytest -q tests/unit

quick-promises:
	$(BIN)/python -m pytest -q $(QUICK_TESTS)

test: check $(EMULATOR) $(BUNDLES)  ## check, then all tests: under 20 minutes
	$(BIN)/python -m pytest

check: $(DEV)  ## lint, formatting, types, import contracts, one reader and one registry of reasons
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/unit/test_one_reader.py tests/unit/test_reason_registry.py

synth: $(DEV) $(BUNDLES)  ## write the CloudFormation template and the functions' code to cdk.out/ (no AWS account needed)
	CDK_OUTDIR=cdk.out $(BIN)/python -m leadline_cdk.app

deploy: $(DEV) $(BUNDLES)  ## deploy to your AWS account (CDK="-c stack=NAME ..."), see docs/deploy.md
	$(BIN)/python -m leadline_cdk cdk deploy $(CDK)

bootstrap: $(DEV) $(NODE_TOOLS)  ## prepare an AWS account and region, once before the first deploy
	$(BIN)/python -m leadline_cdk cdk bootstrap $(CDK)

docs: $(DEV)  ## regenerate the parts of the docs that are generated from code
	$(BIN)/python -m apidoc

bench: $(DEV) $(BUNDLES)  ## measure what events and queries cost and how it grows (some minutes)
	$(BIN)/python -m benchmarks

setup: $(DEV) $(EMULATOR) $(BUNDLES)  ## install everything under .venv/, start nothing

lock:  ## pin the newest versions of all dependencies
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet uv==0.13.9
	for set in requirements-dev requirements requirements-emulator; do \
	  $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --custom-compile-command 'make lock' \
	    $$([ $$set = requirements ] && echo --constraints requirements-dev.txt) $$set.in --output-file $$set.txt || exit 1; done

clean:  ## remove environments, caches and build output; keeps .leadline/
	rm -rf $(VENV) cdk.out node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Leadline needs Python 3.11 or later on the PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version) (once) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/bin/python requirements.txt pyproject.toml
	@$(BIN)/python $(PIP_INSTALL) -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@echo "Installing the tools for tests, checks and synth (once) ..."
	@$(BIN)/python $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(EMULATOR): $(VENV)/bin/python requirements-emulator.txt
	@echo "Installing the AWS emulator (once) ..."
	@$(PYTHON) -m venv $(VENV)/emulator
	@$(VENV)/emulator/bin/python $(PIP_INSTALL) -r requirements-emulator.txt
	@touch $@

$(NODE_TOOLS): $(DEV) package.json package-lock.json
	@echo "Installing the CDK command line (once) ..."
	@$(BIN)/python -m leadline_cdk npm ci --loglevel=error
	@touch $@

# The functions' dependencies for arm64, downloaded and compiled. Every synth adds the functions' own code.
$(BUNDLES): $(DEV) $(NODE_TOOLS) requirements.txt infra/leadline_cdk/bundles.py
	@$(BIN)/python -m leadline_cdk.bundles
	@touch $@

.PHONY: help up quick quick-unit quick-promises test check docs synth deploy bootstrap bench setup lock clean
