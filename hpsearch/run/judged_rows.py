"""Judgements of single test rows, packed as text."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.objectives.base import Outcome

MOST_RESIDUALS = 20_000
"""Maximum number of test rows with stored residuals: 80 kB a retraining."""


def stored_rows(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return what a storage keeps of the test rows of each outcome, in JSON types.

    ``right`` has one base64 text per outcome with a bit per test row, most significant bit first; ``residuals`` one
    with a little-endian float32 per test row. An entry is None if unknown, for example after divergence. ``rows`` is
    the number of test rows. Of test rows in groups, ``groups`` is the number of these, and ``group_error`` has the
    standard error of the value over them for each outcome, None if undefined.
    """
    right: list[str | None] = []
    residuals: list[str | None] = []
    rows, groups = 0, 0
    errors: list[float | None] = []
    for outcome in outcomes:
        right.append(None if outcome.right is None else _text(np.packbits(outcome.right)))
        known = outcome.residuals is not None and len(outcome.residuals) <= MOST_RESIDUALS
        residuals.append(_text(np.asarray(outcome.residuals, "<f4")) if known else None)
        error = outcome.group_error
        errors.append(error if error is not None and math.isfinite(error) else None)
        groups = max(groups, outcome.groups or 0)
        rows = max([rows, *(len(each) for each in (outcome.right, outcome.residuals) if each is not None)])
    table: dict[str, Any] = {"rows": rows}
    table |= {"right": right} if any(right) else {}
    table |= {"groups": groups, "group_error": errors} if groups else {}
    return table | ({"residuals": residuals} if any(residuals) else {})


def group_errors(table: Mapping[str, Any]) -> tuple[int, list[float]]:
    """Return the number of groups of the test rows, 0 if unknown, and the errors of the outcomes of `stored_rows`."""
    return int(table.get("groups", 0)), [error for error in table.get("group_error", []) if error is not None]


def right_rows(table: Mapping[str, Any]) -> list[NDArray[np.bool_] | None]:
    """Return for each outcome of `stored_rows` whether each test row was predicted correctly."""
    return [None if text is None else _bits(text, table["rows"]) for text in table.get("right", [])]


def row_residuals(table: Mapping[str, Any]) -> list[NDArray[np.float32] | None]:
    """Return for each outcome of `stored_rows` the residual of each test row."""
    texts = table.get("residuals", [])
    return [None if text is None else np.frombuffer(base64.b64decode(text), "<f4") for text in texts]


def _bits(text: str, rows: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=rows).astype(bool)


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
