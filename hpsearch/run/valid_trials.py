"""Which trials of an earlier study are valid for a new run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from hpsearch.data.preparation_settings import PREPARATION_KEYS
from hpsearch.errors import UsageError
from hpsearch.objectives.base import Objective
from hpsearch.objectives.data_keys import DATA, name_in_space
from hpsearch.run.confirmation import confirms
from hpsearch.run.description import Run
from hpsearch.run.taken_over import MOST_TAKEN, TAKEN, TOO_MANY, TakenOver, TakenTrial, best_of
from hpsearch.space import contains, decode, encode, is_active, is_on_grid, position, value_at
from hpsearch.storage import StoredStudy

UNFINISHED = "failed, pruned or unfinished trials"
OTHER_ROWS = "trials with other validation rows (another seed or repeat)"
OTHER_TASK = "trials on other data, or with another metric or family"
SAME = "trials equal to those of another strategy"
UNEQUAL = "trials that other variants have no counterpart of"

OUTSIDE = "trials outside the range of {}"
OTHER_CHOICE = "trials with another choice of {}"
OTHER_VALUE = "trials with another value of {}"
UNKNOWN = "trials without a known value of {}"
"""Reasons that name a parameter: the first one that does not fit."""

_FREE_DATA = ("path",)  # keys of [data] that don't matter where the data has a fingerprint


def valid_trials(study: str, run: Run, objective: Objective, sources: Iterable[StoredStudy]) -> TakenOver:
    """Return the trials of the runs of `study` that are valid for a new `run`.

    A valid trial is complete and no repetition. Its run has the task, data, metric, direction and family of the new
    one. Each setting has the same value, or one in the range that the new run searches; a setting that one of both does
    not name has its default. Values are comparable only on the same validation rows, so the seed and the repeat must be
    the same, unless values are looked up, nothing in a training is random, or a function knows neither.

    Trials that the earlier run has taken over count like its own. Strategies share their first random points: of trials
    with equal parameters and values one is taken over.

    Parameters
    ----------
    study
        Name of the earlier study.
    run, objective
        The new run and its objective.
    sources
        Runs of the earlier study.

    Raises
    ------
    UsageError
        If the new run's space is only known while its trials suggest.
    """
    if run.space is None:
        raise UsageError(
            f"only an objective that declares its space can go on from the study {study!r}: "
            "give the ranges of a function as space, or leave start_from out"
        )
    chosen: dict[tuple[str, int], TakenTrial] = {}
    nearest: dict[tuple[str, int], TakenTrial] = {}
    left_out: Counter[str] = Counter()
    for source in sources:
        attributes, candidates = source.user_attrs, _candidates(source)
        if attributes["repeat"] != run.repeat or not _is_of_task(run, attributes):
            continue
        left_out[UNFINISHED] += sum(confirms(trial) is None for trial in source.trials) - sum(
            each.run == source.study_name for each in candidates
        )
        if reason := _unlike(run, objective, source):
            left_out[reason] += len(candidates)
            continue
        before = {**objective.setting_defaults, **_fixed(attributes["content"])}
        for each in candidates:
            settings = {**before, **{name: decode(value) for name, value in each.params.items()}}
            nearest[each.run, each.number] = each._replace(params=_nearest(settings, run))
            params = _valid(settings, run, objective)
            if isinstance(params, str):
                left_out[params] += 1
            else:
                chosen[each.run, each.number] = each._replace(params=params)
    ordered = _distinct(sorted(chosen.values(), key=lambda each: (each.number, each.run)))
    left_out[SAME] = len(chosen) - len(ordered)
    counts = {reason: count for reason, count in left_out.items() if count}
    best = best_of(nearest.values(), run.direction)
    return TakenOver(study, tuple(ordered), counts, best).latest(MOST_TAKEN, TOO_MANY)


def _distinct(trials: Iterable[TakenTrial]) -> list[TakenTrial]:
    """Return the trials without those of equal parameters and value: strategies share their first random points."""
    first: dict[object, TakenTrial] = {}
    for each in trials:
        first.setdefault((each.value, *sorted((name, repr(value)) for name, value in each.params.items())), each)
    return list(first.values())


def _candidates(source: StoredStudy) -> list[TakenTrial]:
    """Return the complete trials of the search, after those that the run has taken over itself."""
    own = [
        TakenTrial(source.study_name, trial.number, dict(trial.params), float(trial.value))
        for trial in source.trials
        if trial.state == TrialState.COMPLETE
        and confirms(trial) is None
        and trial.value is not None
        and not math.isnan(trial.value)
    ]
    taken = source.user_attrs.get(TAKEN)
    return [*(TakenOver.read(taken).trials if taken else ()), *own]


def _is_of_task(run: Run, attributes: Mapping[str, Any]) -> bool:
    """Return whether an earlier run has the task of the new one: its name, or the same content of a file.

    The name of a file's task is its path, which the next study writes in full.
    """
    now, before = (content.get("data", {}).get("fingerprint") for content in (run.content, attributes["content"]))
    return attributes["task"] == run.task or (now is not None and now == before)


def _unlike(run: Run, objective: Objective, source: StoredStudy) -> str:
    """Return why no trial of the earlier run counts for the new one; empty if they may."""
    attributes = source.user_attrs
    content = attributes["content"]
    family = attributes.get("family", run.family)
    now = (run.metric, run.direction, run.family, _data(run.content, content))
    if now != (attributes["metric"], source.direction.name.lower(), family, _data(content, run.content)):
        return OTHER_TASK
    is_same_anywhere = objective.looked_up or objective.deterministic or not objective.draws_rows
    return "" if is_same_anywhere or attributes.get("seed") == run.seed else OTHER_ROWS


def _data(content: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies the data of a run: without its path, if both have a fingerprint of its content.

    How it is prepared is a setting like those of the model.
    """
    data, there = content.get("data", {}), other.get("data", {})
    free = (*PREPARATION_KEYS, *(_FREE_DATA if "fingerprint" in data and "fingerprint" in there else ()))
    return {key: _plain(value) for key, value in data.items() if key not in free and value is not None}


