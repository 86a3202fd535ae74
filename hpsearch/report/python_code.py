"""Python code of the best hyperparameters, which runs as printed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import takewhile
from pathlib import Path
from typing import Any

from hpsearch.analysis.best import Best
from hpsearch.data import DataSettings
from hpsearch.data.preparation_settings import PREPARATION_KEYS
from hpsearch.errors import UsageError
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES
from hpsearch.objectives.data_keys import of_data, of_model
from hpsearch.objectives.final_model import final_seed
from hpsearch.objectives.scoring import task_of
from hpsearch.objectives.supervised import SupervisedObjective
from hpsearch.results.definition import Definition
from hpsearch.results.results import Results
from hpsearch.space import decode

_SPLIT = ("validation", "test", "train", *PREPARATION_KEYS)  # keys of [data] that are arguments of split
_LATER = "max_categories"  # of them, written only if it is not the default
_METRIC = "metric"
_SEED = "random_state"
_ROUNDED = "# Equal to hpsearch fit to the last digit if its inputs are rounded to float32 before and after scaling."
_OF_SEED = "  # that of hpsearch fit, made of the study's seed and the repeat"


def program(results: Results, best: Best, *, absolute: bool = False) -> str:
    """Return a program that trains with the best hyperparameters and prints the test score of that training.

    A family with an estimator has one: it loads the data, splits it as the run did, fits and scores. Another family
    has its objective, and a function has the parameters alone.

    Parameters
    ----------
    absolute
        Whether the path of a data file is an absolute one, so that the program runs in any folder.
    """
    opening = f"# The best by validation {_plain(results.metric)}: trial {best.number} of {_plain(best.run)}"
    definition = results.definitions.get((best.task, best.variant))
    if definition is None or not definition.has_family:
        return "\n".join([opening, *_parameters(results, best)])
    estimator = _estimator(definition, best, results.metric)
    if not definition.has_stored_data:
        return "\n".join([opening, *_without_data(results, best, estimator)])
    lines = (
        _with_objective(definition, best, results.metric, absolute=absolute)
        if estimator is None or definition.data.get("weight") or not _scored_alike(definition)
        else _with_estimator(definition, best, estimator, results.metric, absolute=absolute)
    )
    return "\n".join([opening, *lines])


def estimator_program(results: Results, best: Best) -> str:
    """Return code that makes an estimator with the best hyperparameters, for data of one's own.

    Raises
    ------
    UsageError
        If the family has no estimator, or trains on targets as no estimator does.
    """
    definition = results.definitions.get((best.task, best.variant))
    estimator = None
    if definition is not None and definition.has_family:
        estimator = _estimator(definition, best, results.metric)
    if estimator is None:
        raise UsageError(
            f"the study {results.name!r} has no estimator with these hyperparameters: leave out --estimator"
        )
    return "\n".join([import_of(type(estimator)), "", *_prepared(best), _ROUNDED, *_constructed(estimator)])


def seed_of(results: Results, best: Best) -> dict[str, int]:
    """Return the seed with which `hpsearch fit` trains the best settings, by name; empty if they take none."""
    definition = results.definitions.get((best.task, best.variant))
    if definition is None or not definition.has_family:
        return {}
    estimator = _estimator(definition, best, results.metric)
    settings = {} if estimator is None else estimator.get_params(deep=False)
    return {name: value for name, value in settings.items() if name == _SEED}


def settings_of(results: Results, best: Best) -> dict[str, Any]:
    """Return the fixed and the best settings of the model, as ``[model]`` of a study file has them.

    `of_data` returns those of ``[data]``.
    """
    definition = results.definitions.get((best.task, best.variant))
    fixed = {} if definition is None else definition.model
    family = {} if definition is None or definition.family == DEFAULT_FAMILY else {"family": definition.family}
    own = of_model(best.params) if definition is not None and definition.has_family else best.params
    return family | fixed | {name: decode(value) for name, value in own.items()}


def preparation_of(results: Results, best: Best) -> dict[str, Any]:
    """Return the best settings of the data's preparation, as ``[data]`` has them; empty if none is searched."""
    definition = results.definitions.get((best.task, best.variant))
    return of_data(best.params) if definition is not None and definition.has_family else {}


def _parameters(results: Results, best: Best) -> Iterator[str]:
    yield from (
        "import optuna",
        "",
        *_table("params", best.params),
        f"study = optuna.create_study(direction={results.direction!r})",
        "study.enqueue_trial(params)  # the first trial of study.optimize(objective) has them",
    )


def _without_data(results: Results, best: Best, estimator: Any) -> Iterator[str]:
    """Return the code of a study whose data was given in Python: the estimator, or the parameters alone."""
    yield "# The data of the study was given in Python and is not stored."
    if estimator is None:
        yield from _parameters(results, best)
    else:
        yield from (import_of(type(estimator)), "", *_prepared(best), *_constructed(estimator))


def _prepared(best: Best) -> list[str]:
    """Say how the inputs of the estimator were prepared, if that was searched."""
    chosen = of_data(best.params)
    return [f"# The search chose its inputs' preparation, too: {_arguments(chosen)}."] if chosen else []


