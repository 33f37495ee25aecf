# `make` lists the targets. Two do everything on a fresh machine: `make book` and `make test`.

# The newest Python from 3.11 on that is at hand; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN    := .venv/bin
READY  := .venv/.ready
PORT   ?= 8000
ASSIGNMENT ?= shapes
# The exact versions; `make CONSTRAINTS= ...` installs the newest ones in their place.
CONSTRAINTS ?= -c constraints.txt
# `make book FAST=1` builds beside the book, and never in its place.
QUICK  := $(filter-out 0,$(FAST))
HTML   := $(if $(QUICK),_build/fast/_build/html,_build/html)

export JUPYTER_PREFER_ENV_PATH := 1

.DEFAULT_GOAL := help
.PHONY: help env book pdf serve test pytest lint types notebooks exercises address student grade report demo \
	bench bench-grading links package colab hooks clean distclean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(READY) ## create .venv and install everything into it

$(READY): pyproject.toml constraints.txt coursebook/web/package-lock.json
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found: install one, or run 'make PYTHON=/path/to/python ...'."; exit 1; }
	@echo "Installing into .venv with $(PYTHON) (a few minutes the first time) ..."
	@$(PYTHON) -m venv .venv || { echo "Python cannot create environments here: install its 'venv' module (Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[book,grading,data,gpu,dev]'
	@$(BIN)/python coursebook/assets.py
	@touch $@

book: $(READY) ## run every chapter and build the HTML book (FAST=1: with short training, unchecked)
	@$(BIN)/jupyter-book build . $(if $(QUICK),--path-output _build/fast) -W --keep-going --quiet
	@echo "The book is at $(CURDIR)/$(HTML)/index.html ('make serve' shows it)."

pdf: $(READY) ## print the whole book to _build/pdf/book.pdf
	@sh coursebook/system.sh chromium
	@$(BIN)/python -m coursebook.pdf

serve: book ## show the book at http://localhost:8000 (PORT=... for another)
	@echo "Serving at http://localhost:$(PORT) - stop with Ctrl-C."
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

test: $(READY) lint types ## check style and types, build the book, run all tests
	@sh coursebook/system.sh chromium bubblewrap postgresql
	@$(MAKE) --no-print-directory book
	@$(MAKE) --no-print-directory pytest

pytest: $(READY) ## only the tests, of the book as it is built (TESTS=tests/rnnlib for some)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(TESTS)

lint: $(READY) ## ruff and codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell

types: $(READY) ## mypy
	@$(BIN)/mypy

notebooks: $(READY) ## export the chapters to notebooks/ (after a change in chapters/ or quizzes/)
	@$(BIN)/python -m coursebook.notebooks

exercises: $(READY) ## release solutions/ to exercises/ (after a change in solutions/)
	@$(BIN)/python -m grading release

address: $(READY) ## set the repository's address everywhere (REPOSITORY=owner/name)
	@$(BIN)/python -m coursebook.address "$(REPOSITORY)"
	@touch $(READY) # what is installed does not depend on it
	@$(BIN)/python -m coursebook.notebooks
	@$(BIN)/python -m grading release

student: book ## write what students get, without answers, to _build/student
	@$(BIN)/python -m grading release --check
	@$(BIN)/python -m coursebook.student --book _build/html

grade: $(READY) ## grade what lies in submitted/, write feedback and report (ASSIGNMENT=shapes)
	@sh coursebook/system.sh bubblewrap
	@$(BIN)/python -m grading run $(ASSIGNMENT)

report: $(READY) ## the report and feedback again, with marks given by hand (ASSIGNMENT=shapes)
	@$(BIN)/python -m grading report $(ASSIGNMENT)

demo: $(READY) ## make five submissions in demo/, grade them, write feedback and report
	@sh coursebook/system.sh bubblewrap
	@$(BIN)/python -m grading demo

bench: $(READY) ## time rnnlib against torch.nn on this machine, write benchmarks/results/
	@$(BIN)/python -m benchmarks.cpu_ladder

bench-grading: $(READY) ## time grading against stock nbgrader, write benchmarks/results/
	@sh coursebook/system.sh bubblewrap
	@$(BIN)/python -m benchmarks.grading --keep

links: $(READY) ## ask every address that the book links to (needs the internet)
	@$(BIN)/python -m coursebook.links

package: $(READY) ## build wheel and sdist of rnnlib in dist/, and check them
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist .
	@$(BIN)/python -m twine check --strict dist/*
	@$(BIN)/python -m benchmarks.import_time dist

colab: $(READY) ## ask pip what it would install on Colab (COLAB=/path/to/python3.13)
	@$(BIN)/python -m coursebook.colab $(COLAB)

hooks: $(READY) ## check each commit before git makes it, see .pre-commit-config.yaml
	@$(BIN)/pre-commit install

clean: ## remove what was built
	rm -rf _build build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## remove the environment as well
	rm -rf .venv coursebook/web/node_modules *.egg-info
