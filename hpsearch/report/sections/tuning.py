"""Section: whether tuning was better than the defaults."""

from __future__ import annotations

import math

from hpsearch.analysis.comparison.tuning_gain import tuning_gain
from hpsearch.report.section import Section, Table, counts, numbers, words
from hpsearch.report.text import Fact
from hpsearch.results.results import Results

_TITLE = "Is tuning better than the defaults?"
_HOW = (
    "Each run started with the defaults. They and the best that the run found were trained again on fresh seeds and "
    "judged on the test rows; a gain is the mean over repeats of how much better the latter did. The intervals "
    "(Student's t) are not corrected for the number of rows."
)


def tuning_section(results: Results) -> Section:
    """Build the section with the gain of the tuned hyperparameters over the defaults."""
    frame = tuning_gain(results)
    if frame.empty:
        return Section("tuning", _TITLE, ("No complete run has test values of its defaults.",))
    facts: dict[str, Fact] = {}
    columns = [
        *([words("task", "Task")] if frame["task"].nunique() > 1 else []),
        words("variant", "{Noun}"),
        numbers(frame, "defaults", "Defaults"),
        numbers(frame, "tuned", "Tuned"),
        numbers(frame, "gain", "Gain"),
        numbers(frame, "low", "95 % from"),
        numbers(frame, "high", "to"),
        counts("repeats", "Repeats"),
    ]
    prose = [_sentence(row, place, facts) for place, row in enumerate(frame.to_dict("records"))]
    table = Table("The best found against the defaults, on the test rows", frame, tuple(columns))
    return Section("tuning", _TITLE, (*prose, _HOW), tables=(table,), data={"tuning": frame}, facts=facts)


def _sentence(row: dict[object, object], place: int, facts: dict[str, Fact]) -> str:
    low, high = float(str(row["low"])), float(str(row["high"]))
    facts |= {f"{name}_{place}": value for name, value in row.items() if not _is_missing(value)}  # type: ignore[misc]
    names = {name: f"{{{name}_{place}}}" for name in ("variant", "task", "gain", "low", "high", "repeats")}
    of = f"with {names['variant']} on {names['task']}"
    if math.isnan(low):
        return f"In {names['repeats']} repeat, {of}, tuning gained {names['gain']} over the defaults: too few to tell."
    interval = f"{names['gain']} (95 % interval {names['low']} to {names['high']}, over {names['repeats']} repeats)"
    if low > 0:
        return f"Tuning is better than the defaults {of}: it gained {interval}."
    if high < 0:
        return f"Tuning is worse than the defaults {of}: it gained {interval}."
    return f"Whether tuning is better than the defaults {of} is not resolved: it gained {interval}."


def _is_missing(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
