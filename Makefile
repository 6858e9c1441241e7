# Everything runs in a virtual environment of its own; nothing is installed outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests start a hundred runs of their own: modules are compiled once, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test matrix lint format docs setup clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(READY)  ## judge the bundled reference issuer over loopback TLS and write a report
	$(BIN)/pytest --issuer-url reference --vci-report-dir oid4vci-report

test: lint  ## all self-tests of the project, lint included
	$(BIN)/pytest -n auto --dist worksteal

matrix: $(READY)  ## every fault of the reference issuer against every check (slow)
	ASSAY_WHOLE_MATRIX=1 $(BIN)/pytest -n auto --dist worksteal harness/tests/test_fault_matrix.py harness/tests/test_govuk_matrix.py harness/tests/test_staff_passport_matrix.py

lint: $(READY)  ## format, rules and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)  ## format the code and repair what ruff can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)  ## bring the generated pages below docs/ up to date
	$(BIN)/python -c 'from pathlib import Path; from harness import listing; listing.write(Path("docs"))'

setup: $(READY)  ## make the virtual environment

clean:  ## remove the virtual environment, caches and reports
	rm -rf $(VENV) oid4vci-report build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Assay needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@
