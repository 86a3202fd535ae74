"""Section: the study's question, budget, search space and fixed settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from optuna.distributions import BaseDistribution

from hpsearch.analysis.incumbents import tasks
from hpsearch.report.judging import Judging, judging
from hpsearch.report.section import Section, Table, words
from hpsearch.report.text import NOTHING, Fact, listing, plural, value
from hpsearch.results.results import FINISHED, Results

_IN_OTHER_PLACES = {"name", "title", "question", "space", "report"}
_IN_PROSE = {("search", "strategies"), ("search", "trials"), ("search", "repeats")}
_SCALES = {True: "logarithmic", False: "linear"}


def question_section(results: Results) -> Section:
    """Build the section with the study's budget, search space and fixed settings."""
    facts = _facts(results)
    space, fixed = _space_table(results), _fixed_table(results.settings)
    tables = tuple(table for table in (space, fixed) if len(table.frame))
    data = {"space": space.frame, "settings": fixed.frame}
    return Section(
        "question", "What was asked", tuple(_prose(facts, judging(results))), tables=tables, facts=facts,
        data={name: frame for name, frame in data.items() if len(frame)},
    )  # fmt: skip


def _facts(results: Results) -> dict[str, Fact]:
    runs = len(results.strategies) * results.repeats * max(len(tasks(results)), 1)
    return {
        "tasks": listing(tasks(results)),
        "task_count": len(tasks(results)),
        "strategies": listing(results.strategies),
        "strategy_count": len(results.strategies),
        "metric": results.metric,
        "aim": "more" if results.direction == "maximize" else "less",
        "parameter_count": len(results.searched),
        "budget": results.budget,
        "epochs_budget": results.epochs_budget or 0,
        "confirming": int(results.trials["confirms"].notna().sum()),
        "repeats": results.repeats,
        "runs": runs,
        "runs_complete": int(results.runs["complete"].astype(bool).sum()),
        "trials_asked": runs * results.budget,
        "trials_finished": int(results.trials["state"].isin(FINISHED).sum()),
    }


def _prose(facts: Mapping[str, Any], judged: Judging) -> Iterator[str]:
    several = facts["strategy_count"] > 1
    yield (
        f"{{strategies}} {'search' if several else 'searches'} the same {{parameter_count}} "
        f"{plural(facts['parameter_count'], 'hyperparameter')}"
        f"{' on {tasks}' if facts['task_count'] else ''}: "
        f"{{repeats}} {plural(facts['repeats'], 'run')}{' each' if facts['runs'] > facts['repeats'] else ''}, "
        f"{_budget(facts)} a run{', so that all may spend the same' if several else ''}. "
        "A trial is judged by its validation {metric}: {aim} is better."
    )
    if facts["confirming"]:
        yield judged.confirming
    if facts["epochs_budget"]:
        yield "{trials_finished} trials are made, and {runs_complete} of {runs} runs have spent their budget."
    elif facts["trials_finished"] < facts["trials_asked"]:
        yield (
            "The study is not finished: {trials_finished} of {trials_asked} trials are made, "
            "and {runs_complete} of {runs} runs have spent their budget."
        )
    else:
        yield "All {trials_asked} trials are made."


def _budget(facts: Mapping[str, Any]) -> str:
    if facts["epochs_budget"]:
        return "{epochs_budget} epochs of training"
    return f"{{budget}} {plural(facts['budget'], 'trial')}"


def _space_table(results: Results) -> Table:
    """Return a table with a row per parameter, or per task and parameter if tasks have different spaces."""
    spaces = {task: dict(results.space_of(task)) for task in tasks(results)}
    same = all(space == results.space for space in spaces.values())
    rows = [
        {"task": task, "parameter": name} | _range(distribution)
        for task, space in ({"": results.space} if same else spaces).items()
        for name, distribution in space.items()
    ]
    frame = pd.DataFrame(rows, columns=["task", "parameter", "kind", "range", "scale"])
    if same:
        frame = frame.drop(columns="task")
    columns = (
        *(() if same else (words("task", "Task"),)),
        words("parameter", "Hyperparameter"),
        words("kind", "Kind"),
        words("range", "Values"),
        words("scale", "Scale"),
    )
    return Table("The space that is searched", frame, columns)


def _range(distribution: BaseDistribution) -> dict[str, str]:
    settings: Any = distribution
    if hasattr(settings, "choices"):
        return {"kind": "choice", "range": value(settings.choices), "scale": NOTHING}
    step = settings.step if settings.step not in (None, 1) else None
    return {
        "kind": "integer" if isinstance(settings.low, int) else "number",
        "range": f"{value(settings.low)} to {value(settings.high)}" + (f", step {value(step)}" if step else ""),
        "scale": _SCALES[settings.log],
    }


def _fixed_table(settings: Mapping[str, Any]) -> Table:
    rows = [
        {"part": part, "key": key, "value": value(setting)}
        for part, settings_of_part in settings.items()
        if part not in _IN_OTHER_PLACES
        for key, setting in (
            settings_of_part.items() if isinstance(settings_of_part, Mapping) else [(NOTHING, settings_of_part)]
        )
        if (part, key) not in _IN_PROSE
    ]
    frame = pd.DataFrame(rows, columns=["part", "key", "value"])
    columns = (words("part", "Part"), words("key", "Setting"), words("value", "Value"))
    return Table("What is the same for all", frame, columns)
