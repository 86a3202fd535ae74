"""The best hyperparameters found, and how to use them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from hpsearch.analysis.best import Best, best
from hpsearch.report.section import Column, Row, Section, Table, by_task, words
from hpsearch.report.text import Fact, plural, value
from hpsearch.results.results import Results

_TITLE = "The best hyperparameters found"


def best_section(results: Results) -> Section:
    """The incumbent over all runs of each task, what it is worth on test data, and Python that uses it."""
    found = best(results)
    if not found:
        return Section("best", _TITLE, ("None yet: no trial is complete that did not diverge.",))
    facts: dict[str, Fact] = {"metric": results.metric}
    suffixes = dict(by_task(results))
    several = len(suffixes) > 1
    prose = [_sentence(each, facts, suffixes[each.task]) for each in found]
    frame = pd.DataFrame([row for each in found for row in _rows(each)], columns=["task", "parameter", "value"])
    columns = (words("parameter", "Hyperparameter"), Column("Value", _value))
    return Section(
        "best",
        _TITLE,
        tuple(prose),
        tables=(Table("Their values", frame, (words("task", "Task"), *columns) if several else columns),)
        if len(frame)
        else (),
        code="\n\n".join(_code(each) for each in found),
        shared=("trials", "runs"),
        facts=facts,
    )


def _sentence(found: Best, facts: dict[str, Fact], s: str) -> str:
    facts |= {
        f"task{s}": found.task,
        f"strategy{s}": found.strategy,
        f"run{s}": found.run,
        f"number{s}": found.number,
        f"value{s}": found.value,
        f"retrainings{s}": len(found.test_values),
        f"test_mean{s}": found.test_mean,
        f"test_sd{s}": found.test_sd,
    }
    opening = f"On {{task{s}}}: found" if s else "Found"
    told = (
        f"{opening} by {{strategy{s}}} in trial {{number{s}}} of the run {{run{s}}}, with a validation {{metric}} of "
        f"{{value{s}}}, which is optimistic: it is the best of all trials."
    )
    if not found.test_values:
        return f"{told} They have no test value: their run is not over, or another trial was tested."
    spread = f", standard deviation {{test_sd{s}:#.2g}}" if not math.isnan(found.test_sd) else ""
    return (
        f"{told} Trained again on {{retrainings{s}}} fresh {plural(len(found.test_values), 'seed')}, "
        f"they reach a test {{metric}} of {{test_mean{s}}}{spread}."
    )


def _rows(found: Best) -> Iterator[dict[str, object]]:
    for name, held in found.params.items():
        yield {"task": found.task, "parameter": name, "value": held}


def _value(row: Row) -> str:
    return value(row["value"])


def _code(found: Best) -> str:
    """Python, exact to the last digit, that tries the hyperparameters first in a study of the reader's
    own.
    """
    lines = [f"    {name!r}: {held!r}," for name, held in found.params.items()]
    return "\n".join(
        [
            f"# trial {found.number} of the Optuna study {found.run!r}",
            "params = {",
            *lines,
            "}",
            "study.enqueue_trial(params)  # another Optuna study tries them first",
        ]
    )
