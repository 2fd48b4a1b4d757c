# Needs only Python 3 with pip, make and git. Everything it installs or caches stays in this folder.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := $(CURDIR)/.uv
export UV_CACHE_DIR ?= $(TOOLS)/cache
export TOCSIN_HOME ?= $(CURDIR)/.tocsin
RUN := .venv/bin
# uv from the path where there is one; otherwise pip puts it into a folder of this project.
UV = $(shell command -v uv || echo $(TOOLS)/bin/uv)

.PHONY: help
help: ## Say what there is to make.
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1 — \2/p' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/.ready ## Prepare .venv from the lock.

.venv/.ready: requirements.lock pyproject.toml .python-version
	@command -v uv >/dev/null || test -x $(TOOLS)/bin/uv || { \
	  python3 -m venv $(TOOLS) && $(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv; }
	@echo "preparing .venv: about a minute the first time"
	@$(UV) venv --quiet --clear .venv
	@$(UV) pip sync --quiet --compile-bytecode --python .venv requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps --editable .
	@touch $@

.PHONY: lock
lock: ## Resolve requirements.lock, and its part that running needs, again from pyproject.toml.
	@$(UV) pip compile --quiet --universal --generate-hashes --all-extras --group dev --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml
	@$(UV) pip compile --quiet --universal --generate-hashes --all-extras --constraints requirements.lock --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements-run.lock pyproject.toml

.PHONY: demo
demo: setup ## From files to the odds of the Tunisia theater; ARGS=--once prints them and exits.
	@$(RUN)/tocsin demo $(ARGS)

.PHONY: check
check: setup ## Format, lint, types, import contracts.
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --cache-dir .cache/import-linter

.PHONY: test
test: setup ## Run the tests; ARGS are passed to pytest.
	$(RUN)/pytest -n auto --dist worksteal $(ARGS)

.PHONY: verify
verify: setup ## Slower statistical studies; their last figures stand in docs/.
	$(RUN)/pytest tests/verify $(ARGS)

.PHONY: bench
bench: setup ## Measure speed; OUT=file.json records it; ARGS="--only live" takes one suite.
	PYTHONPATH=tests $(RUN)/python -m benchmarks $(if $(OUT),--out $(OUT)) $(ARGS)

.PHONY: bench-views
bench-views: setup ## Forecast real conflicts beside real rivals: WINDOWS=2018,2019 [DATA=folder] [COUNTRIES=all] [OUT=folder].
	PYTHONPATH=tests $(RUN)/python -m benchmarks.views --windows $(WINDOWS) $(if $(DATA),--data $(DATA)) \
	  $(if $(COUNTRIES),--countries $(COUNTRIES)) $(if $(OUT),--out $(OUT)) $(ARGS)
