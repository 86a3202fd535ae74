"""Section: the study's question, budget, search space and fixed settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from optuna.distributions import BaseDistribution

from hpsearch.analysis.comparison.pairings import reference
from hpsearch.analysis.file_levels import level_keys
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.views import by_objective
from hpsearch.report.continued import continued_sentence
from hpsearch.report.environments import environments_sentence
from hpsearch.report.judging import judging
from hpsearch.report.section import Section, Table, words
from hpsearch.report.text import NOTHING, Fact, listing, plural, value
from hpsearch.results.results import FINISHED, Results

_IN_OTHER_PLACES = {"name", "title", "question", "space", "factors", "report"}
_IN_PROSE = {("search", "strategies"), ("search", "trials"), ("search", "repeats")}
_LIKELY = (
    "Some of the first trials were drawn near likely values that were given with the ranges. These lose their turns in "
    "a run where the trials near them do worse than the others."
)
_SCALES = {True: "logarithmic", False: "linear"}


def question_section(results: Results) -> Section:
    """Build the section with the study's budget, search space and fixed settings."""
    facts = _facts(results)
    others = (
        continued_sentence(results, facts),
        _LIKELY if results.likely else "",
        environments_sentence(results, facts),
    )
    texts = (*_prose(results, facts), *others)
    factors, space, fixed = _factor_table(results), _space_table(results), _fixed_table(results.settings)
    tables = tuple(table for table in (factors, space, fixed) if len(table.frame))
    data = {"factors": factors.frame, "space": space.frame, "settings": fixed.frame}
    return Section(
        "question", "What the study asks", tuple(filter(None, texts)), tables=tables, facts=facts,
        data={name: frame for name, frame in data.items() if len(frame)},
    )  # fmt: skip


def _facts(results: Results) -> dict[str, Fact]:
    of_each = results.repeats * max(len(tasks(results)), 1)
    runs = len(results.variants) * of_each
    searches = (len(results.variants) - len(results.untuned)) * of_each
    return {
        "tasks": listing(tasks(results)),
        "task_count": len(tasks(results)),
        "variants": listing(results.variants),
        "variant_count": len(results.variants),
        "metric": results.metric,
        "aim": "more" if results.direction == "maximize" else "less",
        "parameter_count": len(results.searched),
        "budget": results.budget,
        "epochs_budget": results.epochs_budget or 0,
        "confirming": int(results.trials["confirms"].notna().sum()),
        "repeats": results.repeats,
        "runs": runs,
        "runs_complete": int(results.runs["complete"].astype(bool).sum()),
        "untuned_count": len(results.untuned),
        "trials_asked": searches * results.budget + runs - searches,
        "trials_finished": int(results.trials["state"].isin(FINISHED).sum()),
    }


def _prose(results: Results, facts: Mapping[str, Any]) -> Iterator[str]:
    yield (_variants_sentence if results.objective_factors else _strategies_sentence)(facts)
    if facts["confirming"]:
        yield judging(results).confirming
    if facts["epochs_budget"]:
        yield "{trials_finished} trials are finished, and {runs_complete} of {runs} runs have spent their budget."
    elif facts["trials_finished"] < facts["trials_asked"]:
        yield (
            "The study is not finished: {trials_finished} of {trials_asked} trials are finished, "
            "and {runs_complete} of {runs} runs have spent their budget."
        )
    else:
        yield "All {trials_asked} trials are finished."


_JUDGED = "The score of a trial is its validation {metric}: {aim} is better."


def _strategies_sentence(facts: Mapping[str, Any]) -> str:
    several = facts["variant_count"] > 1
    return (
        f"{{variants}} {'search' if several else 'searches'} the same {{parameter_count}} "
        f"{plural(facts['parameter_count'], 'hyperparameter')}"
        f"{_on(facts)}: {_runs(facts)}, "
        f"{_budget(facts)} per run{', the same budget for all' if several else ''}. {_JUDGED}"
    )


def _variants_sentence(facts: Mapping[str, Any]) -> str:
    """Describe the design of a study with factors."""
    untuned = facts["untuned_count"]
    each = f"{_budget(facts)} per run, the same for every variant that searches"
    if untuned == facts["variant_count"]:
        each = "one training per run, because nothing is searched"
    elif untuned:
        each += f"; {{untuned_count}} {'searches' if untuned == 1 else 'search'} nothing: one training per run"
    return f"{{variant_count}} variants are compared{_on(facts)}: {_runs(facts)}, {each}. {_JUDGED}"


