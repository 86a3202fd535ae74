"""Results that hold what comparisons look at, and nothing else: made by hand, and turned around."""

import dataclasses
import math
from functools import cache

import numpy as np
import pandas as pd

from tests.example_results import make_results


@cache
def _empty():
    return make_results(strategies=("random",), repeats=1, trials=1, finished=0)


def of_strategies(labels):
    """Fields of results whose variants are strategies with these labels."""
    return {"variants": tuple(labels), "factors": {}, "levels": {}}  # made of the variants


def compared(tests, *, task="t", direction="maximize", plan=None, margin=None, until=False, references=None, **changes):
    """Results whose runs were tested: {strategy: one list of test values a repeat}, or {task: {strategy: …}}.

    `plan` is the number of repeats in the first plan, which also has the `margin`; None if no plan was stored.
    """
    by_task = tests if isinstance(next(iter(tests.values())), dict) else {task: tests}
    rows = [
        _run(task, strategy, repeat, values, (references or {}).get(task, (math.nan, math.nan)))
        for task, strategies in by_task.items()
        for strategy, repeats in strategies.items()
        for repeat, values in enumerate(repeats)
    ]
    known = {
        **of_strategies(next(iter(by_task.values()))),
        "repeats": max(row["repeat"] for row in rows) + 1,
        "direction": direction,
        "budget": 10,
        "settings": {} if margin is None else {"report": {"margin": margin}},
        "runs": pd.DataFrame(rows),
        "first_plan": None if plan is None else first_plan(by_task, plan, margin, until),
    }
    return dataclasses.replace(_empty(), **(known | changes))


def first_plan(by_task, repeats, margin=None, until=False):
    return {
        "tasks": list(by_task),
        "factors": {"strategy": list(next(iter(by_task.values())))},
        "trials": 10,
        "repeats": repeats,
        "margin": margin or 0.0,
    } | ({"until_resolved": True} if until else {})


def _run(task, strategy, repeat, values, reference):
    """A run with these test values, None among them for retrainings that failed.

    In place of a list, None stands for a run that found nothing, "running" for one that is not over.
    """
    running = isinstance(values, str)
    trained = [] if values is None or running else values
    found = [float(value) for value in trained if value is not None]
    value = float(np.mean(found)) if found else math.nan
    return {
        "task": task,
        "variant": strategy,
        "repeat": repeat,
        "name": f"{task}/{strategy}/{repeat}",
        "trials": 10,
        "incumbent": 0 if len(trained) else math.nan,
        "value": value,
        "observed": value,
        "confirmed": [],
        "test_values": found,
        "test_failed": len(trained) - len(found),
        "reference_best": reference[0],
        "reference_median": reference[1],
        "complete": not running,
    }


def turned(results):
    """The same results with the direction and the sign of all values turned."""
    runs = results.runs
    minus = ["value", "observed", "reference_best", "reference_median"]
    turned_runs = runs.assign(
        **{name: -runs[name].astype(float) for name in minus},
        **{name: [[-value for value in values] for values in runs[name]] for name in ("test_values", "confirmed")},
    )
    trials = results.trials.assign(value=-results.trials["value"].astype(float))
    other = {"maximize": "minimize", "minimize": "maximize"}[results.direction]
    return dataclasses.replace(results, direction=other, runs=turned_runs, trials=trials)


def noisy(rng, repeats, *, shift=0.0, between=1.0, retrainings=5, skewed=False):
    """Test values of a strategy whose repeats differ by `between` and whose retrainings by 1, so many a repeat."""
    centre = rng.gumbel(size=repeats) * math.sqrt(6) / math.pi if skewed else rng.normal(size=repeats)
    return shift + between * centre[:, None] + rng.normal(size=(repeats, retrainings))
