"""Shared inputs of the report's tests."""

import dataclasses
from functools import cache

import optuna
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.report import figures, style
from hpsearch.report.section import Section
from hpsearch.report.sections import SECTIONS
from hpsearch.report.write import report_files
from hpsearch.results.narrowed_ranges import ranges
from hpsearch.results.results import Results
from hpsearch.strategies.narrowing import NarrowingSampler
from tests.combinations import some
from tests.example_results import CASES, _name, case, of_studies

FEW = ("usual", "unfinished", "all diverged, infinite", "mixed kinds", "two tasks", "some confirmed",
       "factors, tasks, some untuned", "names of markup")  # fmt: skip
"""Examples of the default run: one of each kind of study."""

EXAMPLES = some(CASES, *FEW)


@cache
def sections_of(name: str) -> dict[str, Section]:
    """Return the sections of an example that apply to it by key, built once for all tests."""
    return applicable(case(name))


def applicable(results: Results) -> dict[str, Section]:
    """Return the sections that apply to the results, by key."""
    return {key: part(results) for key, part in SECTIONS.items() if not part.obstacle(results)}


@cache
def report_of(name: str) -> dict[str, bytes]:
    """Return the files of the report of an example by path, drawn once for all tests."""
    return report_files(case(name))


def tiled(results: Results, times: int) -> Results:
    """Return results with each repeat copied `times` times, a fast way to large results."""
    frames = {
        name: pd.concat(
            [frame.assign(repeat=frame["repeat"] + results.repeats * copy) for copy in range(times)], ignore_index=True
        )
        for name, frame in {"trials": results.trials, "curves": results.curves, "runs": results.runs}.items()
    }
    return dataclasses.replace(results, repeats=results.repeats * times, **frames)


def narrowing(repeats: int, trials: int) -> tuple[Results, list[optuna.Study]]:
    """Run narrowing; return its results with the stored ranges, and the Optuna studies."""
    studies = []
    for repeat in range(repeats):
        study = optuna.create_study(study_name=f"n/{repeat}", sampler=NarrowingSampler(seed=repeat))
        _name(study, "digits", "narrowing", repeat, None)
        study.optimize(_bowl, n_trials=trials)
        studies.append(study)
    changes = {"space": studies[0].trials[0].distributions, "spaces": {}, "direction": "minimize"}
    return of_studies(studies, ["narrowing"], trials, ranges=ranges(studies, trials), **changes), studies


def _bowl(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("rate", 1e-6, 1.0, log=True)
    units = trial.suggest_int("units", 1, 9)
    trial.suggest_categorical("kind", ["a", "b"])
    trial.suggest_float("fixed", 0.5, 0.5)
    return (rate - 0.01) ** 2 + (units - 3) ** 2


def empty_figure(layout: figures.Layout | None = None) -> tuple[Figure, list[Axes]]:
    """Create a figure with empty panels."""
    with style.applied():
        return figures.new_figure(layout or figures.Layout(1, 1, 2.0))
