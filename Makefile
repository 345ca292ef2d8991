# The verbs of tagmart. Needs Python 3.11 or 3.12, make and a package index; nothing else, and nothing done by hand.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BANK ?= demo
DATE ?= $(if $(filter demo,$(BANK)),2026-06-30)
CUSTOMERS ?= 2000
LANDING ?=
WORKERS ?= 2
SQL_FOLDERS := $(foreach layer,staging dwd dws tags ads,dbt_project/models/$(layer)) dbt_project/tests expectations/ties
UV_VERSION := 0.13.9

VENV := .venv
READY := $(VENV)/.ready
PYTHON_FOUND := $(firstword $(foreach name,python3.11 python3.12 python3,$(shell $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $(name))))
PYTHON ?= $(PYTHON_FOUND)
TAGMART := $(VENV)/bin/tagmart
PYTEST := $(VENV)/bin/pytest
# Groups of tests in the order of tests/conftest.py, and not by how many tests are in them.
SPREAD := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
# dbt parses the project once for all homes, not for each of them (src/tagmart/night/parsed.py).
export TAGMART_PARSED := $(CURDIR)/dbt_project/target/parsed

.PHONY: help
help: ## show the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo "  e.g. make run BANK=berka LANDING=<folder of the .asc files> DATE=1993-12-31"

$(READY): uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "tagmart needs Python 3.11 or 3.12 (python3 is $$(python3 --version 2>&1)); or: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(VENV)/bin/uv sync --frozen --inexact --compile-bytecode --quiet --python $(VENV)/bin/python
	@touch $@

.PHONY: setup
setup: $(READY) ## make the environment from the lock file

.PHONY: run
run: $(READY) ## one whole night through Airflow: BANK=demo DATE=2026-06-30 CUSTOMERS=2000 LANDING=
	@$(TAGMART) run --bank $(BANK) --customers $(CUSTOMERS) $(if $(DATE),--date $(DATE)) $(if $(LANDING),--landing $(LANDING))

.PHONY: test
test: $(READY) ## the whole suite, as CI runs it
	$(PYTEST) $(SPREAD) -m "not drill"

.PHONY: check
check: $(READY) lint generated ## lint, currency of generated files, quick tests
	$(PYTEST) $(SPREAD) -m "not night and not drill"

.PHONY: drill
drill: $(READY) ## the long ones: many nights, kills, sizes
	$(PYTEST) -m drill -s

.PHONY: bench
bench: $(READY) ## loader, tags, segments, gates beside what else could be done; three years of history: ROWS=5000000
	$(VENV)/bin/python benchmarks/loader.py $(if $(ROWS),--rows $(ROWS))
	$(VENV)/bin/python benchmarks/tags.py
	$(VENV)/bin/python benchmarks/history.py
	$(VENV)/bin/python benchmarks/segments.py
	$(VENV)/bin/python benchmarks/gates.py

.PHONY: bench-night
bench-night: $(READY) ## a whole night by its stages, and what share is fixed cost: hours at 100,000 customers: CUSTOMERS=100000
	$(VENV)/bin/python benchmarks/night.py --customers $(if $(filter-out 2000,$(CUSTOMERS)),$(CUSTOMERS),100000)

.PHONY: lint
lint: $(READY) ## ruff and sqlfluff
	$(VENV)/bin/ruff check src dags tests benchmarks dbt_project/seeds
	$(VENV)/bin/sqlfluff lint --processes $(WORKERS) --disable-progress-bar $(SQL_FOLDERS)

.PHONY: generated
generated: $(READY) ## fail if a generated file is not what its source says
	$(TAGMART) tags generate --check
	$(TAGMART) rules generate --check
	$(TAGMART) leads generate --check
	$(TAGMART) contract docs --check
	$(VENV)/bin/python dbt_project/seeds/make_code_tables.py --check

.PHONY: codes
codes: $(READY) ## make the code tables (MCC, currencies, regions) anew from their packages
	$(VENV)/bin/python dbt_project/seeds/make_code_tables.py

.PHONY: lock
lock: $(READY) ## resolve the dependencies anew: uv.lock, and requirements.txt for plain pip
	$(VENV)/bin/uv lock
	$(VENV)/bin/uv export --frozen --no-emit-project --no-emit-index-url --no-header --quiet -o requirements.txt

.PHONY: airflow
airflow: $(READY) ## Airflow with its web page on 127.0.0.1:8080, the night scheduled for T+1
	@$(TAGMART) airflow --bank $(BANK)

.PHONY: clean
clean: ## remove the environment and everything that runs have made
	rm -rf $(VENV) var dbt_project/target dbt_project/logs
