"""Views of a study's results, for analyses that must not mix different searches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import STRATEGY, Results, once


def is_search(results: Results) -> bool:
    """Return whether the study is one search, which compares nothing."""
    return len(results.variants) == len(tasks(results)) == results.repeats == 1 and not results.untuned


def searching(results: Results) -> Results:
    """Return the results without the variants that search nothing; the same object if all search."""
    return _searching(results) if results.untuned else results


@once
def _searching(results: Results) -> Results:
    kept = tuple(label for label in results.variants if label not in results.untuned)
    frames: dict[str, Any] = {name: _of_variants(getattr(results, name), kept) for name in _FRAMES}
    factors = {
        factor: tuple(label for label in labels if label in {results.levels[each].get(factor) for each in kept})
        for factor, labels in results.factors.items()
    }
    return replace(
        results,
        variants=kept,
        factors=factors,
        levels={label: results.levels[label] for label in kept},
        spaces={key: space for key, space in results.spaces.items() if key[1] in kept},
        untuned=frozenset(),
        **frames,
    )


_FRAMES = ("trials", "curves", "runs", "ranges", "doubled", "true_values")


def _of_variants(frame: pd.DataFrame, variants: Iterable[str]) -> pd.DataFrame:
    if frame.empty:
        return frame
    rows: pd.DataFrame = frame[frame["variant"].isin(list(variants))]
    return rows


def of_run(results: Results, task: str, variant: str, repeat: int) -> Results:
    """Return the results of one run alone."""

    def cut(frame: pd.DataFrame) -> pd.DataFrame:
        kept = {"task": task, "variant": variant, "repeat": repeat}
        if frame.empty:
            return frame
        rows: pd.DataFrame = frame[
            np.logical_and.reduce([frame[name] == value for name, value in kept.items() if name in frame])
        ]
        return rows

    frames: dict[str, Any] = {name: cut(getattr(results, name)) for name in (*_FRAMES, "baselines")}
    levels = results.levels[variant]
    return replace(
        results,
        variants=(variant,),
        factors={factor: (label,) for factor, label in levels.items()},
        levels={variant: levels},
        spaces={key: space for key, space in results.spaces.items() if key == (task, variant)},
        likely={key: values for key, values in results.likely.items() if key == (task, variant)},
        families={key: family for key, family in results.families.items() if key == (task, variant)},
        contents={key: content for key, content in results.contents.items() if key == (task, variant)},
        at_plan=None,
        **frames,
    )


def by_objective(results: Results) -> Results:
    """Return the searches by objective: `task` is the objective's label, `variant` the strategy level.

    Trials of different models or spaces then never share a task. An objective's label is the task; with several
    settings of the other factors it is "task: levels", or the levels alone if there is one task. Variants that search
    nothing are left out. Without factors this is the same object.
    """
    return _by_objective(results) if results.objective_factors else searching(results)


def objective_label(results: Results, task: str, variant: str) -> str:
    """Return the name that `by_objective` gives to the objective of a variant on a task."""
    if not results.objective_factors:
        return task
    levels = results.levels[variant]
    setting = ", ".join(levels[factor] for factor in results.objective_factors if factor in levels)
    return f"{task}: {setting}" if len(tasks(results)) > 1 else setting


@once
def _by_objective(results: Results) -> Results:
    searches = searching(results)
    kept = searches.levels
    strategies = {variant: levels.get(STRATEGY, variant) for variant, levels in kept.items()}

    def label(task: str, variant: str) -> str:
        return objective_label(results, task, variant)

    objectives = dict.fromkeys(label(task, variant) for task in tasks(results) for variant in searches.variants)
    places = {name: place for place, name in enumerate(objectives)}  # in the order of tasks, then of variants

    def relabelled(frame: pd.DataFrame) -> pd.DataFrame:
        if frame.empty:
            return frame
        labels = pd.Series([label(*key) for key in zip(frame["task"], frame["variant"], strict=True)], frame.index)
        ordered = labels.map(places).sort_values(kind="stable").index
        return frame.assign(task=labels, variant=frame["variant"].map(strategies)).loc[ordered]

    present = set(strategies.values())
    variants = tuple(each for each in searches.factors.get(STRATEGY, ()) if each in present)
    frames: dict[str, Any] = {name: relabelled(getattr(searches, name)) for name in _FRAMES}
    return replace(
        searches,
        variants=variants,
        factors={STRATEGY: variants},
        levels={each: {STRATEGY: each} for each in variants},
        spaces={(label(*key), strategies[key[1]]): space for key, space in searches.spaces.items()},
        likely={(label(*key), strategies[key[1]]): values for key, values in results.likely.items() if key[1] in kept},
        families={
            (label(*key), strategies[key[1]]): family for key, family in results.families.items() if key[1] in kept
        },
        contents={
            (label(*key), strategies[key[1]]): content for key, content in results.contents.items() if key[1] in kept
        },
        subject="objective",
        baselines=_of_objectives(results.baselines, {label(*key): key[0] for key in searches.spaces}),
        **frames,
    )


def _of_objectives(baselines: pd.DataFrame, task_of: Mapping[str, str]) -> pd.DataFrame:
    """Return the baselines of each objective: those of its task."""
    parts = [baselines[baselines["task"] == task].assign(task=label) for label, task in task_of.items()]
    return pd.concat(parts, ignore_index=True) if parts else baselines
