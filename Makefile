# make demo   everything from nothing to a page with pictures and words (out/demo/index.html)
# make test   everything from nothing to a passing test suite
# Both make their environment in .venv; a second run finds it ready.

PYTHON ?= python3
VENV := .venv
# An index of torch's CPU builds other than PyTorch's own, for machines that cannot reach that one.
TORCH_INDEX ?=
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
INSTALL_INPUTS := pyproject.toml constraints.txt tools/install_torch.py

.PHONY: help demo test slow studio-test mutants lint bench docs pins clean

help:
	@echo "make demo    set up and run the tour: out/demo/index.html"
	@echo "make test    set up and run the tests"
	@echo "make slow    the longer tests as well"
	@echo "make studio-test  the studio: its types, its own tests, its bundle, a tour in Chromium (needs node)"
	@echo "make mutants break the code on purpose, in about 190 ways: do the tests notice?"
	@echo "make lint    ruff, mypy and the import contract"
	@echo "make bench   CPU seconds per unit of work, one thread (docs/benchmarks.md)"
	@echo "make docs    the pages and the API reference as a site: out/site/index.html"
	@echo "make pins    ask the index whether constraints.txt holds for each Python"
	@echo "make clean   remove the environment and everything made"

demo: $(CORE)
	$(VENV)/bin/poseloom demo --out out/demo

test: $(DEV)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n 2

slow: $(DEV)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n 2 -m "slow or not slow"

studio-test: $(DEV)
	cd web && npm ci --silent && npm run check && npm test && npm run compare
	@command -v chromium >/dev/null || echo "the tour is skipped without Chromium; on Debian: apt-get install chromium"
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest tests/studio -m "slow or not slow"

mutants: $(DEV)
	$(VENV)/bin/python tools/mutants.py

lint: $(DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(DEV)
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(VENV)/bin/python -m benchmarks $(WRITE)

docs: $(DEV)
	@PIP_CONSTRAINT=constraints.txt $(PIP) install --quiet --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet
	@echo "poseloom: open out/site/index.html"

pins: $(DEV)
	$(PIP) install --quiet uv
	$(VENV)/bin/python tools/check_pins.py

$(VENV)/bin/python:
	@echo "poseloom: making the environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "poseloom needs Python 3.10 or newer; name one with 'make PYTHON=/path/to/python3 ...'" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python's venv is missing; on Debian: apt-get install python3-venv" >&2; exit 2; }

$(CORE): $(VENV)/bin/python $(INSTALL_INPUTS)
	@echo "poseloom: installing the library (a minute or two, torch is large)"
	@$(VENV)/bin/python tools/install_torch.py $(if $(TORCH_INDEX),--cpu-index $(TORCH_INDEX))
	@PIP_CONSTRAINT=constraints.txt $(PIP) install --quiet --editable .
	@touch $@

$(DEV): $(CORE)
	@echo "poseloom: installing the tools for tests and checks"
	@PIP_CONSTRAINT=constraints.txt $(PIP) install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
