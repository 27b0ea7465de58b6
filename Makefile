# make run   - set up, train the four optimizers on real data, compare them
# make test  - set up, run the tests
# make check - what CI runs: format, lint, types, imports, tests, smoke run

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUNS   ?= runs
FOUR   := configs/sgd.yaml configs/rmsprop.yaml configs/adam.yaml configs/adamw.yaml

.PHONY: run test test-ci test-all nightly attacks cluster browser mutants check lint types imports format smoke bench validity
.PHONY: time-to-verdict claims lock words schema docs translations wheel screenshots clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	$(BIN)/optbench run $(FOUR) --runs-dir $(RUNS)
	$(BIN)/optbench compare '$(RUNS)/breast-cancer-*' --html $(RUNS)/comparison.html

# worksteal: a worker that has nothing left takes tests of the other, so that no file decides how long it takes
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

test: $(VENV)/.installed-test
	$(PYTEST) --ignore tests/attacks

# what .ci/run takes: with it the long tests that stand for others
test-ci: $(VENV)/.installed-test
	$(PYTEST) -m "(not long or ci) and not cluster and not browser" --durations=20 --durations-min=5

# all tests, the long ones too: every kill point at random, every combination, the bits and folders of the first release
# (which need its commit: a shallow clone skips them)
nightly test-all: $(VENV)/.installed-test
	OPTBENCH_HYPOTHESIS=default $(BIN)/python -m pytest -m ""

# hostile files, folders, names and kills: what CI takes of them; with -m "" all
attacks: $(VENV)/.installed-test
	$(PYTEST) tests/attacks -m "not long or ci" --durations=10 --durations-min=5

# runs under schedulers that the tests start; skipped, with the reason, where they are not installed
cluster: $(VENV)/.installed-ray
	$(PYTEST) -m "cluster and (not long or ci)" --durations=10 --durations-min=5

# pages in a browser without a window; skipped, with the reason, where chromium and its driver are not installed
browser: $(VENV)/.installed-test
	$(PYTEST) -m "browser and (not long or ci)" --durations=10 --durations-min=5

# the pictures of README and docs: pages of `make run`, of the quick study and of a regression, in both languages
SHOWN := $(RUNS)/pictures
screenshots: $(VENV)/.installed-test
	$(BIN)/optbench run $(FOUR) --seeds 0..9 --no-figures --runs-dir $(SHOWN)
	$(BIN)/optbench run configs/diabetes/adam.yaml --no-figures --runs-dir $(SHOWN)
	$(BIN)/optbench study configs/studies/quick.yaml --runs-dir $(SHOWN) >/dev/null
	$(BIN)/optbench compare '$(SHOWN)/breast-cancer-*-s0-*' --html $(SHOWN)/one-seed.html >/dev/null
	$(BIN)/optbench compare '$(SHOWN)/breast-cancer-*' --html $(SHOWN)/comparison.html >/dev/null
	$(BIN)/optbench report '$(SHOWN)/breast-cancer-adam-s0-*' '$(SHOWN)/diabetes-adam-s0-*' \
	  $$(echo $(SHOWN)/quick-*) >/dev/null
	$(BIN)/python tools/screenshots.py one-seed=$(SHOWN)/one-seed.html comparison=$(SHOWN)/comparison.html \
	  curves=$(SHOWN)/comparison.html#curves study=$$(echo $(SHOWN)/quick-*/report.html) \
	  run=$$(echo $(SHOWN)/breast-cancer-adam-s0-*/report.html) \
	  regression=$$(echo $(SHOWN)/diabetes-adam-s0-*/report.html)

# sixty seeded mistakes, each of which some test has to notice; an hour
mutants: $(VENV)/.installed-test
	$(BIN)/python tools/mutants.py --clean
	$(BIN)/python tools/mutants.py

check: lint types imports test smoke

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# a real run from start to end, in seconds, into a folder of its own
smoke: $(VENV)/.installed
	@folder=$$(mktemp -d) && \
	$(BIN)/optbench run configs/smoke.yaml --runs-dir $$folder && \
	$(BIN)/optbench check $$folder/* && \
	$(BIN)/optbench compare $$folder/* && rm -r $$folder

# ratios against what a user would do instead; on a quiet machine, a quarter of an hour
bench: $(VENV)/.installed $(VENV)-bench/.installed
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/steps.py
	$(BIN)/python bench/cnn_step.py
	$(BIN)/python bench/engines.py
	$(BIN)/python bench/one_run.py
	$(BIN)/python bench/checkpoint_cost.py
	$(BIN)/python bench/diagnostics_cost.py
	$(BIN)/python bench/many_runs.py --jax $(VENV)-bench/bin/python
	$(BIN)/python bench/many_folders.py
	$(BIN)/python bench/memory.py
	$(BIN)/python bench/tables.py
	$(BIN)/python bench/predict.py
	$(BIN)/python bench/executors.py

# what a verdict is worth on other splits: 900 real runs, kept in $(RUNS)/validity; `make validity ARGS=--quick` takes 192
validity: $(VENV)/.installed
	$(BIN)/python bench/validity.py --runs-dir $(RUNS)/validity $(ARGS)

# runs and seconds until a study is decided, against fixed seeds and KerasTuner; of the shipped studies that are finished
time-to-verdict: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)-tuner keras-tuner kt-legacy tensorboard
	$(BIN)/python bench/time_to_verdict.py $(RUNS)/telco-optimizers-* $(RUNS)/quick-* --tuner $(VENV)-tuner

# the class's four claims, each a study of minutes; docs/claims/ says what they ask and what came out
claims: $(VENV)/.installed
	for file in configs/claims/*.yaml; do $(BIN)/optbench study $$file --runs-dir $(RUNS) || exit; done

# the site, in English and Spanish: docs/_build/html/en and es; any warning is an error
docs: $(VENV)/.installed-dev
	$(BIN)/python -m sphinx -W --keep-going -E -q -b html docs docs/_build/html/en
	$(BIN)/python -m sphinx -W --keep-going -E -q -b html -D language=es docs docs/_build/html/es
	@echo "docs/_build/html/en/index.html, docs/_build/html/es/index.html"

# after a change of a translated page: the catalogues of docs/locale get its sentences, to be said in Spanish
translations: $(VENV)/.installed-dev
	$(BIN)/python tools/update_translations.py

# what a release uploads: an sdist, and the wheel that is made of it
wheel: $(VENV)/.installed-test
	$(BIN)/python -m build --no-isolation --outdir dist .

# one Python version's marker syntax covers all: the lock is universal and names no host
lock: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet uv
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
	  --no-annotate --no-emit-index-url --extra dev --extra excel --extra ray pyproject.toml - -o requirements.lock

# after a sentence of an error was added or changed: the catalogues get it, to be said in other languages
words: $(VENV)/.installed-dev
	$(BIN)/python tools/write_words.py

schema: $(VENV)/.installed
	$(BIN)/optbench schema > schemas/experiment.schema.json
	$(BIN)/optbench schema --study > schemas/study.schema.json
	$(BIN)/optbench schema --preprocessing > schemas/preprocessing.schema.json
	$(BIN)/optbench schema --machine > schemas/machine.schema.json

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "optbench needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Use: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.lock -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.lock -e '.[test]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.lock -e '.[dev]'
	@touch $@

$(VENV)/.installed-ray: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.lock -e '.[ray]'
	@touch $@

# the packages of the extra `bench` alone, without optbench and TensorFlow
$(VENV)-bench/.installed: pyproject.toml requirements.lock | $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock \
	  $$($(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"])')
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-bench build dist docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
