# One command each. `make` alone explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Tests of one file share what is slow to make: a database, a server.
AT_ONCE := --numprocesses auto --maxprocesses 4 --dist loadfile
MANIFEST := setup.cfg pyproject.toml
# A version manager may put commands on the PATH that only explain what is missing: ask each one to really run.
RUNS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: help demo test test-all fuzz lint bench docs env

help: ## show these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: $(VENV)/.demo ## run a server with an embedded database and sample users; prints Tenant URL and Secret Token
	@$(BIN)/scimserver demo --sample

test: env ## all tests but the slow ones
	@$(BIN)/python -m pytest -q -m "not slow" $(AT_ONCE)

test-all: env ## the slow tests too: real processes, built packages
	@$(BIN)/python -m pytest -q

fuzz: env ## 100,000 generated filters, PATCH messages, bodies and requests; SCIM_FUZZ_CASES=N for fewer
	@SCIM_FUZZ_CASES=$${SCIM_FUZZ_CASES:-100000} $(BIN)/python -m pytest -q tests/fuzz --timeout=0

lint: env ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: env ## time the main requests, each beside a floor program
	@$(BIN)/python -m benchmarks.run

docs: env ## write the reference pages that come from the code
	@$(BIN)/python docs/generate.py

env: $(VENV)/.dev

$(BIN)/python:
	@for python in python3.13 python3.12 python3.11 python3; do \
	  if $$python -c '$(RUNS)' >/dev/null 2>&1; then \
	    echo "creating $(VENV) with $$($$python --version)" >&2; exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "scimserver needs Python 3.11, 3.12 or 3.13 with its venv module; none was found" >&2; exit 1

$(VENV)/.demo: $(MANIFEST) | $(BIN)/python
	@echo "installing scimserver, its embedded database and its tools into $(VENV)" >&2
	@$(PIP) -e '.[embedded,tools]'
	@touch $@

$(VENV)/.dev: $(MANIFEST) | $(BIN)/python
	@echo "installing scimserver and its development tools into $(VENV)" >&2
	@$(PIP) -e '.[embedded,tools,dev]'
	@touch $@ $(VENV)/.demo
