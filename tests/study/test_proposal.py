"""What is proposed for a table."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from hpsearch.data.table import Table
from hpsearch.errors import DataError, UsageError
from hpsearch.study.config import StudyFile
from hpsearch.study.proposal import FEW_ROWS, FOLDS, LARGE, MANY_ROWS, SMALL, likely_target, propose, study_name
from hpsearch.study.proposed_file import written

RNG = np.random.default_rng(0)


def table(target, **columns):
    return Table("some.csv", pd.DataFrame({"x": RNG.normal(size=len(target)), **columns, "y": target}))


def labels(**counts):
    return [label for label, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("target", "task", "metric", "validation"),
    [
        (labels(a=50, b=50), "classification", "accuracy", FOLDS),
        (labels(a=90, b=10), "classification", "roc_auc", FOLDS),
        (labels(a=90, b=10, c=10), "classification", "balanced_accuracy", FOLDS),
        (labels(a=50, b=5), "classification", "roc_auc", 0.2),
        (labels(a=FEW_ROWS // 2, b=FEW_ROWS // 2), "classification", "accuracy", 0.2),
        ([True, False] * 50, "classification", "accuracy", FOLDS),
        (RNG.normal(size=100), "regression", "r2", FOLDS),
    ],
)
def test_task_metric_and_validation_follow_the_target(target, task, metric, validation):
    proposal = propose(table(target), "y")
    assert (proposal.task.value, proposal.metric.value, proposal.validation.value) == (task, metric, validation)


@pytest.mark.parametrize(
    ("target", "is_said"), [([1, 2, 3, 4, 5] * 20, True), ([0, 1] * 50, False), (labels(a=40, b=40, c=20), False)]
)
def test_whole_numbers_that_are_taken_as_classes_could_be_numbers(target, is_said):
    proposal = propose(table(target), "y")
    assert proposal.task.value == "classification"
    assert ('task = "regression" and metric = "r2" would take them as numbers' in proposal.task.reason) is is_said


def test_the_estimator_follows_the_number_of_rows():
    few, many = (propose(table(np.arange(rows) % 2), "y") for rows in (MANY_ROWS - 1, MANY_ROWS))
    assert (few.estimator.value, many.estimator.value) == (SMALL, LARGE)
    assert few.tables("some.csv")["model"]["estimator"] == SMALL


def test_columns_without_use_are_ignored_with_their_reasons():
    columns = {"id": range(100), "same": ["a"] * 100, "kind": ["u", "v"] * 50}
    proposal = propose(table(labels(a=50, b=50), **columns), "y")
    assert proposal.tables("some.csv")["data"]["ignore"] == ["id", "same"]
    text = written(proposal, "some.csv", "some.toml", "")
    assert 'ignore = ["id", "same"]\n' in text
    for each in proposal.ignored:
        assert f"#   {each.name}: {each.reason}\n" in text
    assert "#   kind: category, 2 different texts\n" in text


PATIENTS = np.repeat(np.arange(25), 4)


def test_ids_that_repeat_are_groups_and_no_inputs():
    proposal = propose(table(labels(a=50, b=50), patient_id=PATIENTS, height=PATIENTS), "y")
    assert proposal.rows == {"group": "patient_id"}
    assert [each.name for each in proposal.inputs] == ["x", "height"]
    text = written(proposal, "some.csv", "some.toml", "")
    assert tomllib.loads(text) == proposal.tables("some.csv")
    assert tomllib.loads(text)["data"]["group"] == "patient_id"
    assert "25 different values: rows with the same value stay in one part" in text


@pytest.mark.parametrize(
    "values",
    [np.arange(100) % 9, np.arange(100), np.arange(100) % 20 + 0.5, np.where(np.arange(100) < 5, np.nan, 1.0)],
    ids=["too few", "all different", "no whole numbers", "missing"],
)
def test_other_columns_are_no_groups(values):
    assert propose(table(labels(a=50, b=50), patient_id=values), "y").rows == {}


@pytest.mark.parametrize("key", ["group", "time", "weight"])
def test_columns_of_the_rows_can_be_given(key):
    proposal = propose(table(labels(a=50, b=50), patient_id=PATIENTS, given=PATIENTS + 1), "y", rows={key: "given"})
    grouped = {"group": "patient_id"} if key == "weight" else {}
    assert proposal.rows == {key: "given", **grouped}
    assert proposal.tables("some.csv")["data"][key] == "given"
    assert "given" not in [each.name for each in proposal.inputs]
    with pytest.raises(UsageError, match=f"--{key}: unknown column 'gone'"):
        propose(table(labels(a=50, b=50)), "y", rows={key: "gone"})


def test_names_of_any_kind_are_written_as_toml():
    odd = 'a "b"\\\t\x7f\u202e # é'
    data = table(labels(a=50, b=50), **{odd: ["u"] * 100}).frame.rename(columns={"y": "ÿ'\n"})
    proposal = propose(Table("some.csv", data), "ÿ'\n")
    content = tomllib.loads(written(proposal, "some.csv", "some.toml", ""))
    assert content == proposal.tables("some.csv")
    assert content["data"]["ignore"] == [odd]
    StudyFile.model_validate(content)


@pytest.mark.parametrize(
    ("columns", "target"),
    [(["a", "Label", "b"], "Label"), (["a", "b"], "b"), (["a", "b", "id"], "b"), (["y", "b"], "y")],
)
def test_the_likely_target(columns, target):
    frame = pd.DataFrame({name: range(40) if name == "id" else RNG.normal(size=40) for name in columns})
    assert likely_target(Table("some.csv", frame)) == target


def test_what_cannot_be_predicted_is_refused():
    with pytest.raises(UsageError, match="--target must name the column to predict, such as 'y': choose from x, y"):
        propose(table([0, 1] * 20), None)
    with pytest.raises(DataError, match="no column to predict 'y' from: 'x'"):
        propose(Table("some.csv", pd.DataFrame({"x": [1] * 40, "y": [0, 1] * 20})), "y")
    with pytest.raises(DataError, match="column 'y' has no value in any row"):
        propose(table([None] * 40), "y")


@pytest.mark.parametrize(("path", "name"), [("a/my data.v2.csv.gz", "my-data"), ("ä.csv", "study"), (".csv", "study")])
def test_names_of_studies(path, name):
    assert study_name(path) == name
