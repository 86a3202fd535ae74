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
    for found in records:
        seen[found.role] += 1
        numbers = {
            "mean": found.mean,
            "std": found.std,
            "saturated": found.saturated,
            "dead": found.dead,
            "near_zero": found.near_zero,
            "distinct_units": found.distinct_units,
            "gradient_norm": found.output_gradient_norm,
            "weight_gradient_norm": found.weight_gradient_norm,
        }
        rows.append(
            {"step": step, "layer": found.layer, "position": seen[found.role], "kind": found.role}
            | {name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()}
            | {"counts": found.counts.tolist(), "edges": found.edges.tolist()}
        )
    return rows