def _fixed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fixed settings of a run, by their names in a space."""
    data = content.get("data", {})
    preparation = {name_in_space(DATA, key): data[key] for key in PREPARATION_KEYS if key in data}
    return {**content.get("model", {}), **preparation}


def _valid(settings: Mapping[str, Any], run: Run, objective: Objective) -> dict[str, Any] | str:
    """Return the parameters of a trial with these settings in the new run's space, or why they are not valid there."""
    fixed = {**objective.setting_defaults, **_fixed(run.content)}
    taken: dict[str, Any] = {}
    for name, dist in (run.space or {}).items():
        if is_active(name, taken, run.conditions):
            if name not in settings:
                return UNKNOWN.format(name)
            value = _in_range(dist, encode(settings[name]))
            if value is None:
                return (OTHER_CHOICE if isinstance(dist, CategoricalDistribution) else OUTSIDE).format(name)
            taken[name] = value[0]
    nothing = object()
    for name in sorted({*settings, *fixed} - taken.keys()):
        if _plain(settings.get(name, nothing)) != _plain(fixed.get(name, nothing)):
            return OTHER_VALUE.format(name)
    return taken


def _nearest(settings: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return the parameters in the new run's space that are nearest to these settings, as Optuna stores them.

    A number outside its range is moved to its end. A choice that is no more, and a setting without a known value, are
    left out: the strategy draws them.
    """
    near: dict[str, Any] = {}
    for name, dist in (run.space or {}).items():
        if name in settings and is_active(name, near, run.conditions):
            setting = settings[name]
            value = _in_range(dist, encode(setting))
            if value is not None:
                near[name] = value[0]
            elif isinstance(dist, FloatDistribution | IntDistribution) and type(setting) in (int, float):
                near[name] = value_at(position(min(max(setting, dist.low), dist.high), dist), dist)
    return near


def _in_range(dist: BaseDistribution, value: Any) -> tuple[Any] | None:
    """Return the value as the distribution has it; None if it is outside."""
    if not contains(dist, value) or not is_on_grid(dist, value):
        return None
    return (float(value),) if isinstance(dist, FloatDistribution) else (value,)


def _plain(value: Any) -> Any:
    """Return a sequence as a list, so that tuples and lists are equal; anything else as it is."""
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
