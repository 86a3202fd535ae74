"""What the storage adds to a trial: processor time of ten reports, three attributes and two parameters.

    python -m tests.benchmarks.benchmark_storage [--trials N] [--repeats N] [--strategy NAME]
    python -m tests.benchmarks.benchmark_storage --many [--processes N] [--trials N]
    python -m tests.benchmarks.benchmark_storage --long [--trials N]

Prints a table in Markdown. The objective trains nothing; its trials are run as those of a study are, in one process.
The time of a trial is the difference of a long and a short run, each of a new storage, divided by the difference of
their trials, so that opening costs nothing; the storages take turns, and the median of the repeats counts. PostgreSQL
is measured where its programs are installed; its server is not counted, as it may be elsewhere. `--many`: processes
that write cheap trials to one SQLite file at the same time. `--long`: seconds and peak memory of processes that open,
resume and report a study of many trials.
"""

import argparse
import platform
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import FloatDistribution
from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.execution import execute
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher

REPORTS = 10
SHORT = 20  # trials of the short run
MOST_MS, MOST_RATIO = 9.0, 2.0  # marks of SQLite: milliseconds of a trial, and times the journal's


class Untrained(Trained):
    """A training that costs nothing."""

    def __init__(self, value: float, reports: int) -> None:
        self._value, self._reports = value, reports

    def __iter__(self) -> Iterator[Step]:
        for number in range(1, self._reports + 1):
            yield Step(number, self._value + 1 / number)

    @property
    def validation(self) -> float:
        return self._value

    def attributes(self) -> Mapping[str, Any]:
        return {"epochs": self._reports, "diverged": False, "history": {"loss": [0.5] * self._reports}}


