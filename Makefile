# Two commands matter: `make plan` solves the default case, `make test` proves that this checkout works.
# Both need nothing but make and Python 3.11 or newer; PYTHON=... names another interpreter.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$p"; break; }; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PACKAGE := $(VENV)/.installed
TEST := $(VENV)/.installed-test
unexport PYTHONDONTWRITEBYTECODE # commands start many processes, and each would compile dcplan again
CASE ?=
SOLVE_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help plan test lint docs clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

plan: $(PACKAGE) ## solve the default case and print the plan (CASE=toy or a folder for another one)
	$(BIN)/dcplan solve $(CASE) $(SOLVE_OPTIONS)

test: lint ## format check, lint, types and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(TEST) ## format check, lint and types only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(TEST) ## write the generated pages of docs/ again
	$(BIN)/python scripts/generate_docs.py

clean: ## remove the virtual environment and every cache (plans stay)
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find dcplan tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "dcplan needs Python 3.11 or newer; name it with PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(PACKAGE): pyproject.toml | $(BIN)/python
	@echo "Installing dcplan into $(VENV) (about a minute the first time)"
	$(PIP) --editable .
	@touch $@

$(TEST): pyproject.toml | $(BIN)/python
	@echo "Installing dcplan and its test tools into $(VENV) (about a minute the first time)"
	$(PIP) --editable '.[test]'
	@touch $@ $(PACKAGE)
