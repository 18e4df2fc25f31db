# `make run` starts the product on this machine; `make test` proves it. Both install what they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON_RUN := .venv/bin/python
export HOST PORT

.PHONY: help run setup demo migrate test lint format bench translations lock docs-screenshots venv venv-dev

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 26

run: setup  ## install, load the demo plant if there are no data, and serve on http://localhost:8000 (PORT=...)
	@exec $(PYTHON_RUN) manage.py serve --host "$(HOST)" --port "$(PORT)"

setup: venv
	@script/make_env "$(PORT)"
	@$(PYTHON_RUN) manage.py setup --demo

venv:
	@script/system_packages runtime
	@script/make_venv requirements.txt

venv-dev:
	@script/system_packages runtime test
	@script/make_venv requirements-dev.txt

migrate: venv  ## bring the database up to this version
	@script/make_env "$(PORT)"
	@$(PYTHON_RUN) manage.py migrate

demo: venv  ## load the demo plant into an empty database (ARGS="--records 100000" for a large one)
	@script/make_env "$(PORT)"
	@$(PYTHON_RUN) manage.py setup --no-static
	@$(PYTHON_RUN) manage.py load_demo $(ARGS)

test: venv-dev  ## lint, then the whole suite on SQLite, then on PostgreSQL with Redis and a real worker
	@script/test

lint: venv-dev  ## everything that reads the code without running it
	@script/lint

format: venv-dev  ## let the tools put the code into shape
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

bench: venv-dev  ## the speed and memory budgets, as a table (PostgreSQL)
	@POSTGRESQL_OPTIONS='-c shared_buffers=512MB' script/with_servers .venv/bin/python -m tests.bench $(ARGS)

translations: venv-dev  ## collect the texts of the shop floor's pages into locale/ and compile them
	@DEBUG=1 $(PYTHON_RUN) manage.py make_translations
	@for texts in locale/*/LC_MESSAGES/django.po; do msgfmt --check -o "$${texts%.po}.mo" "$$texts"; done

lock:  ## compile requirements*.in into the hashed requirements*.txt (UPGRADE=1 takes newer versions)
	@script/make_venv requirements-dev.txt
	@script/lock $(if $(UPGRADE),--upgrade,)

docs-screenshots: venv-dev  ## take the pictures of README.md anew
	@$(PYTHON_RUN) -m docs.screenshots $(ARGS)
