"""Optuna studies that hpsearch did not make, as the results of a comparison: each study is a strategy's run."""

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

from hpsearch.errors import StorageError, UsageError, choose_from
from hpsearch.results.load import load_results
from hpsearch.results.results import FINISHED, PARAM, Results
from hpsearch.storage import StoredStudy, read_studies
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.optuna_private import add_trial
from hpsearch.text import plain, shorten

_TASK = "objective"
_FEW = 20  # names that an error lists
_QUESTIONS = {
    1: "What does this search say about its hyperparameters?",
    2: "Which of these searches found better hyperparameters with the same number of trials?",
}

_METRIC_NAMES = "study:metric_names"  # where optuna keeps what set_metric_names was given

Groups = Mapping[str, Sequence[StoredStudy]]


def load_plain(storage: BaseStorage, names: Sequence[str]) -> Results:
    """The results of the optuna studies with these names, compared over the trials that all of them have made.

    A study is one run of a strategy that is called as the study is, since its sampler is not stored. A name with
    ``*`` or ``?`` that no study has stands for all studies that match it: repeats of one strategy, by name.
    Where a parameter's range changed, the widest range counts. Trials keep their numbers; those that never finished
    are lost trials.

    Raises
    ------
    StorageError
        A study is not there.
    UsageError
        The studies can't be compared: several objectives, different directions or different metrics.
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
                own = {"task": _TASK, "strategy": label, "repeat": repeat, "metric": metric, "trials": budget}
                _copy(study, memory, run, direction, own | {"content": content})
        results = load_results(memory, "study")
    return _corrected(results, " and ".join(groups), tuple(groups), space, true_names)


def _groups(storage: BaseStorage, names: Sequence[str]) -> Groups:
    held = [study.study_name for study in storage.get_all_studies()]
    wanted = {name: _matching(name, held) for name in dict.fromkeys(names)}
    chosen = {each for matching in wanted.values() for each in matching}
    found = {study.study_name: study for study in read_studies(storage, chosen.__contains__)}
    return {name: [found[each] for each in matching] for name, matching in wanted.items()}


def _matching(name: str, held: Sequence[str]) -> list[str]:
    if name in held:
        return [name]
    found = sorted(each for each in held if fnmatchcase(each, name)) if set(name) & set("*?") else []
    if not found:
        raise StorageError(unknown(name, held) if held else f"the storage is empty: it holds no study {name!r}")
    return found


def unknown(name: str, held: Sequence[str]) -> str:
    """Word the error for a study that is not among those held: all of these, or the closest few."""
    shown = held if len(held) <= _FEW else get_close_matches(name, held, n=_FEW, cutoff=0.0)
    more = f" and {len(held) - len(shown)} more" if len(held) > len(shown) else ""
    return choose_from("study", name, shown) + more


def _direction(studies: Iterable[StoredStudy]) -> StudyDirection:
    found: dict[str, str] = {}
    for study in studies:
        if len(study.directions) > 1:
            raise UsageError(
                f"the study {study.study_name!r} has {len(study.directions)} objectives: a report is about one"
            )
        found.setdefault(study.direction.name.lower(), study.study_name)
    return StudyDirection[_the_one("directions", found).upper()]


def _metric(studies: Iterable[StoredStudy]) -> str:
    named = {study.system_attrs.get(_METRIC_NAMES, [""])[0]: study.study_name for study in studies}
    named.pop("", None)
    return _the_one("metrics", named) if named else "value"


def _the_one(kind: str, found: Mapping[str, str]) -> str:
    """The only key of `found`, which says for each value which study has it."""
    if len(found) > 1:
        told = ", ".join(f"{value} in {study!r}" for value, study in found.items())
        raise UsageError(f"only studies with the same {kind.removesuffix('s')} can be compared, got {told}")
    return next(iter(found))


def _budget(studies: Iterable[StoredStudy]) -> int:
    """How many trials every study that has begun has behind it."""
    return min(filter(None, map(_behind, studies)), default=1)


def _behind(study: StoredStudy) -> int:
    finished = (trial.number for trial in study.get_trials(deepcopy=False) if trial.state.is_finished())
    return max(finished, default=-1) + 1


def _copy(
    study: StoredStudy, memory: BaseStorage, name: str, direction: StudyDirection, own: Mapping[str, Any]
) -> None:
    """The study as a run of hpsearch: its trials without what others noted on them in words like ours."""
    made = optuna.create_study(study_name=name, storage=memory, direction=direction)
    for key, value in own.items():
        made.set_user_attr(key, value)
    trials = study.get_trials(deepcopy=False)
    first = min((step for trial in trials for step in trial.intermediate_values), default=1)
    for trial in trials:
        add_trial(memory, made, _stripped(trial, 1 - min(first, 1)))


def _stripped(trial: FrozenTrial, later: int) -> FrozenTrial:
    """The trial without user attributes; its steps `later`, so that epochs count from 1."""
    bare = copy.copy(trial)
    bare.user_attrs = {}
    if later:
        bare.intermediate_values = {step + later: value for step, value in trial.intermediate_values.items()}
    return bare


def _space(studies: Iterable[StoredStudy]) -> dict[str, BaseDistribution]:
    met: dict[str, Counter[BaseDistribution]] = {}
    for study in studies:
        for trial in study.get_trials(deepcopy=False):
            for name, distribution in trial.distributions.items():
                met.setdefault(name, Counter())[distribution] += 1
    return {name: widest(counts) for name, counts in met.items()}


def widest(counts: Counter[BaseDistribution]) -> BaseDistribution:
    """One distribution that holds all of the most frequent kind: lowest low to highest high, or all choices.

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
    """The different choices in their order; True and 1 are different."""
    return list({(type(choice), choice): choice for choice in choices}.values())


def _corrected(
    results: Results,
    name: str,
    labels: tuple[str, ...],
    space: Mapping[str, BaseDistribution],
    names: Mapping[str, str],
) -> Results:
    """The results with the studies' own names, and runs complete where their last trials are behind them."""
    keys = ["task", "strategy", "repeat"]
    behind = results.trials[results.trials["state"].isin(FINISHED)]
    last = {key: int(group["number"].max()) + 1 for key, group in behind.groupby(keys)}
    of_runs = results.runs[keys].itertuples(index=False, name=None)
    runs = results.runs.assign(
        name=results.runs["name"].map(dict(names)),
        complete=[last.get(key, 0) >= results.budget for key in of_runs],
    )
    numeric = {
        PARAM + each: _numbers(results.trials[PARAM + each])
        for each, held in space.items()
        if not isinstance(held, CategoricalDistribution) and PARAM + each in results.trials
    }
    return replace(
        results,
        name=name,
        strategies=labels,
        space=space,
        spaces={},
        settings={},
        runs=runs,
        trials=results.trials.assign(**numeric),
    )


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """The column with what is no number, from trials that had choices there, as missing."""
    return pd.to_numeric(column.where(column.map(lambda held: not isinstance(held, str | bool))), errors="coerce")
