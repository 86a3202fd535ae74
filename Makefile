# `make check` is what continuous integration runs, in an environment that has the project's `dev` extra.
PYTHON ?= python

.PHONY: check lint types test benchmark-nn benchmark-storage benchmark-study benchmark-strategies benchmark-narrowing benchmark-searchcv benchmark-kept benchmark-verdicts benchmark-diagnostics soak reports report-tables chapter chapter-quick gallery

check: lint types test

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m deptry .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest
	$(PYTHON) -m pytest -m long

benchmark-nn:  ## times the network against its matrix products, scikit-learn and PyTorch
	$(PYTHON) -m tests.benchmarks.benchmark_nn

benchmark-storage:  ## times what each storage adds to a trial without training
	$(PYTHON) -m tests.benchmarks.benchmark_storage

benchmark-study:  ## times the default study against its trainings, and the chapter's search against a plain loop
	$(PYTHON) -m tests.benchmarks.benchmark_study

benchmark-strategies:  ## times a draw of each strategy against the number of trials before it
	$(PYTHON) -m tests.benchmarks.benchmark_strategies

benchmark-narrowing:  ## what each part of narrowing brings, on published tables: half an hour on two cores
	$(PYTHON) -m tests.benchmarks.benchmark_narrowing

benchmark-searchcv:  ## SearchCV against scikit-learn's random searches, ten data sets × four estimators: 20 minutes on two cores
	$(PYTHON) -m tests.benchmarks.benchmark_searchcv

benchmark-kept:  ## what searches gain from an earlier one, and from likely values, right and wrong: ten minutes
	$(PYTHON) -m tests.benchmarks.benchmark_kept

benchmark-verdicts:  ## how often the verdicts are wrong, and how often they find what is there
	$(PYTHON) -m tests.benchmarks.benchmark_verdicts

benchmark-diagnostics:  ## how often the diagnostics warn of clean studies, and how often they find planted faults
	$(PYTHON) -m tests.benchmarks.benchmark_diagnostics

soak:  ## kills, freezes and starves studies, which must lose nothing: a quarter of an hour; SOAK="--sqlite 50 --seed 1"
	$(PYTHON) -m tests.benchmarks.soak $(SOAK)

reports:  ## makes the committed reports on digits anew, from nothing: three minutes on two cores
	rm -f reports.db; for study in digits optimizers; do \
	  $(PYTHON) -m hpsearch study $$study --storage sqlite:///reports.db --out reports || exit 1; \
	done; rm -f reports.db
	$(PYTHON) -m tests.page_picture reports/digits/report.html reports/digits/page.png

CHAPTER = $(basename $(notdir $(wildcard studies/chapter/*.toml studies/lecture/*.toml)))

chapter:  ## runs every study of the chapter and the lecture, and makes the gallery: an hour on two cores; goes on if stopped
	for study in $(CHAPTER); do \
	  $(PYTHON) -m hpsearch study $$study --storage sqlite:///chapter.db --out reports --jobs 2 || exit 1; \
	done
	$(PYTHON) -m hpsearch gallery reports

chapter-quick:  ## the same with two repeats and a fifth of the steps, in reports-quick/: five minutes on two cores
	printf '%s\n' $(CHAPTER) | xargs -P 2 -I STUDY \
	  $(PYTHON) -m hpsearch study STUDY --quick --storage sqlite:///chapter-quick.db --out reports-quick --jobs 1
	$(PYTHON) -m hpsearch gallery reports-quick

gallery:  ## makes reports/README.md anew from the reports that there are
	$(PYTHON) -m hpsearch gallery reports

report-tables:  ## makes the committed reports on published tables anew: an hour on two cores
	for study in tables tables-unseen; do \
	  rm -f tables.db && $(PYTHON) -m hpsearch study $$study --storage sqlite:///tables.db --out reports || exit 1; \
	done; rm -f tables.db
