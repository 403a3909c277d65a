# make test | quick | lint | coverage | demo | bench | pictures | test-...: each makes its own virtual environment when needed.
#   quick: the tests that need neither a real Grid Engine nor patience
#   coverage: of the branches of the pure folders by their own tests, for the fake those without processes;
#     what is missing is named, and a failure
#   PYTHON=python3.9 VENV=.venv-3.9 make test     another interpreter
#   PYTEST_ARGS="-n 4 -k wait" make test          other pytest options
#   test-flavours: all contract tests on the fake as each of the other Grid Engines
#   test-ssh: the contract tests on cells that are reached through an ssh server of the tests; SSH_FAKE and
#     SSH_REAL say which on the fake and on a real cell
#   test-crashes: amid keyed submissions a real qmaster is killed, ssh connections are cut; takes minutes
#   pictures: those of README.md and docs/cli.md, made anew from real runs on a fake cell
#   test-clients: published programs run through the drop-in; pip fetches them into .clients the first time

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n auto
SSH_FAKE ?= tests/contract
SSH_REAL ?= tests/contract/test_conformance_*.py
OF_FAKE = predict $(patsubst %,test_%.py,administration alterations captures_submit engine_* flavours help hosts \
	qacct_answers query_captures quotas ranges recorded_scenarios values)
COVERING = $(patsubst %,tests/%,gridengine template core ends batch why) $(addprefix tests/fake/,$(OF_FAKE))
PURE = drmaa_cli/gridengine/*,drmaa_cli/template/*,drmaa_cli/jobs/*
PURE_OF_FAKE = fake_sge/model/*,fake_sge/engine/*,fake_sge/render/*
MEASURED = $(patsubst %,--cov=drmaa_cli/%,gridengine template jobs) $(patsubst %,--cov=fake_sge/%,model engine render)
FLAVOURS = cli-fake-sge-daimh,cli-fake-ocs-9.0,cli-fake-ocs-9.1,cli-fake-ocs-9.2
BIN = $(VENV)/bin
export PYTHONDONTWRITEBYTECODE =  # pytest compiles the tests anew in each worker where it may not keep them
READY = $(VENV)/.ready

.DEFAULT_GOAL = help
.PHONY: help test quick test-flavours test-crashes test-ssh test-clients lint coverage demo bench pictures clean

help:
	@sed -n 's/^# //p; s/^#   /    /p' $(firstword $(MAKEFILE_LIST))

$(READY): pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=21.3'  # Debian 11's cannot install an editable project
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

test: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

quick: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not real_cell and not slow and not clients" \
		--backends cli-fake --hypothesis-profile quick

test-flavours: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS) --backends $(FLAVOURS) tests/contract

test-ssh: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS) --backends ssh-fake $(SSH_FAKE)
	$(BIN)/python -m pytest $(PYTEST_ARGS) --backends ssh-real $(SSH_REAL)

test-clients: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m clients tests/clients tests/ssh

test-crashes: $(READY)
	$(BIN)/python -m pytest -m campaign tests/sessions/test_crashes.py tests/ssh/test_cut_campaign.py tests/ssh/test_cuts.py

lint: $(READY)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

coverage: $(READY)
	rm -f .coverage
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not real_cell and not slow" $(MEASURED) --cov-report= $(COVERING)
	$(BIN)/python -m coverage report --include="$(PURE)" --fail-under=100
	$(BIN)/python -m coverage report --include="$(PURE_OF_FAKE)" --fail-under=90

demo: $(READY)
	$(BIN)/python examples/demo.py

pictures: $(READY)
	$(BIN)/python -m docs.pictures.make

bench: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .clients .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
