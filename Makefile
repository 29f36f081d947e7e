# The house's chores. `make help` lists them; the first one that needs .venv makes it.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/setup.stamp
# Two halves that take from one another: tests of one file mostly run in one process, where its fixtures are.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# More arguments for pytest, e.g. make test ARGS="-k promise -x"
ARGS ?=
# make lock UPGRADE=yes takes the newest versions the ranges allow; without it, pins that still fit stay.
UPGRADE ?=
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
	--no-emit-index-url --no-header --no-strip-extras $(if $(UPGRADE),--upgrade) pyproject.toml --extra postgres

SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Without bytecode on the disk every process compiles all it imports, which is half of what a command takes.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo bench scale many test streams ledger calendars workers kills simulation packs coverage lint docs \
	lock mutation clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): .ci/venv.sh requirements/dev.txt pyproject.toml
	@sh .ci/venv.sh

setup: $(STAMP) ## make .venv with the command and every tool in it

bench: $(STAMP) ## compare the engine's speed with programs that have none (ARGS="--only decide")
	$(BIN)/python -m benchmarks $(ARGS)

scale: $(STAMP) ## what things cost with a million open cases, beside ten thousand (takes some minutes)
	$(BIN)/recovery bench --only scale

many: $(STAMP) ## a million clocks: that wait, and that run out in one worker (takes many minutes)
	$(BIN)/recovery bench --runs 1 --only timers-sqlite-1m-pending --only timers-memory

demo: $(STAMP) ## walk complaints through the ten steps under a fast clock
	$(BIN)/recovery demo

test: $(STAMP) ## run the tests on two cores, all but the thorough ones (ARGS="-k name" narrows them)
	$(PYTEST) -m "not thorough" $(ARGS)

streams: $(STAMP) ## play 10,000 random streams through the engine (takes some minutes)
	RECOVERY_LONG=1 $(PYTEST) tests/play/test_streams.py

workers: $(STAMP) ## let two worker processes send 10,000 messages of 2,000 cases, on both databases
	RECOVERY_LONG=1 $(BIN)/python -m pytest -q -s tests/worker/test_two_workers.py

kills: $(STAMP) ## kill 1,000 workers with -9, on both databases, one and four at a time (KILLS=100 for fewer)
	rm -f build/kills.jsonl
	RECOVERY_LONG=1 KILLS=$(or $(KILLS),1000) $(BIN)/python -m pytest -q tests/crash/test_kills.py
	$(BIN)/python -m tests.crash.report

ledger: $(STAMP) ## let 64 threads in each of 4 processes spend at once, on both databases, 20 times (RUNS=2 for fewer)
	rm -f build/ledger.jsonl
	RECOVERY_LONG=1 RUNS=$(or $(RUNS),20) $(BIN)/python -m pytest -q tests/money/test_spending_at_once.py \
		tests/money/test_any_order.py
	$(BIN)/python -m tests.money.report

calendars: $(STAMP) ## compare 10,000 random calendars with a count of minutes (takes some minutes)
	RECOVERY_LONG=1 $(PYTEST) tests/calendars/test_brute_force.py

simulation: $(STAMP) ## play 100,000 seeds of crashes, lost answers and wrong clocks (ARGS="--seeds 2000"; hours)
	$(BIN)/python -m tests.simulation --kept build/simulation.jsonl --report docs/reports/simulation.md $(ARGS)

packs: $(STAMP) ## change every duration, amount and date of the regulation packs by one unit: all must be noticed
	$(BIN)/python -m tests.packs.mutate $(ARGS)

coverage: $(STAMP) ## run every test, the thorough ones too, and require 98 % of the core's lines and branches
	$(PYTEST) --cov --cov-report= --junitxml=build/tests.xml $(ARGS)
	$(BIN)/coverage report --fail-under=98

lint: $(STAMP) ## style, format, types, layers, and whether the docs are current and their links hold
	$(BIN)/python -m docs.generate --check
	$(SITE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(STAMP) ## fill in the reference from the code and build build/site; a broken link is an error
	$(BIN)/python -m docs.generate
	$(SITE)

lock: $(STAMP) ## pin requirements/*.txt anew after a change of dependencies (UPGRADE=yes)
	$(LOCK) --extra dev --extra docs --output-file requirements/dev.txt
	$(LOCK) --constraints requirements/dev.txt --output-file requirements/runtime.txt
	$(LOCK) --extra mutation --constraints requirements/dev.txt --output-file requirements/mutation.txt

mutation: $(STAMP) ## change the core in small ways and list what no test notices (takes long)
	sh .ci/mutation.sh

clean: ## remove what was built; .venv stays
	rm -rf build dist site .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache recovery-demo
	find recovery tests -name __pycache__ -type d -prune -exec rm -rf {} +
