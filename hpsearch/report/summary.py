"""The report as JSON: every number in its text and tables, unrounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.analysis.incumbents import tasks
from hpsearch.report.section import Card, Section
from hpsearch.results.results import Results

SCHEMA = 2  # incremented when a key changes its meaning or is removed; summary.schema.json describes this version


def summary(
    results: Results, sections: Iterable[Section], files: Iterable[str], left_out: Mapping[str, str] | None = None
) -> str:
    """Return the JSON text of a report; NaN and infinity become null. `left_out` has a reason for each other section.

    ``summary.schema.json``, in this module's folder, documents the keys.
    """
    content = {
        "schema": SCHEMA,
        "study": {
            "name": results.name,
            "title": results.title,
            "question": results.question,
            "metric": results.metric,
            "direction": results.direction,
            "budget": results.budget,
            "epochs_budget": results.epochs_budget,
            "repeats": results.repeats,
            "tasks": tasks(results),
            "factors": results.factors,
            "variants": {label: results.levels[label] for label in results.variants},
            "settings": results.settings,
            "environments": results.environments,
        },
        "sections": {section.key: _section(section) for section in sections},
        "left_out": left_out or {},
        "files": list(files),
    }
    return json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "facts": section.facts,
        "cards": [_card(card) for card in section.cards],
        "tables": {table.caption: table.frame for table in section.tables},
        "data": section.files,
    }


def _card(card: Card) -> dict[str, Any]:
    return {"level": card.level, "title": card.title, "text": card.words(str), "facts": card.facts}


def _plain(value: Any) -> Any:
    """Convert a value to JSON types."""
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
