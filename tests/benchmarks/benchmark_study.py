"""What a study costs beside its trainings.

    python -m tests.benchmarks.benchmark_study [--part default|chapter] [--trials N] [--repeats N] [--rounds N]

`default`: ``hpsearch study`` as a user runs it, in an empty folder. Its processor time (user and system, of all its
processes) is divided by that of its trainings alone: the same parameters and seeds, read from the storage that the
study wrote, with the retrainings for test values, one after the other in one process after a warm-up. What the rest
is spent on is measured by doing each part alone:

* report: ``hpsearch report``, with the start of its process;
* starts: ``hpsearch study`` again, when nothing is left to train, without the report; and for each process that trains,
  an interpreter that imports what it needs and unpickles its objective;
* suggest: the study in memory, by the product's own code, with an objective that repeats the stored trials;
* writes: the same with SQLite, less suggest.

`chapter`: the chapter's search (``chapter.toml``) on SQLite, without a report, against a straight loop in float64 (see
``book_network.py``) over as many trainings: processor time of one job, and the clock's time of two jobs on two repeats.
It needs MNIST in the folder that HPSEARCH_DATA names, and for the clock's time two idle cores.

All threads of BLAS are limited to one. Ratios are of one round each; the median of the rounds is printed last.
"""

import argparse
import copy
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial
from threadpoolctl import threadpool_limits

from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.storage import opened
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.study.plan import plan

CHAPTER = Path(__file__).with_name("chapter.toml")
URL = "sqlite:///hpsearch.db"
DEFAULT_MARK, CORE_MARK, CORES_MARK = 1.7, 3.6, 6.0

START = """
import pickle, sys
import hpsearch.execution.worker
rows = pickle.load(open(sys.argv[1], "rb")).data
"""
SEARCH = """
import sys
from pathlib import Path
from hpsearch.execution import execute
from hpsearch.study.plan import plan
overrides = {"trials": int(sys.argv[2]), "repeats": int(sys.argv[3])}
data = None if len(sys.argv) < 6 else Path(sys.argv[5])
execute(plan(sys.argv[1], overrides, data), "sqlite:///search.db", jobs=int(sys.argv[4]))
"""

Row = tuple[str, float]


def seconds_of(*arguments: object, folder: str) -> tuple[float, float]:
    """Return the processor time (of all processes) and the clock's time of a Python that runs with these arguments."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    before, start = used(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return used(resource.RUSAGE_CHILDREN) - before, time.perf_counter() - start


def used(*of: int) -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, of))


def seconds_here(action: Callable[[], object]) -> float:
    """Return the processor time of this process and of its children that ended meanwhile."""
    before = used(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    action()
    return used(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) - before


# --- The default study ------------------------------------------------------------------------------------------------


def default_study(trials: int, repeats: int) -> float:
    """Print where the time of the study goes; return its ratio to the trainings'."""
    overrides = {"trials": trials, "repeats": repeats}
    options = [f"--{name}={value}" for name, value in overrides.items()]
    with tempfile.TemporaryDirectory() as folder:
        hpsearch = ["-m", "hpsearch"]
        total = seconds_of(*hpsearch, "study", "digits", *options, folder=folder)[0]
        report = seconds_of(*hpsearch, "report", "--quiet", folder=folder)[0]
        again = seconds_of(*hpsearch, "study", "digits", *options, "--quiet", folder=folder)[0]
        (Path(folder) / "objective").write_bytes(pickle.dumps(MLPObjective("digits").for_repeat(1)))
        worker = seconds_of("-c", START, "objective", folder=folder)[0]
        with opened(f"sqlite:///{folder}/hpsearch.db", existing=True) as storage:
            studies = optuna.get_all_study_names(storage)
            stored = {name: optuna.load_study(study_name=name, storage=storage) for name in studies}
            trainings = list(trainings_of(stored.values()))
            trials_of = {name: study.get_trials(deepcopy=False) for name, study in stored.items()}
        planned = plan("digits", overrides)
        repeated = {task: Repeated(original, trials_of) for task, original in planned.objectives.items()}
        planned = replace(planned, objectives=repeated, retrain=0)
        with quiet_optuna(), threadpool_limits(1):
            trainings[0]()
            alone = seconds_here(lambda: [train() for train in trainings])
            memory = optuna.storages.InMemoryStorage()
            suggest = seconds_here(lambda: execute(planned, memory))
            writes = seconds_here(lambda: execute(planned, f"sqlite:///{folder}/again.db")) - suggest
    workers = min(os.cpu_count() or 1, len(stored))
    rows = [
        ("trainings", alone),
        ("suggest", suggest),
        ("writes", writes),
        ("start of the main process", again - report),
        (f"starts of {workers} that train", workers * worker),
        ("report", report),
    ]
    count = sum(map(len, trials_of.values()))
    print_table([*rows, ("rest", total - sum(seconds for _, seconds in rows)), ("whole study", total)], alone, count)
    print(f"\n{count} trials, {len(trainings)} trainings; mark: whole study at most {DEFAULT_MARK} × trainings\n")
    return total / alone


