PYTHON ?= python3
# Where a shell forbids Python to keep what it compiled, each of the many bots that a test run starts
# would be compiled anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup machine browser screenshot gallery demo test check static quick thorough stories-a-to-o stories-p-to-z computing waiting-handlers waiting-swarm waiting-poster stand-in format fuzz model chaos soak bench release requirements clean

help:  ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: .venv/ready  ## the virtual environment with all that is pinned

.venv/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "swarmbot needs Python 3.11 or newer; set PYTHON=")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

machine:  ## what the playground needs from Debian: Docker, a registry, Redis (as root)
	@bash playground/install.sh

browser:  ## the same, and Chromium for the tests of the page (as root)
	@bash playground/install.sh browser

demo: $(if $(ENGINE),,machine) setup  ## see it work in a browser (ENGINE=unix:///var/run/docker.sock: on your own Swarm)
	@$(BIN)/python -m playground demo $(if $(ENGINE),--engine $(ENGINE))

# Where engines have differed: what they say, which fields they have, how they take changes.
ON_NEWEST := $(addprefix tests/swarm/test_,contract.py events.py no_collateral.py operations.py operations_nodes.py service_lines.py) \
    $(addprefix tests/scenario/test_,nodes.py one_shot.py reads.py services.py stacks_networks.py swarm.py)
IN_PARALLEL := -n 4 --dist loadscope --no-loadscope-reorder

# The sixteen engines look for garbage less often: a tenth of their work, for some memory.
test: browser setup check  ## everything, on a real Swarm and a real Redis; a quarter of the stories on Docker 28 too
	@$(MAKE) --no-print-directory thorough
	@GOGC=400 $(BIN)/python -m pytest tests/store tests/swarm tests/scenario tests/chaos tests/browser $(IN_PARALLEL) --durations 10
	@GOGC=400 PLAYGROUND_ENGINE=28 $(BIN)/python -m pytest $(ON_NEWEST) $(IN_PARALLEL) --durations 5

.PHONY: test-engines
test-engines: machine setup  ## all stories on Docker 26, 28 and a mixed Swarm, one after the other; writes docs/engines.md
	@$(BIN)/python -m tests.engines $(ENGINES)

.PHONY: test-arm64
test-arm64: setup  ## the image for arm64, built and run by qemu where this machine is none (some minutes)
	@bash playground/install.sh arm64
	@$(BIN)/python -m pytest tests/arm64 --durations 3

stand-in: machine setup .dev/stand-in/ready  ## the bot in a Slack that others wrote (local-slack, installed by npm)
	@$(BIN)/python -m pytest tests/standin --durations 5

.dev/stand-in/ready: tests/standin/package.json tests/standin/package-lock.json
	@bash playground/install.sh stand-in
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

fuzz: setup  ## fifty thousand generated lines by four kinds of people, and other examples for all properties
	@HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest tests/unit -q
	@FUZZED_LINES=50000 $(BIN)/python -m pytest tests/memory/test_fuzzed_people.py -q -s

model: setup  ## what people, bots and faults do in any order: 10,000 runs of 30 steps (MODEL_RUNS, MODEL_STEPS)
	@MODEL_RUNS=$${MODEL_RUNS:-10000} MODEL_STEPS=$${MODEL_STEPS:-30} $(BIN)/python -m pytest tests/memory/model --timeout 0 --tb short

chaos: setup  ## the same on a real Swarm, with faults of every kind (CHAOS_FAULTS, CHAOS_SEED)
	@bash playground/install.sh chaos
	@$(BIN)/python -m tests.chaos

check: setup  ## quick: format, lint, types, imports, unit tests, stories in memory
	@$(MAKE) --no-print-directory --jobs 7 --output-sync=target static quick

static:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# Seven processes, whose tests run one after the other: a process that only hands tests out, and
# collecting them once more in each that takes some, cost more than they save. Three of them mostly wait
# for time to pass.
quick: stories-a-to-o stories-p-to-z computing waiting-handlers waiting-swarm waiting-poster

# Stories of rare days, and generated lines by the thousand, are told by `make test` alone.
RARE := attacks auto_deploys bad_input calls ci_rights clocks commands_api commands_http content credentials deliveries \
    forged_clicks fuzzed_people hiccups intention interrupted long_errors new_images openapi secrets send
RARE := $(RARE:%=tests/memory/test_%.py)
WAITING_HANDLERS := $(addprefix tests/unit/,handlers jobs)
WAITING_SWARM := tests/unit/swarm
WAITING_POSTER := $(addprefix tests/unit/,poster playground test_send.py)
WAITING := $(WAITING_HANDLERS) $(WAITING_SWARM) $(WAITING_POSTER)

stories-a-to-o:
	@MODEL_RUNS=$${MODEL_RUNS:-50} $(BIN)/python -m pytest tests/memory/model $(filter-out $(RARE),$(wildcard tests/memory/test_[a-o]*.py))

stories-p-to-z:
	@$(BIN)/python -m pytest $(filter-out $(RARE),$(wildcard tests/memory/test_[p-z]*.py))

thorough: setup
	@$(BIN)/python -m pytest $(RARE) tests/memory/model/test_model.py -n 2 --dist worksteal

computing:
	@$(BIN)/python -m pytest tests/unit $(addprefix --ignore ,$(WAITING))

waiting-handlers:
	@$(BIN)/python -m pytest $(WAITING_HANDLERS)

waiting-swarm:
	@$(BIN)/python -m pytest $(WAITING_SWARM)

waiting-poster:
	@$(BIN)/python -m pytest $(WAITING_POSTER)

format: setup  ## put the source in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

gallery: browser setup  ## every message that the bot can post, on one page: .dev/gallery/index.html
	@$(BIN)/python -m tests.browser.gallery

screenshot: browser setup  ## take the pictures of the README anew
	@$(BIN)/python -m tests.browser

soak: machine setup  ## 50,000 commands and more, and whether what a bot costs stays flat (SOAK_PART=0.1: a tenth)
	@$(BIN)/python -m tests.soak

bench: machine setup  ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

release: setup  ## wheel, image, checksums, list of packages, licences and notes of this version, in dist/
	@bash release.sh

requirements:  ## pin anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra traces -c requirements.txt -o requirements-image.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra embedded --extra traces --group dev -o requirements-dev.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group release -o requirements-release.txt
	@$(MAKE) --no-print-directory wheels

# Python 3.12 is that of the image's base. Nothing is installed.
.PHONY: wheels
wheels: setup  ## whether all that the image installs is there for amd64 and arm64, with these hashes
	@for machine in x86_64 aarch64; do \
	    $(BIN)/python -m pip install -q --disable-pip-version-check --dry-run --ignore-installed --target .dev/none --only-binary :all: --require-hashes \
	        --python-version 3.12 --platform manylinux_2_28_$$machine --platform manylinux2014_$$machine -r requirements-image.txt || exit 1; \
	    echo "requirements-image.txt: all of it is there for $$machine"; \
	done

clean:  ## the demo's Swarm and everything that is not source
	@-$(BIN)/python -m playground down
	@rm -rf .venv .dev build *.egg-info
