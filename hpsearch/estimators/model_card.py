"""Card of a fitted model: what it predicts, from which columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.data.columns import Columns
from hpsearch.errors import some_of
from hpsearch.notebook import MOST_ROWS, card, paragraph, table

_MOST_CATEGORIES = 6


def model_card(estimator: Any, columns: Columns, class_names: Sequence[str], about: Mapping[str, Any]) -> str:
    """Return the card of a model of a table; `about` may say what it was fitted to."""
    target = columns.target or "the target"
    goal = f"{target}, one of {len(class_names)} classes" if class_names else f"{target}, a number"
    inputs = columns.inputs
    answer = f"Predicts {goal}, from {len(inputs)} {'column' if len(inputs) == 1 else 'columns'}."
    rows = [(each.name, each.kind, some_of(each.categories, _MOST_CATEGORIES)) for each in inputs]
    has_categories = any(each.categories for each in inputs)
    headings = ("Column", "Kind", "Categories") if has_categories else ("Column", "Kind")
    parts = [paragraph(_origin(type(estimator).__name__, about))]
    parts += [paragraph(f"Classes: {some_of(list(class_names), MOST_ROWS)}.")] if class_names else []
    return card(answer, *parts, table(headings, [row[: len(headings)] for row in rows], "Columns that it needs"))


def _origin(kind: str, about: Mapping[str, Any]) -> str:
    fitted = f", fitted to {about['rows']:,} rows of {about['data']}" if {"rows", "data"} <= about.keys() else ""
    return f"{kind}{fitted}."
