# The project's face. Nothing but Python 3.11+ and make is needed; each target sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run demo test faults check bench requirements

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 18

.venv/run.stamp: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: .venv/run.stamp ## everything on this machine, in the foreground
	@$(BIN)/python manage.py run

demo: .venv/run.stamp ## the story of a mail over the real doors, on a temporary instance
	@$(BIN)/python -m project.demo

test: .venv/dev.stamp ## the whole suite, on SQLite and files, then on PostgreSQL and Valkey
	@$(BIN)/python -m tests.run

faults: .venv/dev.stamp ## kill and spoil everything; prints what was lost and what came twice, for both databases
	@$(BIN)/python -m tests.run tests/faults

check: .venv/dev.stamp ## style, types, layers, migrations, Django's own checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	env $$(grep -v '^#' deploy/production.env.example) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/dev.stamp bench-latency bench-receipts bench-outbound bench-interface ## every benchmark

bench-outbound: .venv/dev.stamp ## mails a second, sent and settled, beside a mail server and a mail queue
	@$(BIN)/python -m bench.outbound

bench-latency: .venv/dev.stamp ## from accepted to handed to the server
	@$(BIN)/python -m bench.latency

bench-interface: .venv/dev.stamp ## mails a second the Application Interface accepts, beside Postfix
	@$(BIN)/python -m bench.interface

bench-receipts: .venv/dev.stamp ## delivery reports a second, taken in, matched, applied and made news
	@$(BIN)/python -m bench.receipts

fuzz-reports: .venv/dev.stamp ## damaged reports through the reader: make fuzz-reports MAILS=1000000
	@$(BIN)/python -m tests.dsn.fuzz --mails $(or $(MAILS),100000)

requirements: .venv/dev.stamp ## pin again what pyproject.toml asks for
	$(BIN)/pip-compile --quiet --no-header --strip-extras --no-emit-index-url --no-emit-find-links -o requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --no-header --strip-extras --no-emit-index-url --no-emit-find-links --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml
