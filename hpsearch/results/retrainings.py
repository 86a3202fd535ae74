"""Retrainings of a run's incumbent: the sound ones, and how many failed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.results.attributes import number_or_nan
from hpsearch.run import TEST, TEST_ROWS, test_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

RETRAINING_COLUMNS = ("test_values", "test_failed", "retrained_validation", "test_rows")
"""Columns of the frame `runs` that `retrainings` returns."""


def retrainings(attributes: Mapping[str, Any], best: FrozenTrial | None, planned: int | None = None) -> dict[str, Any]:
    """Return the columns of a run's test, from its attributes and its incumbent.

    A retraining is sound if it gave a finite test value and did not diverge. The lists have one entry per sound
    retraining, in the order of their seeds.

    Parameters
    ----------
    planned
        Number of retrainings that count, the first ones; None: all.
    """
    test = {} if best is None or planned == 0 else test_of(attributes, best.number)
    values = [number_or_nan(value) for value in test.get("values", [])]
    rows = test.get(TEST_ROWS) or {}
    diverged = _diverged(test, rows, len(values), best)
    failures = {int(number) for number in test.get("failures", {})}
    numbers = [number for number in range(1, len(values) + len(failures) + 1) if number not in failures]
    most = len(values) + len(failures) if planned is None else planned
    counted = [place for place, number in enumerate(numbers[: len(values)]) if number <= most]
    sound = [place for place in counted if math.isfinite(values[place]) and not diverged[place]]
    validation = test.get("validation_values", [])
    return {
        "test_values": [values[place] for place in sound],
        "test_failed": len(counted) - len(sound) + sum(number <= most for number in failures),
        "retrained_validation": [number_or_nan(validation[place]) for place in sound] if validation else [],
        "test_rows": {key: _chosen(entry, sound) for key, entry in rows.items()} if sound else {},
    }


def asked_of(attributes: Mapping[str, Any], number: int | None = None) -> int | None:
    """Return the number of retrainings asked for in a run's latest test, or in that of the trial `number`.

    None without a test, or if earlier versions did not store it.
    """
    test = attributes.get(TEST, {}) if number is None else test_of(attributes, number)
    return test.get("retrain")


def sound_values(test: Mapping[str, Any]) -> list[float]:
    """Return the test values of a stored test without those of failed retrainings, as far as it marks them."""
    values = [number_or_nan(value) for value in test.get("values", [])]
    diverged = _diverged(test, {}, len(values), None)
    return [value for value, failed in zip(values, diverged, strict=True) if math.isfinite(value) and not failed]


def _diverged(test: Mapping[str, Any], rows: Mapping[str, Any], count: int, best: FrozenTrial | None) -> Sequence[bool]:
    """Return which of the `count` retrainings diverged.

    Earlier versions did not store it. Theirs have no test rows: neither beside others that have them, nor if the
    incumbent itself diverged.
    """
    if "validation_values" in test or "diverged" in test:
        return list(test.get("diverged", [False] * count))
    stored = next((rows[key] for key in ("right", "residuals") if key in rows), None)
    if stored is not None and len(stored) == count:
        return [entry is None for entry in stored]
    is_judged_by_rows = rows.get("rows") == 0
    return [is_judged_by_rows and best is not None and bool(best.user_attrs.get("diverged", False))] * count


def _chosen(entry: Any, places: Sequence[int]) -> Any:
    return [entry[place] for place in places] if isinstance(entry, list) else entry
