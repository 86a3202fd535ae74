import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.task_summary import improvement, interquartile_means
from tests.analysis.comparison.compared import compared

REFERENCES = {"a": (0.0, 1.0), "b": (0.0, 10.0)}


def of(rng, shift, repeats=20, **changes):
    tests = {
        task: {
            "random": scale * rng.random((repeats, 1)),
            "tpe": scale * (rng.random((repeats, 1)) - shift),
        }
        for task, scale in (("a", 1.0), ("b", 10.0))
    }
    return compared(tests, direction="minimize", references=REFERENCES, **changes), tests


def test_the_interquartile_mean_is_of_all_runs_of_all_tasks():
    results, tests = of(np.random.default_rng(0), 0.3)
    frame = interquartile_means(results).set_index("variant")
    for variant in ("random", "tpe"):
        regrets = np.concatenate([tests["a"][variant], tests["b"][variant] / 10]).ravel()
        middle = np.sort(regrets)[10:30]
        assert frame.loc[variant, "mean"] == pytest.approx(middle.mean())
        assert frame.loc[variant, "low"] < middle.mean() < frame.loc[variant, "high"]
        spread = stats.bootstrap((regrets,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), rng=0)
        width = frame.loc[variant, "high"] - frame.loc[variant, "low"]
        assert width == pytest.approx(np.ptp(spread.confidence_interval), rel=0.25)
    assert frame["runs"].tolist() == [40, 40]
    assert interquartile_means(results).equals(interquartile_means(results))


def test_a_few_failed_runs_do_not_rule_it():
    _, tests = of(np.random.default_rng(1), 0.3)
    tests["a"]["tpe"] = [None] * 4 + list(tests["a"]["tpe"][4:])
    failed = interquartile_means(compared(tests, direction="minimize", references=REFERENCES))
    assert np.isfinite(failed["mean"]).all()
    tests["a"]["tpe"] = [None] * 20
    failed = interquartile_means(compared(tests, direction="minimize", references=REFERENCES)).set_index("variant")
    assert failed.loc["tpe", "high"] == math.inf


def test_the_probability_of_improvement_is_a_mean_over_tasks():
    tests = {"a": {"random": [[0.5]] * 4, "tpe": [[0.4], [0.4], [0.5], [0.6]]}, "b": {"random": [[1]], "tpe": [[0]]}}
    row = improvement(compared(tests, direction="minimize")).iloc[0]
    assert (row["level"], row["against"], row["tasks"]) == ("tpe", "random", 2)
    assert row["probability"] == pytest.approx((2.5 / 4 + 1) / 2)
    assert 0.5 <= row["low"] < row["probability"] < row["high"] <= 1


def test_one_task_and_unknown_references_have_no_summary():
    one = compared({"random": [[0.5]] * 3, "tpe": [[0.6]] * 3})
    assert interquartile_means(one).empty
    assert improvement(one).empty
    two = compared({task: {"random": [[0.5]] * 3, "tpe": [[0.6]] * 3} for task in "ab"})
    assert interquartile_means(two).empty
    assert len(improvement(two)) == 1