def _estimator(definition: Definition, best: Best, metric: str) -> Any:
    """Return the estimator with the trial's settings; None if there is none that trains as the trial did."""
    family, task = FAMILIES[definition.family], task_of(metric)
    if not issubclass(family, SupervisedObjective) or not task:
        return None
    scaling = {**definition.data, **of_data(best.params)}.get("scaling", DataSettings().scaling)
    if task == "regression" and family.estimator_scales_targets and scaling != DataSettings().scaling:
        return None
    try:
        estimator = family.estimator(family.settings_of(definition.model, best.params, task), task)
    except UsageError:
        return None
    if _SEED in estimator.get_params(deep=False):
        estimator.set_params(**{_SEED: final_seed(definition.seed, best.repeat)})
    return estimator


def _scored_alike(definition: Definition) -> bool:
    """Return whether scikit-learn's scorer gives the score on scaled rows; scores of numbers may depend on units."""
    scorer = definition.data.get(_METRIC)
    return scorer is None or task_of(str(scorer)) == "classification"


def _with_estimator(
    definition: Definition, best: Best, estimator: Any, metric: str, *, absolute: bool
) -> Iterator[str]:
    table = _data(definition, absolute=absolute) | of_data(best.params)
    settings = {field.name: table.get(field.name, field.default) for field in fields(DataSettings)}
    unset = {_LATER} if settings[_LATER] == getattr(DataSettings, _LATER) else set()
    split = {key: settings[key] for key in _SPLIT if settings[key] is not None and key not in unset}
    load = {key: value for key, value in table.items() if key not in (*_SPLIT, _METRIC)}
    scorer, seeds = table.get(_METRIC), f"seed={definition.seed}, repeat={best.repeat}"
    if isinstance(split["validation"], str):
        folds = split.pop("validation")
        imports = ["from hpsearch.data import DataSettings, cross_split, load", "from hpsearch.data.folds import folds"]
        call = f"cross_split(data, folds=folds({folds!r}), {_arguments(split)}, {seeds}).whole"
    else:
        imports = ["from hpsearch.data import DataSettings, load, split"]
        call = f"split(data, {_arguments(split)}, {seeds})"
    sign = "" if scorer is None or scorer == metric else "-"
    scored = "model.score(" if scorer is None else f"{sign}get_scorer({scorer!r})(model, "
    yield from (
        *sorted([import_of(type(estimator)), *(["from sklearn.metrics import get_scorer"] if scorer else [])]),
        *imports,
        "",
        *_folder(definition, absolute=absolute),
        f"data = load(DataSettings({_arguments(load)}))",
        f"rows = {call}",
        *_constructed(estimator),
        "model.fit(rows.x_train, rows.y_train)",
        f"print({'test ' + metric + ':'!r}, {scored}rows.x_test, rows.y_test))",
    )


def _with_objective(definition: Definition, best: Best, metric: str, *, absolute: bool) -> Iterator[str]:
    family = FAMILIES[definition.family]
    params = {name: decode(value) for name, value in best.params.items()}
    separate = ["    separate_seeds=True,"] if definition.separate_seeds else []
    allowed = ["    allow_code=True,"] if definition.runs_code else []
    yield from (
        import_of(family),
        "",
        *_folder(definition, absolute=absolute),
        f"objective = {family.__name__}.build(",
        f"    {_data(definition, absolute=absolute)!r},",
        f"    model={definition.model!r},",
        f"    space={definition.content.get('space') if family.accepts_changes else None!r},",
        f"    seed={definition.seed},",
        f"    repeat={best.repeat},",
        *separate,
        *allowed,
        ")",
        *_table("params", params),
    )
    if family.tests:
        yield f"print({'test ' + metric + ':'!r}, *objective.test(params, {best.number}, times=1))"
    else:
        training = f"objective.retrain(params, objective.seeds({best.number}))"
        yield f"print({metric + ':'!r}, {training}.validation)"


def _data(definition: Definition, *, absolute: bool) -> dict[str, Any]:
    table = definition.data
    if absolute and definition.folder is not None and "path" in table:
        table["path"] = str(Path(definition.folder) / table["path"])
    return table


def _folder(definition: Definition, *, absolute: bool) -> list[str]:
    relative = not absolute and definition.folder is not None
    return ["# Run this in the folder of the study file."] if relative else []


def import_of(kind: type[Any]) -> str:
    """Return the statement that imports a class from its public module."""
    import hpsearch.objectives as objectives

    package, *parts = kind.__module__.split(".")
    if package != "hpsearch":
        public = [package, *takewhile(lambda part: not part.startswith("_"), parts)]
        return f"from {'.'.join(public)} import {kind.__name__}"
    place = "hpsearch.objectives" if hasattr(objectives, kind.__name__) else "hpsearch.estimators"
    return f"from {place} import {kind.__name__}"


def _constructed(estimator: Any) -> Iterator[str]:
    """Return the call that makes the estimator, with the arguments that are not its defaults."""
    defaults = {name: each.default for name, each in inspect.signature(type(estimator).__init__).parameters.items()}
    changed = {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if type(value) is not type(defaults.get(name)) or value != defaults.get(name)
    }
    yield f"model = {type(estimator).__name__}("
    for name, value in changed.items():
        yield f"    {name}={value!r},{_OF_SEED if name == _SEED else ''}"
    yield ")"


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {{", *(f"    {key!r}: {value!r}," for key, value in values.items()), "}"]


def _arguments(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in values.items())


def _plain(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")
