"""Judgements of single test rows, packed as text."""

from __future__ import annotations

import base64
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
    the number of test rows. ``errors`` has the standard error of each value by the chance of the test rows, where it
    does not follow from the rows; of test rows in groups, by the chance of these, and ``groups`` is their number.
    """
    right: list[str | None] = []
    residuals: list[str | None] = []
    errors: list[float | None] = []
    rows, groups = 0, 0
    for outcome in outcomes:
        errors.append(outcome.error)
        right.append(None if outcome.right is None else _text(np.packbits(outcome.right)))
        keeps_residuals = outcome.residuals is not None and len(outcome.residuals) <= MOST_RESIDUALS
        residuals.append(_text(np.asarray(outcome.residuals, "<f4")) if keeps_residuals else None)
        groups = max(groups, outcome.groups or 0)
        rows = max([rows, *(len(each) for each in (outcome.right, outcome.residuals) if each is not None)])
    table: dict[str, Any] = {"rows": rows}
    table |= {"right": right} if any(right) else {}
    table |= {"residuals": residuals} if any(residuals) else {}
    table |= {"groups": groups} if groups else {}
    return table | ({"errors": errors} if any(error is not None for error in errors) else {})


def group_count(table: Mapping[str, Any]) -> int:
    """Return the number of groups of the test rows; 0 without groups."""
    return int(table.get("groups", 0))


def stored_errors(table: Mapping[str, Any]) -> list[float]:
    """Return the errors of the outcomes of `stored_rows` that are known."""
    return [error for error in table.get("errors", []) if error is not None]


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
