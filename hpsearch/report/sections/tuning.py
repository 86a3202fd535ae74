"""Section: whether tuning was better than the defaults."""

from __future__ import annotations

import math

from hpsearch.analysis.comparison.tuning_gain import tuning_gain
from hpsearch.analysis.metrics import metric
from hpsearch.report.precision import half_width, interval_cell, noise, uncertainty
from hpsearch.report.section import Column, Row, Section, Table, counts, measures, words
from hpsearch.report.text import Fact, Measured
from hpsearch.results.results import Results

_TITLE = "Is tuning better than the defaults?"
_HOW = (
    "Each run began with the defaults. These and the run's best hyperparameters were trained again on fresh seeds and "
    "scored on the test rows; the gain is the mean over repeats of the difference, with an interval (Student's t) for "
    "each row alone."
)


def tuning_section(results: Results) -> Section:
    """Build the section with the gain of the tuned hyperparameters over the defaults."""
    frame = tuning_gain(results)
    if frame.empty:
        return Section("tuning", _TITLE, ("No complete run has test values of its defaults.",))
    facts: dict[str, Fact] = {}

    def precision(row: Row) -> float:
        half = half_width(float(row["low"]), float(row["high"]))
        return half if half > 0 else noise(results)

    def of_scores(row: Row) -> float:
        return uncertainty(results, str(row["task"]), half_width(float(row["low"]), float(row["high"])))

    columns = [
        *([words("task", "Task")] if frame["task"].nunique() > 1 else []),
        words("variant", "{Noun}"),
        measures("defaults", "Defaults", of_scores),
        measures("tuned", "Tuned", of_scores),
        measures("gain", "Gain", precision),
        Column(
            "95 % interval", lambda row: interval_cell(row, "low", "high", metric(results.metric).clipped_difference)
        ),
        counts("repeats", "Repeats"),
    ]
    prose = [
        _sentence(row, place, facts, precision({str(key): cell for key, cell in row.items()}))
        for place, row in enumerate(frame.to_dict("records"))
    ]
    table = Table("The tuned hyperparameters against the defaults, on the test rows", frame, tuple(columns))
    return Section("tuning", _TITLE, (*prose, _HOW), tables=(table,), data={"tuning": frame}, facts=facts)


def _sentence(row: dict[object, object], place: int, facts: dict[str, Fact], precision: float) -> str:
    low, high = float(str(row["low"])), float(str(row["high"]))
    for name, value in row.items():
        if not _is_missing(value):
            facts[f"{name}_{place}"] = Measured(value, precision) if isinstance(value, float) else value  # type: ignore[assignment]
    names = {name: f"{{{name}_{place}}}" for name in ("variant", "task", "gain", "low", "high", "repeats")}
    of = f"with {names['variant']} on {names['task']}"
    if math.isnan(low):
        return f"In {names['repeats']} repeat tuning gained {names['gain']} over the defaults {of}: too few to decide."
    interval = f"{names['gain']} (95 % interval {names['low']} to {names['high']}, over {names['repeats']} repeats)"
    if low > 0:
        return f"Tuning is better than the defaults {of}: the gain is {interval}."
    if high < 0:
        return f"Tuning is worse than the defaults {of}: the gain is {interval}."
    return f"Whether tuning is better than the defaults {of} is not resolved: the gain is {interval}."


def _is_missing(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
