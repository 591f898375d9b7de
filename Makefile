# make demo and make test set up everything themselves: they need Python 3.11 or later, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOWEST := .venv-lowest

.PHONY: help install demo test lint figures site lowest dist sbom lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1  /p' Makefile | expand -t 10

install: $(STAMP)  ## create the environment and install the locked versions, each file checked by its hash

$(STAMP): pyproject.toml constraints/hashed.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, $(PYTHON) is older: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement constraints/hashed.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)  ## the whole job on synthetic music: extract, fit, report
	$(BIN)/gtzan demo

test: $(STAMP)  ## all tests, with doctests; those on real tracks where they are found
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)  ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/api/typed_face.py
	$(BIN)/lint-imports

figures: $(STAMP)  ## write every number, table and picture of texts from data; RUNS=runs: reports/ from run folders first
	$(BIN)/python -m figures $(if $(RUNS),--runs $(RUNS))

site: $(STAMP)  ## the documentation as pages in site/, warnings as errors; no page needs a server or a network
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

lowest: $(LOWEST)/.installed  ## the tests that a version can change, without slow ones and a browser, on the lowest versions of all dependencies
	$(LOWEST)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow and not browser and not once' tests

$(LOWEST)/.installed: pyproject.toml constraints/lowest.txt
	$(PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --constraint constraints/lowest.txt --editable '.[app,cluster,storage,tags,tune]' pytest pytest-xdist hypothesis mir_eval
	@touch $@

dist: $(STAMP)  ## source distribution, wheel and bill of materials in dist/, as they are released
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/python -m twine check --strict dist/*.tar.gz dist/*.whl
	$(MAKE) sbom

sbom: $(STAMP)  ## the bill of materials: every locked package, as CycloneDX (dist/gtzan.cdx.json)
	@mkdir -p dist
	$(BIN)/python constraints/sbom.py dist/gtzan.cdx.json

lock:  ## write constraints/ anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate --quiet --upgrade --output-file constraints/locked.txt
	uv pip compile pyproject.toml --extra app --extra cluster --extra storage --extra tags --extra tune --resolution lowest-direct --python-version 3.11 \
		--no-header --no-annotate --quiet --upgrade --output-file constraints/lowest.txt
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate --quiet --generate-hashes --constraint constraints/locked.txt \
		--output-file constraints/hashed.txt
	echo hatchling | uv pip compile pyproject.toml - --extra app --universal --python-version 3.11 --fork-strategy fewest \
		--no-header --no-annotate --quiet --generate-hashes --constraint constraints/locked.txt \
		--output-file constraints/serve.txt
	sed -i '1i # Every version that make demo and make test install; written by make lock.' constraints/locked.txt
	sed -i '1i # The versions of locked.txt with the hashes of their files; written by make lock.' constraints/hashed.txt
	sed -i '1i # What the image of the Dockerfile installs, of hashed.txt; written by make lock.' constraints/serve.txt
	sed -i '1i # The lowest version of each dependency, tested by .ci/run; written by make lock.' constraints/lowest.txt

clean:  ## remove environments and caches
	rm -rf .venv $(LOWEST) site .site_cache .pytest_cache .ruff_cache .mypy_cache .hypothesis .numba_cache .import_linter_cache
