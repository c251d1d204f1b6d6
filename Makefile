# One word per chore; `make` alone explains them. Each prints what it runs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup models all-models talk test test-floor test-computing test-alone check bench scenarios long test-fleet object-store fuzz soak audit deb wheel image sbom lock docs clean

PROFILE ?= auto
ROOM ?=
N ?= 1
SECONDS := 60
BASE ?= docker.io/library/debian:bookworm-slim
CUTS := 100
EVAL ?= $(or $(EDGE_AGENT_EVAL),../shared/eval)
BIN := .venv/bin
AGENT := $(BIN)/edge-agent --set models.profile=$(PROFILE)
PYTEST := EDGE_AGENT_EVAL="$(abspath $(EVAL))" $(BIN)/pytest
# Tests that live in real time: nothing runs beside them. All others only compute, and share the processors.
ALONE := alone or pulse or container

help: ## Explain every word
	@echo "make WORD, where WORD is one of:"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo; echo "  PROFILE=tiny     smaller models, for boards with 1 GB of memory; PROFILE=standard hears better, needs a fast"
	@echo "                   processor (what fits this one is taken otherwise)"
	@echo "  ROOM=1           talk: hold a recorded conversation in a virtual room, without a microphone"
	@echo "  EVAL=folder      bench, test: where the human recordings lie ($(EVAL))"
	@echo "  N=10             scenarios: how often each is played"
	@echo "  CUTS=300         test-fleet: how often the power is cut on each of three kinds of disk ($(CUTS))"
	@echo "  SECONDS=600      fuzz: how long each target is tried ($(SECONDS))"
	@echo "  BASE=image       image: what it begins with ($(BASE))"
	@echo "  PYTHON=path      setup: the Python to use (3.11, 3.12 or 3.13; found by itself otherwise)"

setup: .venv/.edge-agent models ## Install system packages, .venv, pinned dependencies and models; again, it only looks

models: .venv/.edge-agent
	$(AGENT) models pull --profile $(PROFILE)

all-models: .venv/.edge-agent
	$(AGENT) models pull --profile standard
	$(AGENT) models pull --profile tiny
	$(AGENT) models pull okay_nabu

talk: setup ## Talk with it: microphone and loudspeaker, or a virtual room where there are none
	$(AGENT) talk $(if $(ROOM),--room)

test: all-models check test-floor test-computing test-alone ## Everything that proves it: style, types, import directions, tests on real models and real audio
	@grep -hE "^=+ .*[0-9]s.* =+$$" out/test-*.log

test-floor: .venv/.edge-agent
	@mkdir -p out
	@echo "The floor decides who speaks; every branch of it is tested by its own tests or this fails:"
	$(BIN)/coverage run --source=edge_agent.talk.floor -m pytest tests/talk/floor | tee out/$@.log
	$(BIN)/coverage report --skip-covered --show-missing --fail-under=100

test-computing: all-models
	@mkdir -p out
	$(PYTEST) -n auto --dist loadfile --ignore tests/talk/floor -m "not long and not ($(ALONE))" | tee out/$@.log

test-alone: all-models
	@mkdir -p out
	$(PYTEST) -m "not long and ($(ALONE))" --durations=20 | tee out/$@.log

check: .venv/.edge-agent ## Style, types, import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: all-models ## Word error rate and latency on the recordings in EVAL
	$(AGENT) bench stt --data "$(EVAL)"
	$(AGENT) bench latency --data "$(EVAL)"

scenarios: models ## Whole conversations in a virtual room, N times each: what each proves, and how often it fails
	$(AGENT) bench scenarios tests/scenarios --n $(N) --data "$(EVAL)"

long: all-models ## Tests that take minutes of real time
	$(PYTEST) -m long -s

test-fleet: all-models object-store ## Everything about updates, the long tests too: trust, publisher, updater, faults, power cuts
	POWER_CUTS=$(CUTS) $(BIN)/pytest tests/supply/fleet tests/fleet tests/cli/test_update.py tests/app/test_swapping.py

object-store: .venv/.python ## An object store for tests, in an environment of its own
	.venv/bin/python -m venv out/object-store
	out/object-store/bin/pip install --quiet 'moto[s3,iam]' flask flask-cors

fuzz: .venv/.edge-agent ## Everything that reads is given broken things, SECONDS long each
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

soak: all-models ## 10,000 turns in accelerated time, then 2 hours in real time with faults: what is lost, what grows
	$(BIN)/python tools/soak.py --turns 10000 --log out/soak-turns.jsonl
	$(BIN)/python tools/soak.py --seconds 7200 --faults --log out/soak-hours.jsonl

# diskcache: whoever may write into a cache's folder runs code in the process that reads it. There is no release without that;
# llama-cpp-python asks for the package; tests/house/test_directions.py sees that we never open such a cache.
UNTOUCHED := CVE-2025-69872

audit: .venv/.python ## Holes that are known in the pinned dependencies; fails as well where nobody can be asked
	.venv/bin/python -m venv out/audit
	out/audit/bin/pip install --quiet pip-audit
	out/audit/bin/pip-audit --strict --requirement requirements.lock --no-deps --disable-pip --progress-spinner off \
		$(addprefix --ignore-vuln ,$(UNTOUCHED))

deb: .venv/.edge-agent ## Build the Debian package into out/: what is in .venv, and the units; models are not inside
	$(BIN)/python tools/build_deb.py out

wheel: .venv/.edge-agent ## Build the wheel into out/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir out .
	@ls out/*.whl

image: ## Build the container image edge-agent, with podman, docker or buildah
	$(notdir $(firstword $(shell command -v podman docker buildah) podman)) build --build-arg BASE=$(BASE) --tag edge-agent .

sbom: .venv/.edge-agent ## Write what ships, packages and models with their licences, as CycloneDX into out/
	$(BIN)/python tools/sbom.py out/sbom.cdx.json

lock: .venv/.edge-agent ## Resolve the dependencies anew into requirements.lock
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --extra dev --extra otel --python-version 3.11 --no-header \
	  --no-emit-index-url --no-annotate --upgrade --output-file requirements.lock pyproject.toml

docs: .venv/.edge-agent ## Write the generated pages of docs/ anew
	$(BIN)/python tools/write_docs.py

clean: ## Remove .venv and whatever was made here; pulled models stay
	rm -rf .venv out build dist .coverage .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The stamps below are why a second `make` starts at once: each step runs again only when what it reads has changed.

.venv/.python: tools/setup.sh
	@tools/setup.sh packages
	@tools/setup.sh python "$(PYTHON)"
	@touch $@

.venv/.dependencies: .venv/.python requirements.lock
	@echo "Installing the pinned dependencies. llama-cpp-python is compiled for this machine: some minutes without a word."
	$(BIN)/pip install --require-hashes --requirement requirements.lock
	@touch $@

.venv/.edge-agent: .venv/.dependencies pyproject.toml
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@
