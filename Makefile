# Carewire's commands. `make help` lists them; `make up` is the one to begin with.
#
# Stamps in .venv make a warm start quick: packages are looked at again only when their list changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

# The first Python that is new enough; PYTHON=… chooses another.
PYTHON ?= $(firstword $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$p && break; done) python3)
BIN := .venv/bin
# What `make load` loads: by default what `make up` serves.
HOST ?= http://127.0.0.1:$(or $(CAREWIRE_PORT),8000)
# Tests run at once, each process on servers of its own; those that watch the clock run alone afterwards.
AT_ONCE ?= $(shell echo $$(($$(nproc) + 1)))
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable
LISTS := pyproject.toml constraints.txt

# An environment knows the folder it was made in: after a move, a copy or the loss of its Python it is made anew.
ifneq ($(shell test -x $(BIN)/python && cat .venv/.place 2> /dev/null),$(CURDIR))
.PHONY: .venv/.place
endif

.PHONY: up test check bench soak load replay crowd contract help

up: .venv/.run ## a working clinic: servers, schema, demo data, gateway, display (Ctrl-C stops it)
	@exec $(BIN)/carewire up

test: .venv/.test .venv/.load tests/npm/node_modules/.stamp ## all tests, on real servers and in a real browser (ARGS=… for pytest)
	@scripts/need chromium node npm gcc
	@$(BIN)/python -m pytest $(or $(ARGS),-m "not alone" --numprocesses $(AT_ONCE) --dist worksteal || scripts/again $$?)
	@$(if $(ARGS),,$(BIN)/python -m pytest -m alone || scripts/again $$?)

check: .venv/.check ## format, lint, types, contract, the rules of the house
	@$(BIN)/ruff format --check --quiet . || { echo "mend: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/carewire contract --check
	@$(BIN)/python -m pytest tests/style

contract: .venv/.run ## write docs/contract, docs/access.md and docs/sagas.md anew from the declarations
	@$(BIN)/carewire contract
	@$(BIN)/python -m tests.access
	@$(BIN)/python -m tests.sagas

load: .venv/.load ## locust against a running server: its web page, or ARGS=--headless (HOST=…)
	@$(BIN)/locust --locustfile load/locustfile.py --host "$(HOST)" $(ARGS)

replay: .venv/.replay ## replay a generated clinic day through real sockets (ARGS=…)
	@$(call module,load.replay_day)

bench: .venv/.test ## Carewire beside its peers, as ratios, in 15 minutes (FULL=1: every size; ARGS=…)
	@scripts/need node npm gcc
	@$(BIN)/python -m load.bench $(if $(FULL),--full) $(ARGS)
	@$(if $(ARGS),,exec $(BIN)/python -m load.search)

crowd: .venv/.run ## thousands of clients: a deploy, slow readers, a killed node, overload (ARGS=… names one)
	@exec $(BIN)/python -m load.crowd $(ARGS)

soak: .venv/.test ## FRAMES=n hostile websocket streams, 50,000 reminders, ATTEMPTS=n on few seats, then delivery under faults: SEEDS=n from START=s on; both go on after an interruption
	@$(BIN)/python -m tests.gateway.fuzz_frames --count $(or $(FRAMES),1000000)
	@$(BIN)/python -m tests.channels.appointment.reminder_storm
	@$(BIN)/python -m tests.channels.appointment.storm --attempts $(or $(ATTEMPTS),10000) --sockets
	@$(BIN)/python -m tests.channels.appointment.storm --attempts $(or $(ATTEMPTS),10000) --no-locks
	@$(call module,tests.faults.soak,--seeds $(or $(SEEDS),10) --start $(or $(START),1))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Runs a module of ours; one that a later issue brings says so instead of a traceback.
define module
if [ ! -f "$(subst .,/,$(1)).py" ]; then echo "$(1) is not written yet" >&2; exit 2; fi; \
exec $(BIN)/python -m $(1) $(2) $(ARGS)
endef

.venv/.place:
	@scripts/venv .venv "$(PYTHON)"
	@echo "$(CURDIR)" > $@

.venv/.run: $(LISTS) .venv/.place
	@echo "installing packages (the first time takes about a minute)" >&2
	@$(PIP) .
	@touch $@

.venv/.test: $(LISTS) .venv/.run
	@echo "installing the tests' packages" >&2
	@$(PIP) '.[test]'
	@touch $@

.venv/.check: $(LISTS) .venv/.test
	@echo "installing the checkers" >&2
	@$(PIP) '.[check]'
	@touch $@

.venv/.load: $(LISTS) .venv/.run
	@echo "installing locust" >&2
	@$(PIP) '.[load]'
	@touch $@

.venv/.replay: $(LISTS) .venv/.run
	@echo "installing the generator of clinic days" >&2
	@$(PIP) '.[replay]'
	@touch $@

tests/npm/node_modules/.stamp: tests/npm/package.json
	@scripts/need node npm
	@echo "installing the third-party clients" >&2
	@npm install --prefix tests/npm --no-audit --no-fund --loglevel=error > /dev/null
	@touch $@
