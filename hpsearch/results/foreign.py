"""Results of Optuna studies not made by hpsearch: each study is treated as a run of a strategy."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from hpsearch.errors import StorageError, UsageError, and_more, choose_from
from hpsearch.results.load import load_results
from hpsearch.results.results import FINISHED, PARAM, STRATEGY, Results
from hpsearch.storage import StoredStudy, all_studies, read_studies
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.optuna_private import add_trial
from hpsearch.text import plain, shorten

_TASK = "objective"
_FEW = 20  # maximum number of names in an error
_QUESTIONS = {
    1: "What does this search say about its hyperparameters?",
    2: "Which of these searches found better hyperparameters with the same number of trials?",
}

_METRIC_NAMES = "study:metric_names"  # attribute set by Optuna's set_metric_names

Groups = Mapping[str, Sequence[StoredStudy]]


def load_plain(storage: BaseStorage, names: Sequence[str]) -> Results:
    """Load the Optuna studies `names` as results, compared over their common number of trials.

    Each study is one run of a strategy with the study's name, since its sampler is not stored. A name with ``*`` or
    ``?`` that is no study's own matches several: these are repeats of one strategy, in order of name. If a parameter's
    range changed, the widest range counts. Trials keep their numbers; trials that never finished count as lost.

    Raises
    ------
    StorageError
        If a study does not exist.
    UsageError
        If the studies differ in direction or metric, or one has several objectives.
    """
    with quiet_optuna():
        groups = _groups(storage, names)
        studies = [study for group in groups.values() for study in group]
        direction, metric = _direction(studies), _metric(studies)
        budget = _budget(studies)
        space = _space(studies)
        title = shorten(plain(" and ".join(groups)), 200)
        content = {"title": title, "question": _QUESTIONS[min(len(groups), 2)]}
        memory = InMemoryStorage()
        true_names: dict[str, str] = {}
        for label, group in groups.items():
            for repeat, study in enumerate(group):
                run = f"study/{len(true_names):06d}"
                true_names[run] = study.study_name
                own = {
                    "study": "study",
                    "task": _TASK,
                    "strategy": label,
                    "repeat": repeat,
                    "metric": metric,
                    "trials": budget,
                }
                _copy(study, memory, run, direction, own | {"content": content})
        results = load_results(memory, "study")
    return _corrected(results, " and ".join(groups), tuple(groups), space, true_names)


def _groups(storage: BaseStorage, names: Sequence[str]) -> Groups:
    stored = [study.study_name for study in all_studies(storage)]
    matches = {name: _matching(name, stored) for name in dict.fromkeys(names)}
    chosen = {each for matching in matches.values() for each in matching}
    studies = {study.study_name: study for study in read_studies(storage, chosen.__contains__)}
    return {name: [studies[each] for each in matching] for name, matching in matches.items()}


def _matching(name: str, stored: Sequence[str]) -> list[str]:
    if name in stored:
        return [name]
    matches = sorted(each for each in stored if fnmatchcase(each, name)) if set(name) & set("*?") else []
    if not matches:
        raise StorageError(unknown(name, stored) if stored else f"the storage is empty: it holds no study {name!r}")
    return matches


def unknown(name: str, held: Sequence[str]) -> str:
    """Return the error text for a missing study, with all stored names or the closest few."""
    listed = held if len(held) <= _FEW else get_close_matches(name, held, n=_FEW, cutoff=0.0)
    return choose_from("study", name, listed) + and_more(len(held) - len(listed))


def _direction(studies: Iterable[StoredStudy]) -> StudyDirection:
    studies_by_direction: dict[str, str] = {}
    for study in studies:
        if len(study.directions) > 1:
            raise UsageError(
                f"the study {study.study_name!r} has {len(study.directions)} objectives: a report is about one"
            )
        studies_by_direction.setdefault(study.direction.name.lower(), study.study_name)
    return StudyDirection[_the_one("directions", studies_by_direction).upper()]


def _metric(studies: Iterable[StoredStudy]) -> str:
    named = {study.system_attrs.get(_METRIC_NAMES, [""])[0]: study.study_name for study in studies}
    named.pop("", None)
    return _the_one("metrics", named) if named else "value"


def _the_one(kind: str, studies: Mapping[str, str]) -> str:
    """Return the only key of `studies`, a map from each value to a study that has it."""
    if len(studies) > 1:
        values = ", ".join(f"{value} in {study!r}" for value, study in studies.items())
        raise UsageError(f"only studies with the same {kind.removesuffix('s')} can be compared, got {values}")
    return next(iter(studies))


def _budget(studies: Iterable[StoredStudy]) -> int:
    """Return the largest number of trials that all started studies have reached."""
    return min(filter(None, map(_reached, studies)), default=1)


def _reached(study: StoredStudy) -> int:
    finished = (trial.number for trial in study.get_trials(deepcopy=False) if trial.state.is_finished())
    return max(finished, default=-1) + 1


def _copy(
    study: StoredStudy, memory: BaseStorage, name: str, direction: StudyDirection, attributes: Mapping[str, Any]
) -> None:
    """Copy a study into `memory` as a run, without its user attributes, which could clash with ours."""
    copied = optuna.create_study(study_name=name, storage=memory, direction=direction)
    for key, value in attributes.items():
        copied.set_user_attr(key, value)
    trials = study.get_trials(deepcopy=False)
    first = min((step for trial in trials for step in trial.intermediate_values), default=1)
    for trial in trials:
        add_trial(memory, copied, _stripped(trial, 1 - min(first, 1)))


def _stripped(trial: FrozenTrial, later: int) -> FrozenTrial:
    """Return the trial without user attributes and with its steps shifted by `later`, so that epochs count from 1."""
    bare = copy.copy(trial)
    bare.user_attrs = {}
    if later:
        bare.intermediate_values = {step + later: value for step, value in trial.intermediate_values.items()}
    return bare


def _space(studies: Iterable[StoredStudy]) -> dict[str, BaseDistribution]:
    counts_by_name: dict[str, Counter[BaseDistribution]] = {}
    for study in studies:
        for trial in study.get_trials(deepcopy=False):
            for name, distribution in trial.distributions.items():
                counts_by_name.setdefault(name, Counter())[distribution] += 1
    return {name: widest(counts) for name, counts in counts_by_name.items()}


def widest(counts: Counter[BaseDistribution]) -> BaseDistribution:
    """Return a distribution that covers all distributions of the most frequent type: the full range, or all choices.

    >>> widest(Counter([FloatDistribution(0, 1), FloatDistribution(0.5, 2)]))
    FloatDistribution(high=2.0, log=False, low=0.0, step=None)
    """
    kind = Counter({type(each): 0 for each in counts})
    for each, count in counts.items():
        kind[type(each)] += count
    same: list[Any] = [each for each in counts if type(each) is kind.most_common(1)[0][0]]
    if isinstance(same[0], CategoricalDistribution):
        return CategoricalDistribution(_distinct(choice for each in same for choice in each.choices))
    low, high = min(each.low for each in same), max(each.high for each in same)
    log = all(each.log for each in same) and low > 0
    steps = {each.step for each in same}
    if isinstance(same[0], IntDistribution):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log, step=steps.pop() if len(steps) == 1 and len(same) == 1 else None)


def _distinct(choices: Iterable[Any]) -> list[Any]:
    """Return the distinct choices in order; True and 1 are distinct."""
    return list({(type(choice), choice): choice for choice in choices}.values())


def _corrected(
    results: Results,
    name: str,
    labels: tuple[str, ...],
    space: Mapping[str, BaseDistribution],
    names: Mapping[str, str],
) -> Results:
    """Return the results with the original study names; a run is complete if its finished trials reach the budget."""
    keys = ["task", "variant", "repeat"]
    finished = results.trials[results.trials["state"].isin(FINISHED)]
    last = {key: int(group["number"].max()) + 1 for key, group in finished.groupby(keys)}
    of_runs = results.runs[keys].itertuples(index=False, name=None)
    runs = results.runs.assign(
        name=results.runs["name"].map(dict(names)),
        complete=[last.get(key, 0) >= results.budget for key in of_runs],
    )
    numeric = {
        PARAM + each: _numbers(results.trials[PARAM + each])
        for each, distribution in space.items()
        if not isinstance(distribution, CategoricalDistribution) and PARAM + each in results.trials
    }
    return replace(
        results,
        name=name,
        variants=labels,
        factors={STRATEGY: labels},
        levels={label: {STRATEGY: label} for label in labels},
        space=space,
        spaces={},
        families={},
        untuned=frozenset(),
        settings={},
        runs=runs,
        trials=results.trials.assign(**numeric),
    )


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the column as numbers, with choices and other non-numbers as NaN."""
    return pd.to_numeric(column.where(column.map(lambda value: not isinstance(value, str | bool))), errors="coerce")
