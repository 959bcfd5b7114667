# Everything a developer types. `make` alone tells what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Serving needs a twentieth of what the workshop needs, and must not change while somebody tests.
SERVING := .venv-serve

# Tests whose run must reach every branch of domain, lobby, hub and engine.
MEASURED := tests/domain tests/lobby tests/hub tests/contracts
# The handlers on top of them. They are not measured: that would take as long again, for no branch more.
WEB := tests/web
# Random lives and races, and rooms, by the ten thousand. They run while the tests outside wait, and
# give way.
MACHINES := tests/machines tests/growth
# Lobbies of several processes that crash between any two calls. All 5,000 sequences take minutes.
CRASHES := tests/crashes
# What installing does, on a machine that reaches the registries: minutes of downloads the first time.
SETUP := tests/setup
# Tests of what leans on the insides of asyncio, Hypercorn or the collector.
NEWER := tests/hub tests/connections tests/server/test_descriptors.py \
	tests/server/test_drain.py
# What others wait for goes first. Beside busy loops, what gives way would not get a turn at all.
GIVES_WAY := nice -n 19
# An oddity of asyncio in a test is a failure, not a surprise in production.
export PYTHONASYNCIODEBUG := 1

# A lock keeps extras: pip below 23.3 looks for them apart from the pin of the same package.
COMPILE = $(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup vendor serve wheel test test-busy test-inside test-machines test-outside test-processes test-crashes test-setup test-newer check format format-check lint types lock bench soak faults scaling settings clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Prepare .venv with the application and its tools
	@$(PYTHON) tools/make_venv.py $(VENV) requirements-dev.lock --editable
	@$(BIN)/python tools/vendor.py

vendor: ## Fetch the browser's libraries into static/vendor
	@$(PYTHON) tools/vendor.py

serve: ## Serve on http://127.0.0.1:8000
	@$(PYTHON) tools/make_venv.py $(SERVING) requirements.lock
	@$(SERVING)/bin/python tools/vendor.py
	@exec env -u PYTHONASYNCIODEBUG $(SERVING)/bin/python -m ephemera serve

wheel: setup ## Build the wheel into dist/, with the locks that belong to it
	@$(BIN)/python -m hatchling build -t wheel -d dist
	@cp requirements.lock requirements-redis.lock requirements-terminal.lock dist/

test: setup ## Run all tests
	@$(BIN)/python tools/system_packages.py
	@$(MAKE) --no-print-directory test-inside
	@$(MAKE) --no-print-directory --jobs 2 --output-sync test-machines test-outside

test-busy: setup ## Run all tests while busy loops keep every core busy
	@$(BIN)/python tools/busy.py -- $(MAKE) --no-print-directory test GIVES_WAY=

test-inside: setup ## Run the tests inside one process, and measure coverage
	$(BIN)/pytest -n 2 --dist worksteal $(MEASURED) --cov --cov-report=term
	$(BIN)/pytest -n 2 --dist worksteal $(WEB)

test-machines: setup ## Run random lives of rooms, and races, and rooms, by the ten thousand
	PYTHONASYNCIODEBUG= SEQUENCES=1500 $(GIVES_WAY) $(BIN)/pytest -n 2 --dist worksteal -o asyncio_debug=false \
		$(MACHINES) $(CRASHES)

# These mostly wait. With more workers browsers starve each other on two cores.
test-outside: setup ## Run the tests with real servers, proxies, browsers
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=15 \
		$(addprefix --ignore=,$(MEASURED) $(WEB) $(MACHINES) $(CRASHES) $(SETUP))

test-processes: setup ## Run the tests with browsers against three processes that share an engine
	@$(BIN)/python tools/system_packages.py
	PROCESSES=3 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests/e2e

test-crashes: setup ## Let three lobbies on one engine crash between any two calls, 5,000 times
	@$(BIN)/python tools/system_packages.py
	PYTHONASYNCIODEBUG= $(BIN)/pytest -o asyncio_debug=false $(CRASHES)

test-setup: setup ## Install every lock with an old pip and a new one, and the wheel by itself
	$(BIN)/pytest -n 2 --dist worksteal $(SETUP)

test-newer: setup ## Run what another Python could break: VENV=.venv-3.13 PYTHON=python3.13
	$(BIN)/pytest -n 2 $(NEWER)

check: format-check lint types test ## Format, lint, types and tests: what CI runs

format: setup ## Format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix-only --quiet

format-check: setup
	$(BIN)/ruff format --check

lint: setup ## Look for mistakes and bad habits
	$(BIN)/ruff check

types: setup ## Check the types
	$(BIN)/mypy

lock: setup ## Renew the lock files
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.lock
	$(COMPILE) --constraints requirements-dev.lock pyproject.toml --extra redis --output-file requirements-redis.lock
	$(COMPILE) --constraints requirements-dev.lock pyproject.toml --extra terminal --output-file requirements-terminal.lock
	$(COMPILE) --group node --output-file requirements-node.lock
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	$(COMPILE) bench/requirements.in --output-file bench/requirements.lock
	cd bench && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

bench: setup ## Measure against peers, 22 minutes; ARGS=--quick for three
	@env -u PYTHONASYNCIODEBUG $(BIN)/python -m bench $(ARGS)

soak: setup ## Hold 8,000 streams for 10 minutes, 15 in all; ARGS="--rooms 50 --seconds 30" for two
	@env -u PYTHONASYNCIODEBUG $(BIN)/python -m bench.soak $(ARGS)

faults: setup ## Three processes on Redis while things go wrong, two minutes; ARGS="--rooms 20 --seconds 40"
	@env -u PYTHONASYNCIODEBUG $(BIN)/python -m bench.faults $(ARGS)

scaling: setup ## What Redis costs, and what a second process brings, four minutes; ARGS="--rounds 2"
	@env -u PYTHONASYNCIODEBUG $(BIN)/python -m bench.scaling $(ARGS)

settings: setup ## Write docs/settings.md from the fields of Settings
	@$(BIN)/python tools/settings_page.py

clean: ## Remove everything that make made
	rm -rf .venv .venv-* node_modules static/vendor dist build htmlcov .coverage* \
		bench/.venv bench/node_modules bench/.modules .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
