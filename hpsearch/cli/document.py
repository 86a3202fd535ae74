"""The JSON document of a study's results."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.results.results import Results


def study_document(results: Results) -> dict[str, Any]:
    """Return a study's sizes, space, best trials, expected scores, simple models, verdicts and claims."""
    from hpsearch.analysis.best import best
    from hpsearch.analysis.claims import decided
    from hpsearch.analysis.comparison.verdicts import verdicts
    from hpsearch.analysis.incumbents import tasks
    from hpsearch.cli.chosen import test_score
    from hpsearch.space import decode, describe

    runs, states = results.runs, results.trials["state"].value_counts()
    return {
        "study": results.name,
        "title": results.title,
        "question": results.question,
        "tasks": tasks(results),
        "variants": list(results.variants),
        "metric": results.metric,
        "direction": results.direction,
        "budget": results.budget,
        "runs": len(runs),
        "runs_complete": int(runs["complete"].astype(bool).sum()),
        "trials": {str(state): int(count) for state, count in states.items()},
        "taken_over": _taken_over(results),
        "space": {
            name: describe(distribution) | ({"likely": likely} if (likely := results.likely_values(name)) else {})
            for name, distribution in results.space.items()
        },
        "best": [
            {
                "task": each.task,
                "variant": each.variant,
                "run": each.run,
                "trial": each.number,
                "params": {name: decode(value) for name, value in each.params.items()},
                "validation": each.value,
                "tests": list(each.test_values),
                "test": test_score(results, each),
            }
            for each in best(results)
        ],
        "baselines": _baselines(results),
        "verdicts": [asdict(each) for each in verdicts(results)],
        "claims": [asdict(each) for each in decided(results)],
    }


def _taken_over(results: Results) -> dict[str, Any] | None:
    """Return how many trials of which study each run has taken over, and why others were left out; None if it did not.

    No other part of the document counts these trials.
    """
    if not results.taken_over:
        return None
    runs = [
        {"task": task, "variant": variant, "repeat": repeat, "trials": len(each.trials), "left_out": each.left_out}
        for (task, variant, repeat), each in results.taken_over.items()
    ]
    return {"study": next(iter(results.taken_over.values())).study, "runs": runs}


def _baselines(results: Results) -> list[dict[str, Any]]:
    """Return the mean test score of each simple model over the repeats that have it."""
    frame = results.baselines
    if not len(frame):
        return []
    means = frame.groupby(["task", "name"], sort=False)["test"].agg(["mean", "count"]).reset_index()
    return [
        {"task": row["task"], "model": row["name"], "test": row["mean"], "repeats": int(row["count"])}
        for row in means.to_dict("records")
    ]