def _on(facts: Mapping[str, Any]) -> str:
    return " on {tasks}" if facts["task_count"] else ""


def _runs(facts: Mapping[str, Any]) -> str:
    return f"{{repeats}} {plural(facts['repeats'], 'run')}{' each' if facts['runs'] > facts['repeats'] else ''}"


def _budget(facts: Mapping[str, Any]) -> str:
    if facts["epochs_budget"]:
        return "{epochs_budget} epochs of training"
    return f"{{budget}} {plural(facts['budget'], 'trial')}"


def _factor_table(results: Results) -> Table:
    """Return a table with a row per factor; without factors it has no rows."""
    several = {name: labels for name, labels in results.factors.items() if len(labels) > 1}
    rows = [
        {"factor": name, "reference": reference(results, name), "levels": listing(labels)}
        for name, labels in several.items()
        if results.objective_factors
    ]
    frame = pd.DataFrame(rows, columns=["factor", "reference", "levels"])
    columns = (words("factor", "Factor"), words("levels", "Levels"), words("reference", "Compared with"))
    return Table("What is compared", frame, columns)


def _space_table(results: Results) -> Table:
    """Return a table with a row per parameter; per task or objective and parameter if their spaces differ."""
    view = by_objective(results)
    spaces = {task: dict(view.space_of(task)) for task in tasks(view)}
    same = all(space == view.space for space in spaces.values())
    rows = [
        {"task": task, "parameter": name}
        | _range(distribution)
        | {"likely": _likely(view, name, task), "when": _when(results, name)}
        for task, space in ({"": view.space} if same else spaces).items()
        for name, distribution in space.items()
    ]
    frame = pd.DataFrame(rows, columns=["task", "parameter", "kind", "range", "scale", "likely", "when"])
    unused = {"task": same, "likely": not view.likely, "when": not results.conditions}
    frame = frame.drop(columns=[column for column, is_unused in unused.items() if is_unused])
    columns = (
        *(() if same else (words("task", view.subject.capitalize()),)),
        words("parameter", "Hyperparameter"),
        words("kind", "Kind"),
        words("range", "Values"),
        words("scale", "Scale"),
        *((words("likely", "Likely"),) if view.likely else ()),
        *((words("when", "Searched with"),) if results.conditions else ()),
    )
    return Table("The search space", frame, columns)


def _likely(results: Results, name: str, task: str) -> str:
    """Return the likely values of a parameter; of all tasks if `task` is empty."""
    values = [value(each) for each in results.likely_values(name, task or None)]
    return listing(values, "or") if values else NOTHING


def _when(results: Results, name: str) -> str:
    conditions = results.conditions.get(name, {})
    parts = [f"{other} = {listing(map(value, values), 'or')}" for other, values in conditions.items()]
    return listing(parts) if parts else NOTHING


def _range(distribution: BaseDistribution) -> dict[str, str]:
    settings: Any = distribution
    if hasattr(settings, "choices"):
        return {"kind": "choice", "range": value(settings.choices), "scale": NOTHING}
    step = settings.step if settings.step not in (None, 1) else None
    low, high = (value(end, 4) for end in (settings.low, settings.high))
    return {
        "kind": "integer" if isinstance(settings.low, int) else "number",
        "range": f"{low} to {high}" + (f", step {value(step, 4)}" if step else ""),
        "scale": _SCALES[settings.log],
    }


def _fixed_table(settings: Mapping[str, Any]) -> Table:
    """Return a table with a row per setting that no factor changes."""
    varied = level_keys(settings)
    rows = [
        {"part": part, "key": key, "value": value(setting)}
        for part, settings_of_part in settings.items()
        if part not in _IN_OTHER_PLACES
        for key, setting in (
            settings_of_part.items() if isinstance(settings_of_part, Mapping) else [(NOTHING, settings_of_part)]
        )
        if (part, key) not in _IN_PROSE | varied
    ]
    frame = pd.DataFrame(rows, columns=["part", "key", "value"])
    columns = (words("part", "Part"), words("key", "Setting"), words("value", "Value"))
    return Table("Settings that are the same for all", frame, columns)
