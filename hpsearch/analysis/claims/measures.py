"""Measures of a study's runs by name, for claims and figures."""

from __future__ import annotations

import math

import pandas as pd

from hpsearch.results.results import Results

_KEYS = ["task", "variant", "repeat"]
COLUMNS = (*_KEYS, "step", "value")


def measure(results: Results, name: str) -> pd.DataFrame:
    """Return a measure of each run.

    Returns
    -------
    task, variant, repeat, step (NaN for a single number), value (NaN after a divergence). Empty if no run has it.
    """
    if name == "value":
        frame = results.runs.assign(step=math.nan)
    elif name == "test":
        tests = results.runs["test_values"].map(lambda values: sum(values) / len(values) if len(values) else math.nan)
        frame = results.runs.assign(step=math.nan, value=tests)
    elif name in results.curves and name not in (*_KEYS, "number", "epoch"):
        best = results.runs[[*_KEYS, "incumbent"]].rename(columns={"incumbent": "number"}).dropna()
        curves = best.merge(results.curves, on=[*_KEYS, "number"])
        frame = curves.assign(step=curves["epoch"], value=curves[name])
        frame = frame[frame.groupby(_KEYS)["value"].transform("count") > 0]  # not recorded at all
    else:
        frame = results.measures[results.measures["measure"] == name]
    return frame[list(COLUMNS)].astype({"step": float, "value": float}).reset_index(drop=True)
