"""The CSV files of a report: each measured number once, and numbers computed for figures.

Files in `SHARED` hold measurements, and several sections may use the same one. ``runs.csv`` numbers the runs in its
column `run`; other files refer to a run by that number instead of repeating task, variant and repeat:

* ``tasks.csv``: task, target (the value that `trials_to_target` counts trials to), reference_best, reference_median,
  random_at_twice (best value of the median random-search run at twice the budget, if a run has that many trials).
* ``runs.csv``: run, task, variant, repeat, name (of the Optuna study), complete, incumbent (the number of its best
  trial), trials_to_target, test_1, test_2, … (scores of the incumbent, retrained on fresh seeds).
* ``trials.csv``: run, number, state, value, diverged, epochs, seconds, confirms, with a cross-validation ``fold_1`` and
  so on, and ``params_<name>`` for each parameter. The best value so far is a cumulative best over its rows; the cost
  of a variant is a sum.
* ``ranges.csv``: run, number, parameter, low, high. A row applies from that trial until the parameter's next row.

Each other file belongs to one section and contains numbers that no other file contains. In files about a search, such
as ``isolation.csv``, `task` is an objective of a study with factors: the task and the levels that decide what is tuned.
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
from hpsearch.analysis.views import searching
from hpsearch.report.csv_files import csv_text
from hpsearch.report.section import Section
from hpsearch.results.results import Results


def data_files(results: Results, sections: Iterable[Section]) -> dict[str, bytes]:
    """Return the content of the sections' CSV files, by path relative to the report's folder."""
    frames: dict[str, pd.DataFrame] = {}
    for section in sections:
        frames |= section.data
        frames |= {name: SHARED[name](results) for name in section.shared if name not in frames}
    return {
        f"data/{name}.csv": csv_text(frame).encode("utf-8", errors="backslashreplace") for name, frame in frames.items()
    }


def by_run(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the columns task, variant and repeat by the run's number in ``runs.csv``."""
    numbers = {key: number for number, key in enumerate(_keys(results.runs))}
    shorter = frame.drop(columns=KEYS)
    shorter.insert(0, "run", [numbers[key] for key in _keys(frame)])
    return shorter


def changes(frame: pd.DataFrame, by: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Return the rows where a step function's `values` change, and its first and last; one function per `by`.

    >>> curve = pd.DataFrame({"of": "a", "n": [1, 2, 3, 4, 5], "best": [7, 7, 8, 8, 8]})
    >>> changes(curve, ["of"], ["best"])["n"].tolist()
    [1, 3, 5]
    """
    before = frame.groupby(list(by), sort=False)[list(values)].shift()
    now = frame[list(values)]
    same = ((now == before) | (now.isna() & before.isna())).all(axis=1)
    ends = ~frame.duplicated(by) | ~frame.duplicated(by, keep="last")
    rows: pd.DataFrame = frame[ends | ~same]
    return rows


def _tasks(results: Results) -> pd.DataFrame:
    tasks = results.runs.drop_duplicates("task")[["task", "reference_best", "reference_median"]]
    tasks.insert(1, "target", tasks["task"].map(targets(searching(results))))
    return tasks.assign(random_at_twice=[random_at_twice(results, task) for task in tasks["task"]])


def _runs(results: Results) -> pd.DataFrame:
    runs = results.runs
    trial_counts = trials_to_target(searching(results))
    trials_by_run = dict(zip(_keys(trial_counts), trial_counts["trials"], strict=True))
    tested = [list(values) for values in runs["test_values"]]
    tests = {
        f"test_{place + 1}": [values[place] if place < len(values) else math.nan for values in tested]
        for place in range(max(map(len, tested), default=0))
    }
    frame = runs[[*KEYS, "name", "complete"]].assign(
        incumbent=_whole(runs["incumbent"]),
        trials_to_target=[trials_by_run.get(key, math.nan) for key in _keys(runs)],
        **tests,
    )
    frame.insert(0, "run", range(len(runs)))
    return frame


def _trials(results: Results) -> pd.DataFrame:
    trials = by_run(results, results.trials)
    return trials.assign(confirms=_whole(trials["confirms"]))


def _ranges(results: Results) -> pd.DataFrame:
    """Return each range once per round and parameter; exploring trials have none."""
    ranges = by_run(results, closing_in(results)[[*KEYS, "number", "parameter", "low", "high"]])
    return changes(ranges.sort_values(["run", "number"], kind="stable"), ["run", "parameter"], ["low", "high"])


def _whole(numbers: pd.Series[Any]) -> pd.Series[Any]:
    """Convert trial numbers to nullable integers."""
    return numbers.astype(float).astype("Int64")


def _keys(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame[KEYS].itertuples(index=False, name=None))


SHARED: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "tasks": _tasks,
    "runs": _runs,
    "trials": _trials,
    "ranges": _ranges,
}
