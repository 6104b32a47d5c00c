# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3.11
PYTHON := $(or $(shell command -v $(PYTHON)),$(shell command -v python3))
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM := $(firstword $(shell command -v chromium chromium-browser google-chrome))
DEMO_ARGS ?=

export LITELLM_LOCAL_MODEL_COST_MAP := True
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install install-dev chromium demo test check bench clean

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "TREX Explorer needs Python 3.11 or newer, this is " + sys.version)'
	@echo "Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing (a minute or two the first time)"
	@$(BIN)/pip install -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need"
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

# The browser tests use the system's Chromium; it is installed only where that is possible without asking.
chromium:
ifeq ($(CHROMIUM),)
	@command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null \
	  || echo "No Chromium and it cannot be installed here: the browser tests will be skipped"
endif

demo: install
	@$(BIN)/trex demo $(DEMO_ARGS)

test: install-dev chromium
	@$(BIN)/python -m pytest

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint --quiet
	@command -v node >/dev/null && node --test tests/js/ || { command -v node >/dev/null || echo "node is not here: the JavaScript tests are skipped"; }
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: install-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build *.egg-info
