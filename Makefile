# The two commands that the README names:
#   make dashboard   measure the kernels over the newest COMMITS commits and publish html/index.html
#   make test        set up what the tests need and run them all
PYTHON ?= python3
COMMITS ?= 3
PRESET ?= quick

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: dashboard test lint unit figures peers confusion changes-table clean help chromium

help:
	@sed -n '2,3p' Makefile

dashboard: $(VENV)/host
	$(BIN)/stallhorn dashboard --newest $(COMMITS) --preset $(PRESET)

test: $(VENV)/test lint chromium
	$(BIN)/python -m pytest -q -rs

# Some tests look at the site in a browser. Where this may install one it does; elsewhere those tests are skipped.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "installing Chromium for the tests of the site" && \
		( apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium ) >/dev/null 2>&1; } || \
		echo "No Chromium here: the tests of the site in a browser are skipped (Debian: apt-get install chromium)."

unit: $(VENV)/test
	$(BIN)/python -m pytest -q tests/unit

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

figures: $(VENV)/test
	$(BIN)/python -m figures

# The kernels beside what people would take today. Needs a quiet machine and a quarter of an hour.
peers: $(VENV)/test
	$(BIN)/python -m figures.peers

# How often the diagnosis is right, over the twin suite: about an hour, on a quiet machine. It goes on where it was stopped.
confusion: $(VENV)/test
	$(BIN)/python -m figures.confusion measure --passes 2
	$(BIN)/python -m figures.confusion measure --passes 2 --busy

# How well and how quickly changes are found, beside asv's own rules and Perfherder's: a quarter of an hour at most.
changes-table: $(VENV)/test
	$(BIN)/python -m figures.changes

clean:
	rm -rf $(VENV) env .stallhorn .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/host: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "stallhorn needs Python 3.11 or newer, found $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 ..."; exit 2; }
	@command -v git >/dev/null || { echo "stallhorn needs git, and there is none on PATH. Install it (Debian: apt-get install git)."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -e .
	@touch $@

$(VENV)/test: $(VENV)/host src/kernels/pyproject.toml src/probe/pyproject.toml
	$(PIP) install -e '.[test]' -e 'src/kernels[all]' -e src/probe
	@touch $@
