# `make book` and `make test` need Python 3.11 or newer and nothing else; each sets up what it uses in .venv.
PYTHON ?= python3
PRESET ?= book
JOBS ?= 2
N ?= 10000
BIN := .venv/bin
export NNCA_PARAMETERS = $(P)
# One thread a process: chapters start a process for each core, and more threads than cores wait for each other, spinning.
book chapter course own pdf test: export OMP_NUM_THREADS ?= 1
clustered := $(if $(CLUSTER),.venv/.cluster)
own select simulate-h2o simulate-nh3 simulate-geo2 validate-geo2: export NNCA_CLUSTER = $(CLUSTER)

.DEFAULT_GOAL := help
.PHONY: help book chapter pdf course own test live sync simulate-h2o simulate-nh3 simulate-geo2 validate-geo2 select bench lint clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

book: .venv/.book ## the whole book into _build/html (PRESET=quick, book or paper; P='name=value ...'; SOLUTIONS=no: for a class, into _build/course/book)
	@$(BIN)/doit run preset='$(PRESET)' $(if $(filter-out yes,$(SOLUTIONS)),course_book,book)

chapter: .venv/.book ## one chapter, executed (CH=03_ednn; PRESET=...; P='snapshots=2000 seeds=3')
	@test -n '$(CH)' || { echo "error: which chapter? make chapter CH=one of: $(basename $(notdir $(wildcard notebooks/*.py)))"; exit 1; }
	@$(BIN)/doit run preset='$(PRESET)' chapter='$(CH)' 'chapter:$(CH)'

own: .venv/.book $(clustered) ## your own spectra, analysed (STRUCTURES=folder SPECTRA=folder ABSORBER=Fe; P='broadening=1.5' and others; CLUSTER)
	@test -n '$(STRUCTURES)' -a -n '$(SPECTRA)' || { echo "error: which folders? make own STRUCTURES=folder SPECTRA=folder ABSORBER=element"; exit 1; }
	@$(if $(CLUSTER),$(BIN)/python -m nnca.cluster)
	@NNCA_PARAMETERS='structures="$(STRUCTURES)" spectra="$(SPECTRA)" $(if $(ABSORBER),absorber=$(ABSORBER)) $(P)' \
	  $(BIN)/doit run preset='$(PRESET)' chapter=08_your_own_spectra chapter:08_your_own_spectra
	@$(BIN)/python -m nbconvert --log-level=WARN --to html --TagRemovePreprocessor.enabled=True \
	  --TagRemovePreprocessor.remove_input_tags='["remove-input", "hide-input"]' \
	  --output-dir _build/own book/chapters/08_your_own_spectra.ipynb
	@echo "The page: _build/own/08_your_own_spectra.html; the notebook: book/chapters/08_your_own_spectra.ipynb"

test: .venv/.test $(if $(shell command -v g++),.venv/.gpaw) ## all tests (those of GPAW where there is a g++ to compile it)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: .venv/.test ## style of the code
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

pdf: .venv/.pdf ## the whole book on paper, in _build/nnca.pdf (needs Chromium; PRESET and P as for book)
	@$(BIN)/doit run preset='$(PRESET)' pdf

course: .venv/.book ## notebooks for a class in _build/course: with solutions for the teacher, without for students
	@$(BIN)/doit run preset=quick course

live: .venv/.live ## the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

sync: .venv/.book ## notebooks/*.ipynb from their .py (REPOSITORY=https://...: where they fetch the project that Colab lacks)
	@$(BIN)/doit run sync

simulate-h2o: .venv/.simulate $(clustered) ## compute data/h2o.nc anew or go on with it (N=10000 JOBS=2 or CLUSTER=tcp://scheduler:8786; about 3 hours of one core)
	$(BIN)/python -m nnca.simulate h2o --snapshots $(N) --jobs $(JOBS)

simulate-nh3: .venv/.simulate $(clustered) ## compute data/nh3.nc and the folder data/nh3 anew or go on with them (N=2000 JOBS=2 or CLUSTER; about 1 hour of one core)
	$(BIN)/python -m nnca.simulate nh3 --snapshots $(if $(filter file,$(origin N)),2000,$(N)) --jobs $(JOBS)

simulate-geo2: .venv/.simulate .venv/.gpaw $(clustered) ## compute data/geo2.nc anew or go on with it (JOBS=2 or CLUSTER; about 17 hours of one core; GLASS=annealed: the first boxes, which crystallised)
	$(BIN)/python -m nnca.simulate geo2 --jobs $(JOBS) --path $(or $(GLASS),compressed)

validate-geo2: .venv/.simulate .venv/.gpaw $(clustered) ## hold data/geo2.nc against crystals, better settings, larger boxes (JOBS=2 or CLUSTER; about 6 hours of one core)
	$(BIN)/python -m nnca.simulate validate-geo2 --jobs $(JOBS)

select: .venv/.book $(clustered) ## repeat the searches for hyperparameters (S='EDNN xes 1', some minutes of one core; else all; CLUSTER)
	$(BIN)/python -m nnca.book.hyperparameters $(S)

bench: .venv/.book ## how much faster than the plain way, as ratios (about 20 minutes of one core)
	@$(BIN)/python benchmarks/bench.py

clean: ## delete what make made, but neither the data nor their finished chunks
	rm -rf .venv _build book/chapters .doit.json*

# One environment; .venv/.book stands for "the extra `book` is installed as the lock file says", and so on.
# GPAW alone has to be compiled, by g++: its C code includes a C++ header.
.venv/.%: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "error: Python 3.11 or newer is needed, and '$(PYTHON)' is not that: install it, or make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "error: '$(PYTHON)' cannot make virtual environments: install its venv package (on Debian: apt install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	CC=$(if $(filter gpaw,$*),g++,$(CC)) $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[$*]'
	@touch $@
