"""The CSV files of a report: each measured number once, and what figures compute from them.

Files in `SHARED` hold what was measured; several sections may draw from one. ``runs.csv`` numbers the runs in its
column `run`, and the other files name a run by that number instead of repeating task, strategy and repeat:

* ``tasks.csv``: task, target (what `trials_to_target` counts to), reference_best, reference_median, random_at_twice
  (what the median run of random search reached with twice the budget, where one went on so far).
* ``runs.csv``: run, task, strategy, repeat, name (of the Optuna study), complete, incumbent (the number of its best
  trial), trials_to_target, test_1, test_2, … (scores of the incumbent, retrained on fresh seeds).
* ``trials.csv``: run, number, state, value, diverged, epochs, seconds, confirms, and ``params_<name>`` for each
  parameter. The best value so far is a cumulative best over its rows, what a strategy spent is a sum.
* ``ranges.csv``: run, number, parameter, low, high. A row holds from that trial until the parameter's next row.

All other files belong to one section: numbers that it computes and that no other file holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from hpsearch.analysis.closing_in import closing_in
from hpsearch.analysis.comparison.targets import targets, trials_to_target
from hpsearch.analysis.incumbents import KEYS
from hpsearch.analysis.random_at_twice import random_at_twice
from hpsearch.report.csv_files import csv_text
from hpsearch.report.section import Section
from hpsearch.results.results import Results


def data_files(results: Results, sections: Iterable[Section]) -> dict[str, bytes]:
    """The CSV files that the sections name, by their path within the report's folder."""
    frames: dict[str, pd.DataFrame] = {}
    for section in sections:
        frames |= section.data
        frames |= {name: SHARED[name](results) for name in section.shared if name not in frames}
    return {
        f"data/{name}.csv": csv_text(frame).encode("utf-8", errors="backslashreplace") for name, frame in frames.items()
    }


def by_run(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the run's number in ``runs.csv`` in place of task, strategy and repeat."""
    numbers = {key: number for number, key in enumerate(_keys(results.runs))}
    shorter = frame.drop(columns=KEYS)
    shorter.insert(0, "run", [numbers[key] for key in _keys(frame)])
    return shorter


def changes(frame: pd.DataFrame, by: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """The rows at which the `values` of a step function change, and its first and last; one function each `by`.

    >>> curve = pd.DataFrame({"of": "a", "n": [1, 2, 3, 4, 5], "best": [7, 7, 8, 8, 8]})
    >>> changes(curve, ["of"], ["best"])["n"].tolist()
    [1, 3, 5]
    """
    before = frame.groupby(list(by), sort=False)[list(values)].shift()
    now = frame[list(values)]
    same = ((now == before) | (now.isna() & before.isna())).all(axis=1)
    ends = ~frame.duplicated(by) | ~frame.duplicated(by, keep="last")
    kept: pd.DataFrame = frame[ends | ~same]
    return kept


def _tasks(results: Results) -> pd.DataFrame:
    tasks = results.runs.drop_duplicates("task")[["task", "reference_best", "reference_median"]]
    tasks.insert(1, "target", tasks["task"].map(targets(results)))
    return tasks.assign(random_at_twice=[random_at_twice(results, task) for task in tasks["task"]])


def _runs(results: Results) -> pd.DataFrame:
    runs = results.runs
    needed = trials_to_target(results)
    needed_by_run = dict(zip(_keys(needed), needed["trials"], strict=True))
    tested = [list(values) for values in runs["test_values"]]
    tests = {
        f"test_{place + 1}": [values[place] if place < len(values) else math.nan for values in tested]
        for place in range(max(map(len, tested), default=0))
    }
    frame = runs[[*KEYS, "name", "complete"]].assign(
        incumbent=_whole(runs["incumbent"]),
        trials_to_target=[needed_by_run.get(key, math.nan) for key in _keys(runs)],
        **tests,
    )
    frame.insert(0, "run", range(len(runs)))
    return frame


def _trials(results: Results) -> pd.DataFrame:
    trials = by_run(results, results.trials)
    return trials.assign(confirms=_whole(trials["confirms"]))


def _ranges(results: Results) -> pd.DataFrame:
    """The ranges, once for each round and parameter; trials that explored draw from no round's range."""
    noted = by_run(results, closing_in(results)[[*KEYS, "number", "parameter", "low", "high"]])
    return changes(noted.sort_values(["run", "number"], kind="stable"), ["run", "parameter"], ["low", "high"])


def _whole(numbers: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers of trials, some of them missing, as integers."""
    return numbers.astype(float).astype("Int64")


def _keys(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame[KEYS].itertuples(index=False, name=None))


SHARED: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "tasks": _tasks,
    "runs": _runs,
    "trials": _trials,
    "ranges": _ranges,
}
