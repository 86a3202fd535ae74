"""Layer statistics as rows of a trial's attribute ``layers``, in JSON types."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hpsearch.nn import LayerRecord


def layer_rows(step: int, records: Sequence[LayerRecord]) -> list[dict[str, Any]]:
    """Return a row for each layer's record.

    ``position`` counts the layers of each ``kind`` from the input, from 1. Numbers that are undefined or not finite are
    None.
    """
    seen: Counter[str] = Counter()
    rows = []
    for record in records:
        seen[record.role] += 1
        numbers = {
            "mean": record.mean,
            "std": record.std,
            "saturated": record.saturated,
            "dead": record.dead,
            "near_zero": record.near_zero,
            "distinct_units": record.distinct_units,
            "gradient_norm": record.output_gradient_norm,
            "weight_gradient_norm": record.weight_gradient_norm,
        }
        rows.append(
            {"step": step, "layer": record.layer, "position": seen[record.role], "kind": record.role}
            | {name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()}
            | {"counts": record.counts.tolist(), "edges": record.edges.tolist()}
        )
    return rows
