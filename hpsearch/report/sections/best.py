"""Section: the best hyperparameters, and code that uses them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd

from hpsearch.analysis.best import Best, best
from hpsearch.report.fold_values import folds_sentence
from hpsearch.report.judging import RETRAINED, Judging, judging
from hpsearch.report.precision import uncertainty
from hpsearch.report.python_code import program
from hpsearch.report.section import Column, Section, Table, by_task, words
from hpsearch.report.text import Fact, Measured, value
from hpsearch.results.results import Results

_TITLE = "The best hyperparameters"
DIGITS = 3  # significant digits of a hyperparameter in tables; the code has all
HYPERPARAMETERS = (words("parameter", "Hyperparameter"), Column("Value", lambda row: value(row["value"], DIGITS)))
"""Columns of a table of hyperparameters, for a frame with the columns parameter and value."""

_OF_A_DEVIATION = 10  # one digit: that of five trainings is a third too large or too small
_AS_TRAINED = replace(RETRAINED, best=lambda _, __: "Nothing is searched there; the training itself has")


def best_section(results: Results) -> Section:
    """Build the section with the incumbent of each task, its test score, and Python code that uses it."""
    incumbents = best(results)
    if not incumbents:
        return Section("best", _TITLE, ("None yet: no complete trial has a finite value.",))
    facts: dict[str, Fact] = {"metric": results.metric}
    suffixes = dict(by_task(results))
    several = len(suffixes) > 1
    judged = {each.run: _AS_TRAINED if each.variant in results.untuned else judging(results) for each in incumbents}
    prose = [
        _sentence(each, judged[each.run], facts, suffixes[each.task], partial(uncertainty, results, each.task))
        for each in incumbents
    ]
    prose += [text for each in incumbents if (text := folds_sentence(results, each, facts, suffixes[each.task]))]
    frame = pd.DataFrame([row for each in incumbents for row in _rows(each)], columns=["task", "parameter", "value"])
    return Section(
        "best",
        _TITLE,
        tuple(prose),
        tables=(
            Table(
                "Their values (the code has all digits)",
                frame,
                (words("task", "Task"), *HYPERPARAMETERS) if several else HYPERPARAMETERS,
            ),
        )
        if len(frame)
        else (),
        code="\n\n".join(program(results, each) for each in incumbents if each.variant not in results.untuned),
        shared=("trials", "runs"),
        facts=facts,
    )


def _sentence(incumbent: Best, judged: Judging, facts: dict[str, Fact], s: str, uncertain: Callable[..., float]) -> str:
    facts |= {
        f"task{s}": incumbent.task,
        f"variant{s}": incumbent.variant,
        f"run{s}": incumbent.run,
        f"number{s}": incumbent.number,
        f"value{s}": Measured(incumbent.value, uncertain(score=incumbent.value)),
        f"tied{s}": incumbent.tied,
        f"retrainings{s}": len(incumbent.test_values),
        f"test_mean{s}": Measured(incumbent.test_mean, uncertain(incumbent.test_sd, incumbent.test_mean)),
        f"test_sd{s}": Measured(incumbent.test_sd, _OF_A_DEVIATION * incumbent.test_sd),
    }
    opening = f"On {{task{s}}}: trial" if s else "Trial"
    sentence = (
        f"{opening} {{number{s}}} of the run {{run{s}}} ({{variant{s}}}) has the best validation {{metric}}, "
        f"{{value{s}}}; as the best of all trials, it is optimistic."
    )
    if incumbent.tied > 1:
        sentence += (
            f" {{tied{s}}} trials share this value. The one with the lowest number is taken, then the first {{noun}} "
            "of the study, then the lowest repeat."
        )
    if not incumbent.test_values:
        return f"{sentence} It has no test value: its run is not finished, or another trial was tested."
    spread = f", standard deviation {{test_sd{s}}}" if not math.isnan(incumbent.test_sd) else ""
    return f"{sentence} {judged.best(len(incumbent.test_values), s)} a test {{metric}} of {{test_mean{s}}}{spread}."


def _rows(incumbent: Best) -> Iterator[dict[str, object]]:
    for name, setting in incumbent.params.items():
        yield {"task": incumbent.task, "parameter": name, "value": setting}