class Cheap(Objective):
    """Two parameters, ten reports, three attributes, no training."""

    reports = REPORTS
    space: Mapping[str, Any] = {
        "learning_rate": FloatDistribution(1e-6, 1.0, log=True),
        "weight_decay": FloatDistribution(1e-8, 1e-2, log=True),
    }

    @property
    def epochs(self) -> int | None:
        return self.reports

    def train(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        return Untrained(abs(params["learning_rate"] - 0.01) + params["weight_decay"], self.reports)


class Cheapest(Cheap):
    """One report."""

    reports = 1


def cheap_plan(trials: int, strategy: str, repeats: int = 1, objective: Objective | None = None) -> Plan:
    return Plan(
        name="cheap",
        objectives={"objective": objective or Cheap()},
        strategies={strategy: searcher(strategy, strategy, {}, 0)},
        trials=trials,
        repeats=repeats,
        seed=0,
        direction="minimize",
        metric="value",
    )


def seconds_of(place: str | BaseStorage, trials: int, args: argparse.Namespace) -> float:
    plan = cheap_plan(trials, args.strategy)
    if args.pruner != "none":
        assert args.pruner in PRUNERS
        plan = Plan(**{**vars(plan), "pruner": args.pruner})
    start = time.process_time()
    execute(plan, place)
    return time.process_time() - start


def trial_ms(new: Callable[[], str | BaseStorage], args: argparse.Namespace) -> float:
    short, long = seconds_of(new(), SHORT, args), seconds_of(new(), SHORT + args.trials, args)
    return 1000 * (long - short) / args.trials


def places(folder: Path, stack: ExitStack) -> dict[str, Callable[[], str | BaseStorage]]:
    """Kind → function that returns a new storage of it."""
    counter = iter(range(10**6))
    kinds: dict[str, Callable[[], str | BaseStorage]] = {
        "memory": InMemoryStorage,
        "journal": lambda: f"journal:///{folder / f'{next(counter)}.log'}",
        "SQLite": lambda: f"sqlite:///{folder / f'{next(counter)}.db'}",
    }
    try:
        from tests.postgresql import UnavailableError, server
    except ImportError:  # psycopg is missing
        return kinds
    with suppress(UnavailableError):
        running = stack.enter_context(server())
        kinds["PostgreSQL"] = lambda: running.new_database(f"cheap{next(counter)}")
    return kinds


def print_costs(args: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        kinds = places(Path(name), stack)
        for new in kinds.values():
            seconds_of(new(), 2, args)  # what is imported and compiled once is not counted
        rounds = [{kind: trial_ms(new, args) for kind, new in kinds.items()} for _ in range(args.repeats)]
    ms = {kind: statistics.median(each[kind] for each in rounds) for kind in kinds}
    ratio = statistics.median(each["SQLite"] / each["journal"] for each in rounds)
    print("| storage | ms a trial | lowest | highest |")
    print("| --- | ---: | ---: | ---: |")
    for kind in kinds:
        values = [each[kind] for each in rounds]
        print(f"| {kind} | {ms[kind]:.2f} | {min(values):.2f} | {max(values):.2f} |")
    is_kept = ms["SQLite"] <= MOST_MS and ratio <= MOST_RATIO
    print(
        f"\nSQLite: {ms['SQLite']:.2f} ms (at most {MOST_MS:g}) and {ratio:.2f} times the journal (at most "
        f"{MOST_RATIO:g}): {'kept' if is_kept else 'missed'}."
    )
    return is_kept


def print_many(args: argparse.Namespace) -> bool:
    trials = args.trials if args.trials_given else 1000
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "many.db"
        start = time.perf_counter()
        plan = cheap_plan(trials, args.strategy, args.processes, Cheapest())
        execute(plan, f"sqlite:///{path}", jobs=args.processes)
        seconds = time.perf_counter() - start
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT count(*), count(DISTINCT number) FROM trials WHERE state = 'COMPLETE' GROUP BY study_id"
            counts = connection.execute(query).fetchall()
    is_kept = counts == [(trials, trials)] * args.processes
    print(
        f"{args.processes} processes × {trials:,} trials on one SQLite file: {seconds:.1f} s, "
        f"{1000 * seconds / trials / args.processes:.2f} ms a trial: {'kept' if is_kept else f'missed: {counts}'}."
    )
    return is_kept


_STEPS = {
    "create": "execute(cheap_plan({trials}, {strategy!r}, 1, Cheapest()), url)",
    "open and look": "execute(cheap_plan({trials}, {strategy!r}, 1, Cheapest()), url)",
    "resume (10 more trials)": "execute(cheap_plan({trials} + 10, {strategy!r}, 1, Cheapest()), url)",
    "report": "from hpsearch.cli import main; import sys;"
    " sys.argv = ['hpsearch', 'report', 'cheap', '--storage', url, '--out', folder]; main()",
}
_PROGRAM = """
from hpsearch.execution import execute
from tests.benchmarks.benchmark_storage import Cheapest, cheap_plan
url, folder = {url!r}, {folder!r}
{step}
"""


def print_long(args: argparse.Namespace) -> bool:
    trials = args.trials if args.trials_given else 10_000
    print("| step | seconds | processor seconds | peak memory, MB |\n| --- | ---: | ---: | ---: |")
    is_kept = True
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{Path(name) / 'long.db'}"
        for label, step in _STEPS.items():
            program = _PROGRAM.format(url=url, folder=name, step=step.format(trials=trials, strategy=args.strategy))
            wall, cpu, peak = _measured(program)
            print(f"| {label} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |", flush=True)
            is_kept &= peak <= 1000
    return is_kept


_MEASURE = """
import time, os, re
start = time.perf_counter()
try:
    exec(compile(open(0).read(), "step", "exec"), {"__name__": "step"})
except SystemExit as end:
    assert not end.code, end.code
used = os.times()
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print("MEASURED", time.perf_counter() - start, used.user + used.system + used.children_user + used.children_system,
      int(peak[1]) / 1024 if peak else float("nan"))
"""


def _measured(program: str) -> tuple[float, float, float]:
    command = [sys.executable, "-c", _MEASURE]
    done = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    found = re.search(r"MEASURED (\S+) (\S+) (\S+)", done.stdout)
    assert found is not None, done.stderr
    return float(found[1]), float(found[2]), float(found[3])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, help="of a long run (200), of a process (1,000), of the study (10,000)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--strategy", default="random")
    parser.add_argument("--pruner", default="none")
    parser.add_argument("--many", action="store_true", help="processes on one SQLite file")
    parser.add_argument("--processes", type=int, default=8, help="of --many")
    parser.add_argument("--long", action="store_true", help="a study of many trials")
    args = parser.parse_args()
    args.trials_given = args.trials is not None
    args.trials = args.trials or 200
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print(f"optuna {version('optuna')}, SQLAlchemy {version('sqlalchemy')}, Python {platform.python_version()}\n")
    is_kept = (print_many if args.many else print_long if args.long else print_costs)(args)
    sys.exit(not is_kept)


if __name__ == "__main__":
    main()
