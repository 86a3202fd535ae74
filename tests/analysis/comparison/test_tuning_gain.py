"""The gain of tuning over the defaults, of storages made by hand."""

import numpy as np
import optuna
import pytest

from hpsearch.analysis.comparison.tuning_gain import tuning_gain
from hpsearch.report.sections.tuning import tuning_section
from hpsearch.results.load import load_results
from tests.factor_runs import crossed

DEFAULTS = [0.5, 0.52, 0.48, 0.5]


def started_with_defaults(gains):
    """Return results of two variants: the first gains these numbers over the defaults, the second started without."""
    storage = crossed(factors={"optimizer": ("SGD", "Adam")}, tasks=("digits",))
    for repeat, (default, gain) in enumerate(zip(DEFAULTS, gains, strict=True)):
        study = optuna.load_study(study_name=f"crossed/SGD/{repeat:02d}", storage=storage)
        study.set_user_attr("test_first", {"trial": 0, "retrain": 2, "values": [default - 0.01, default + 0.01]})
        study.set_user_attr("test", {"incumbent": study.best_trial.number, "retrain": 1, "values": [default + gain]})
    return load_results(storage, "crossed")


def test_a_gain_is_the_mean_of_paired_differences_with_students_interval():
    gains = [0.1, 0.12, 0.14, 0.2]
    row = tuning_gain(started_with_defaults(gains)).iloc[0]
    half = 3.182446 * np.std(gains, ddof=1) / 2  # Student's t for 3 degrees of freedom, over √4
    assert (row["task"], row["variant"], row["repeats"]) == ("digits", "SGD", 4)
    assert (row["gain"], row["defaults"]) == (pytest.approx(0.14), pytest.approx(0.5))
    assert (row["low"], row["high"]) == (pytest.approx(0.14 - half, abs=1e-6), pytest.approx(0.14 + half, abs=1e-6))


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([0.1, 0.12, 0.14, 0.2], "Tuning is better than the defaults"),
        ([-0.1, -0.12, -0.14, -0.2], "Tuning is worse than the defaults"),
        ([0.1, -0.12, 0.14, -0.2], "is not resolved"),
    ],
)
def test_the_sentence_says_what_the_interval_does(gains, words):
    section = tuning_section(started_with_defaults(gains))
    assert words in section.prose[0]
    assert len(section.prose) == 2, "one variant started with the defaults, and how it was judged"
