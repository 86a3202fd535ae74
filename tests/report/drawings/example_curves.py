"""Results of untuned variants whose curves and layers are formulas."""

from itertools import product

import pandas as pd

from hpsearch.results.results import MEASURE_COLUMNS, Results

STEPS = (0, 1, 2, 3, 4)


def results_of(curve, factors, *, measures=("validation_score",), repeats=5, figure=None, steps=STEPS, **changes):
    """Return results with `curve(levels, measure, step, repeat)` of each variant; None ends a curve."""
    labels = {", ".join(levels): dict(zip(factors, levels, strict=True)) for levels in product(*factors.values())}
    runs, trials, curves, rows = [], [], [], []
    for (variant, levels), repeat in product(labels.items(), range(repeats)):
        key = {"task": "digits", "variant": variant, "repeat": repeat}
        own = {name: [curve(levels, name, step, repeat) for step in steps] for name in measures}
        for name, values in own.items():
            rows += [
                (*key.values(), 0, name, float(step), value)
                for step, value in zip(steps, values, strict=True)
                if value is not None
            ]
        if "validation_score" in own:
            curves += [
                {**key, "number": 0, "epoch": step, "validation_score": value}
                for step, value in zip(steps, own["validation_score"], strict=True)
                if value is not None
            ]
        last = next((value for value in reversed(next(iter(own.values()))) if value is not None), 0.0)
        diverged = changes.get("diverged", lambda *_: False)(levels, repeat)
        trials.append({**key, "number": 0, "state": "COMPLETE", "value": last, "diverged": diverged})
        runs.append({**key, "name": f"{variant}/{repeat}", "incumbent": 0.0, "value": last, "test_values": [last]})
    columns = ["task", "variant", "repeat", "number", "epoch", "validation_score"]
    frame = pd.DataFrame(rows, columns=list(MEASURE_COLUMNS))
    known = {
        "name": "curves", "title": "Curves", "question": "", "metric": "accuracy", "direction": "maximize",
        "budget": 1, "repeats": repeats, "variants": tuple(labels), "space": {},
        "settings": {"figure": figure} if figure else {},
        "trials": pd.DataFrame(trials), "curves": pd.DataFrame(curves, columns=columns), "runs": pd.DataFrame(runs),
        "measures": frame[frame["measure"] != "validation_score"],
        "factors": {name: tuple(each) for name, each in factors.items()}, "levels": labels,
        "untuned": frozenset(labels),
    }  # fmt: skip
    return Results(**known | {key: value for key, value in changes.items() if key != "diverged"})


def layers_of(results, statistics, positions=(1, 2, 3), edges=None):
    """Return rows of layers with `statistics(variant, position)`: std, and saturated or dead."""
    rows = []
    for row in results.runs.itertuples():
        for position in positions:
            own = statistics(row.variant, position)
            bounds = edges(row.variant, position) if edges else [0.0, 0.5, 1.0]
            rows.append(
                {
                    "task": row.task,
                    "variant": row.variant,
                    "repeat": row.repeat,
                    "number": 0,
                    "step": 0,
                    "layer": 2 * position - 1,
                    "position": position,
                    "kind": "activation",
                    "mean": 0.0,
                    "counts": [30, 10],
                    "edges": bounds,
                    "saturated": None,
                    "dead": None,
                    "near_zero": 0.0,
                    **own,
                }
            )
            rows.append({**rows[-1], "kind": "dense", "layer": 2 * position - 2, "counts": [1, 99]})
    return pd.DataFrame(rows)


def texts(figure):
    """Return every text of a figure that is not empty."""
    every = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title, axes._left_title))]
    every += [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        every += [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    return [text for text in every if text.get_text()]