def trainings_of(studies: Any) -> Iterator[Callable[[], object]]:
    """Yield every training of the runs, with the judging of those for test values."""
    for study in studies:
        attributes = study.user_attrs
        where = {"seed": attributes["seed"], "repeat": attributes["repeat"]}
        objective = MLPObjective.from_content(attributes["content"], **where)
        _ = objective.data
        for trial in study.get_trials(deepcopy=False):
            yield lambda o=objective, t=trial: o.retrain(t.params, o.seeds(t.number)).validation
        if test := attributes.get("test"):
            best = study.get_trials(deepcopy=False)[test["incumbent"]]
            yield lambda o=objective, t=best, times=test["retrain"]: o.test(t.params, t.number, times)


class Repeated(Objective):
    """Takes the steps and attributes of stored trials for its own, and trains nothing."""

    def __init__(self, original: Objective, trials: Mapping[str, list[FrozenTrial]]) -> None:
        self._original = original
        self._stored = {
            (int(name.rsplit("/", 1)[1]), trial.number, repr(trial.params)): trial
            for name, each in trials.items()
            for trial in each
        }

    direction = property(lambda self: self._original.direction)  # type: ignore[assignment]
    metric = property(lambda self: self._original.metric)  # type: ignore[assignment]
    space = property(lambda self: self._original.space)  # type: ignore[assignment]
    epochs = property(lambda self: self._original.epochs)  # type: ignore[assignment]

    def for_repeat(self, repeat: int) -> "Repeated":
        other = copy.copy(self)
        other.repeat = repeat
        return other

    def seeds_of(self, trial: Trial) -> FrozenTrial:
        return self._stored[self.repeat, trial.number, repr(trial.params)]

    def train(self, params: Mapping[str, Any], seeds: FrozenTrial) -> Trained:
        return RepeatedTraining(seeds)


class RepeatedTraining(Trained):
    def __init__(self, trial: FrozenTrial) -> None:
        self._trial = trial

    def __iter__(self) -> Iterator[Step]:
        for step, value in self._trial.intermediate_values.items():
            yield Step(step, value)

    @property
    def validation(self) -> float:
        assert self._trial.value is not None
        return self._trial.value

    def attributes(self) -> Mapping[str, Any]:
        return {name: self._trial.user_attrs[name] for name in ("epochs", "diverged", "history")}


def print_table(rows: list[Row], unit: float, trials: int) -> None:
    print("| part | seconds | × trainings | ms a trial |\n| --- | ---: | ---: | ---: |")
    for name, seconds in rows:
        print(f"| {name} | {seconds:.2f} | {seconds / unit:.2f} | {1000 * seconds / trials:.1f} |")


# --- The chapter's search ---------------------------------------------------------------------------------------------


def chapter(trials: int) -> tuple[float, float]:
    """Return how much faster the search is than the straight loop: a core, and over two repeats on two cores."""
    data = os.environ["HPSEARCH_DATA"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        book, book_clock = seconds_of("-m", "tests.benchmarks.book_network", 2, trials, folder=folder)
        one, _ = seconds_of("-c", SEARCH, CHAPTER, trials, 2, 1, data, folder=folder)
        two, two_clock = seconds_of("-c", SEARCH, CHAPTER, trials, 2, 2, data, folder=other)
    print("| search of two repeats | seconds of processor | seconds of the clock |\n| --- | ---: | ---: |")
    print(f"| straight loop in float64 | {book:.1f} | {book_clock:.1f} |\n| one job | {one:.1f} | |")
    print(f"| two jobs | {two:.1f} | {two_clock:.1f} |\n")
    print(
        f"a core: {book / one:.2f} × (mark: at least {CORE_MARK}); "
        f"two repeats on two cores: {book_clock / two_clock:.2f} × (mark: at least {CORES_MARK:g})\n"
    )
    return book / one, book_clock / two_clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["default", "chapter"], help="only this part")
    parser.add_argument("--trials", type=int, metavar="N", help="trials of a run; by default the study's own")
    parser.add_argument("--repeats", type=int, default=10, metavar="N", help="repeats of the default study")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often each part is measured")
    options = parser.parse_args()
    if options.part != "chapter":
        ratios = [default_study(options.trials or 30, options.repeats) for _ in range(options.rounds)]
        print(f"**Default study: {statistics.median(ratios):.2f} × its trainings (mark: at most {DEFAULT_MARK})**\n")
    if options.part != "default" and "HPSEARCH_DATA" not in os.environ:
        print("The chapter's search is left out: HPSEARCH_DATA names no folder with MNIST.", file=sys.stderr)
    elif options.part != "default":
        core, cores = zip(*(chapter(options.trials or 100) for _ in range(options.rounds)), strict=True)
        print(
            f"**Chapter's search: {statistics.median(core):.2f} × a core (mark: at least {CORE_MARK}), "
            f"{statistics.median(cores):.2f} × on two cores (mark: at least {CORES_MARK:g})**"
        )


if __name__ == "__main__":
    main()
