"""Pages on data whose rows belong together or have weights, and on cross-validation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import hpsearch
from hpsearch.analysis.belonging import row_keys
from hpsearch.analysis.best import best
from hpsearch.analysis.diagnostics.noise import validation_rows
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.incumbents import tasks
from hpsearch.objectives import EstimatorObjective
from hpsearch.report.expectation import expectation
from hpsearch.report.fold_values import fold_values
from hpsearch.report.precision import groups_of_test, rows_half, rows_of_test
from hpsearch.report.python_code import program
from hpsearch.report.scope import scope
from hpsearch.report.sections import SECTIONS

KEYS = {"time": "day", "group": "who", "weight": "w"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    columns = {"x": x, "day": rng.permutation(200), "who": np.arange(200) // 4, "w": 1 + np.arange(200) % 3}
    columns["y"] = np.where(x + rng.normal(size=200) > 0, "yes", "no")
    path = tmp_path_factory.mktemp("data") / "table.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def results_of(table):
    """Return the results of a comparison with two repeats, of the data with these keys."""
    made = {}

    def run(**keys):
        if str(keys) not in made:
            data = {"source": "csv", "path": table, "target": "y", **keys}
            objective = EstimatorObjective(data, model={"estimator": "logistic_regression"})
            strategies = ["random"] if "validation" in keys else ["random", "tpe"]
            compared = hpsearch.compare(objective, strategies=strategies, trials=2, repeats=2, retrain=2)
            made[str(keys)] = compared.results
        return made[str(keys)]

    return run


@pytest.mark.parametrize(
    ("key", "repeats", "note"),
    [
        (
            "time",
            "for other seeds, with the same training, validation and test rows.",
            "repeats differ in their seeds alone",
        ),
        ("group", "for other seeds and other splits of the groups", "in the interval of the expected score alone"),
        ("weight", "for other seeds and other splits into training and validation rows", "Rows have weights"),
    ],
)
def test_a_page_says_what_a_repeat_is(results_of, key, repeats, note):
    results = results_of(**{key: KEYS[key]})
    sentence = scope(results, {})
    assert repeats in sentence
    assert note in sentence
    assert any(note in str(text) for text in SECTIONS["verdict"](results).paragraphs(str))
    assert "for one split" in scope(replace(results, repeats=1), {})
    assert row_keys(results, tasks(results)[0]) == (key,)


@pytest.mark.parametrize("key", list(KEYS))
def test_the_chance_of_such_rows_is_not_known(results_of, key):
    results = results_of(**{key: KEYS[key]})
    assert rows_of_test(results) is None
    assert np.isnan(rows_half(results)) == (key != "group")  # groups have an interval of their own
    assert validation_rows(TaskSearch(results, tasks(results)[0])) is None


@pytest.mark.parametrize(("share", "groups"), [(0.2, 10), (0.1, 5)])
def test_the_chance_of_enough_test_groups_is_in_the_expected_score(results_of, share, groups):
    results = results_of(group="who", test=share)
    (task,) = tasks(results)
    one = expectation(results, task, results.variants)
    assert groups_of_test(results, task) == groups
    (interval,) = [text for text in SECTIONS["answer"](results).paragraphs(str) if "% interval of the" in text]
    assert one.over_rows == (groups >= 10)
    if groups >= 10:
        errors = [error for each in results.runs["test_rows"] for error in each["errors"]]
        of_groups = stats.t.ppf(0.975, groups - 1) * np.median(errors)
        assert rows_half(results, task) == pytest.approx(of_groups)
        assert one.half >= of_groups > 0.05
        assert "contains the chance of the test groups, so it also holds for other groups of this kind" in interval
    else:
        assert np.isnan(rows_half(results, task))
        assert "is over repeats" in interval
        assert "is in no interval, for 5 groups are too few: at least 10 would say" in interval


def test_groups_of_earlier_studies_have_no_errors(results_of):
    results = results_of(group="who")
    runs = results.runs.assign(test_rows=[{"rows": 0}] * len(results.runs))
    earlier = replace(results, runs=runs)
    assert groups_of_test(earlier) == 0
    assert "the chance of the test groups is in no interval." in scope(earlier, {})


def test_independent_rows_are_as_before(results_of):
    results = results_of()
    assert "for other seeds and other splits into training and validation rows" in scope(results, {})
    assert "in no interval" not in scope(results, {})
    assert rows_of_test(results) == 40
    assert "fold_1" not in results.trials


def test_trials_and_page_have_the_value_of_every_fold(results_of):
    results = results_of(validation="4-fold", time="day")
    folds = results.trials[[f"fold_{number}" for number in range(1, 5)]]
    assert folds.mean(axis=1).to_numpy() == pytest.approx(results.trials["value"].to_numpy())
    (one,) = best(results)
    assert np.mean(fold_values(results, one)) == pytest.approx(one.value)
    text = " ".join(SECTIONS["best"](results).paragraphs(str))
    assert "Its 4 folds have the values" in text


def test_many_folds_are_given_by_their_range(results_of):
    results = results_of(validation="3 x 4-fold", group="who")
    (text,) = [text for text in SECTIONS["best"](results).paragraphs(str) if "folds have" in text]
    values = fold_values(results, best(results)[0])
    assert len(values) == 12
    assert " to " in text


def test_the_code_of_weighted_data_has_the_objective(results_of):
    assert "EstimatorObjective.build(" in program(results_of(weight="w"), best(results_of(weight="w"))[0])
    code = program(results_of(group="who"), best(results_of(group="who"))[0])
    assert "group='who'" in code
    assert "split(" in code
