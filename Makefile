# `make check` is what continuous integration runs, in an environment that has the project's `dev` extra.
PYTHON ?= python

.PHONY: check lint types test benchmark-nn reports

check: lint types test

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest

benchmark-nn:  ## times the network against its matrix products, scikit-learn and PyTorch
	$(PYTHON) -m tests.benchmarks.benchmark_nn

reports:  ## makes the committed reports anew, from nothing
	rm -f reports.db && $(PYTHON) -m hpsearch study digits --storage sqlite:///reports.db --out reports && rm -f reports.db
