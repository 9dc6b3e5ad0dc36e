# Two commands do all the set-up: `make leaderboard` and `make test`.

PYTHON ?= python3
VENV ?= .venv
MINUTES ?= 3
EPISODES ?= 20
SEED ?= 0
WORKERS ?= 2
NUMBAS ?= 0.61 0.68
BOARDS ?= backup bursts gang mystery neighbours overcommit tenants thrash
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: leaderboard leaderboard-full test test-slow test-numba verify soak mutants boards bench docs lint install lock clean

install: $(READY)

# The constraints are the versions that were tried together; torch's is the CPU build where pip's index offers one.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all]"
	touch $(READY)

# The hashes of all files of the versions in constraints.txt, for `pip install --require-hashes`. Without training's packages: which build of
# torch is right depends on the machine, and each has hashes of its own.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--extra plot --extra terminal --extra bounds --extra traces --extra serve --extra notebook --extra test --constraint constraints.txt \
		--output-file requirements.lock pyproject.toml

leaderboard: $(READY)
	$(BIN)/python -m experiments.train scenario=thrash agent=index seed=$(SEED) minutes=1
	$(BIN)/python -m experiments.train scenario=thrash agent=ppo seed=$(SEED) minutes=$(MINUTES)
	$(BIN)/python -m experiments.leaderboard scenario=thrash
	VMENV_PLUGINS=agents $(BIN)/python -m vmenv evaluate all runs --suite core --episodes $(EPISODES) --rows runs/board/core.csv.gz --brief
	VMENV_PLUGINS=agents $(BIN)/python -m vmenv board report runs/board/core.csv.gz --out runs/board/report.html

# The board that is committed: all schedulers and all policies that come with vmenv on the frozen suites, its pages and its report.
BOARD := experiments/results/board
# The rows come first, as they say whether the checkout was that of a commit, and pages change it.
leaderboard-full: $(READY)
	mkdir -p build
	$(BIN)/python -m vmenv evaluate all --suite core,control,shares --narrow --rows $(BOARD)/vmenv.csv.xz --bounds $(BOARD)/bounds.csv > build/board.md
	$(BIN)/python -m vmenv board show $(BOARD) --out experiments/results/LEADERBOARD.md
	$(MAKE) boards
	$(BIN)/python -m vmenv board report $(BOARD) --out runs/board/report.html

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-slow: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow

# The core on the oldest and on the newest numba that pyproject.toml allows, each in an environment of its own.
test-numba:
	set -e; for version in $(NUMBAS); do \
		$(PYTHON) -m venv build/numba-$$version; \
		build/numba-$$version/bin/python -m pip install --quiet --editable ".[test]" "numba==$$version.*"; \
		build/numba-$$version/bin/python -m pytest -n $(WORKERS) --dist worksteal tests/golden tests/jit tests/host/test_by_hand.py; \
	done

# The closed forms, the reference simulator and the conservation laws at full length, and the page about them.
verify: $(READY)
	rm -rf build/verdicts && mkdir -p build/verdicts
	VMENV_VERDICTS=build/verdicts $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "slow or not slow" tests/theory tests/reference tests/host
	$(BIN)/python -m experiments.verification build/verdicts

# Very many decisions in one process: memory stays flat, laws hold, numbers are finite.
soak: $(READY)
	$(BIN)/python -m experiments.soak

# Would the tests notice? The simulator is changed in one place at a time, and some test must fail.
mutants: $(READY)
	$(BIN)/python -m experiments.mutants

# The committed tables of all that comes with vmenv, without anybody's own training runs.
boards: $(READY)
	set -e; for scenario in $(BOARDS); do \
		$(BIN)/python -m experiments.leaderboard scenario=$$scenario runs=build/no-runs results=experiments/results; \
	done

# How fast it is beside other programs, which only this command installs.
$(READY)-bench: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all,bench]"
	touch $@

bench: $(READY)-bench
	$(BIN)/python -m experiments.bench

# The documentation site, in build/docs: made without a network, and any warning is an error. Start at build/docs/index.html.
docs: $(READY)
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --nitpicky --fresh-env --write-all --quiet docs build/docs

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) runs build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
