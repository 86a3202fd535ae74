"""What is proposed for a table."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from hpsearch.data import cross_split, split
from hpsearch.data.folds import Folds
from hpsearch.data.table import Table
from hpsearch.data.table_dataset import Roles, dataset_of
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


def hints(target=None, **columns):
    """Return the rows and the hints of a proposal, these by key."""
    rows = len(next(iter(columns.values())))
    proposal = propose(table(np.arange(rows) % 2 if target is None else target, **columns), "y")
    return proposal.rows, {each.key: each for each in proposal.hints}


REPEATED = np.random.default_rng(5).integers(0, 25, 400)


@pytest.mark.parametrize(
    "name", ["zip", "zip_code", "age", "house_no", "country_id", "RegionID", "week_nr", "postal_key", "index", "score"]
)
def test_what_repeats_by_chance_is_no_group(name):
    assert hints(**{name: 10_000 + REPEATED}) == ({}, {})


@pytest.mark.parametrize("name", ["id", "customer_id", "patientNo", "user", "household_nr", "Patient"])
@pytest.mark.parametrize("texts", [False, True])
def test_ids_of_what_rows_can_share_are_groups(name, texts):
    values = [f"p{number}" for number in REPEATED] if texts else REPEATED
    assert hints(**{name: values})[0] == {"group": name}


def test_too_few_groups_are_only_mentioned():
    rows, mentioned = hints(customer_id=np.arange(100) % 9)
    assert (rows, mentioned["group"].column) == ({}, "customer_id")
    assert mentioned["group"].reason.startswith("an id with 9 different values, too few to split by")


@pytest.mark.parametrize(("groups", "validation"), [(2, FOLDS), (3, 0.2), (9, 0.2), (10, FOLDS)])
def test_groups_of_a_rare_class_decide_how_trials_are_judged(groups, validation):
    ids = np.arange(400) % 40
    target = np.where((ids < groups) & (np.arange(400) % 3 > 0), "rare", "other")
    proposal = propose(table(target, id=ids), "y")
    assert proposal.validation.value == validation
    assert proposal.rows == ({"group": "id"} if groups > 2 else {})
    if groups == 2:
        assert "rows of one class are in 2 of its 40 groups only" in proposal.hints[0].reason
    else:
        data = dataset_of(proposal.table, "y", "classification", Roles(group="id"))
        parts = {} if validation == 0.2 else {"folds": Folds(5)}
        made = cross_split(data, **parts, seed=0) if parts else split(data, seed=0)
        assert all(len(np.unique(each)) == 2 for each in (made.y_train, made.y_validation, made.y_test))


DAYS = pd.Series(pd.date_range("2024-01-01", periods=400))
SHUFFLED = DAYS.sample(frac=1, random_state=0, ignore_index=True)
TIMES = {
    "sorted": (DAYS, "the rows are in its order; right if"),
    "from the latest": (DAYS[::-1].reset_index(drop=True), "the rows are in its order; right if"),
    "sorted, repeated": (DAYS.repeat(4).reset_index(drop=True)[:400], "the rows are in its order; right if"),
    "nearly all different": (SHUFFLED, "nearly every row has a date of its own; right if"),
    "repeated and not sorted": (SHUFFLED.where(SHUFFLED.index % 3 > 0, DAYS[0]), None),
    "missing": (DAYS.where(DAYS.index > 3), None),
    "few": (DAYS[:20].repeat(20).reset_index(drop=True), None),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_clear_time_is_mentioned_and_not_used(case):
    values, reason = TIMES[case]
    rows, mentioned = hints(sold=values)
    assert rows == {}
    assert list(mentioned) == ([] if reason is None else ["time"])
    assert reason is None or mentioned["time"].reason.startswith(reason)


def test_a_time_is_not_mentioned_beside_another_date_or_a_given_time():
    assert hints(sold=DAYS, paid=DAYS) == ({}, {})
    data = table(np.arange(400) % 2, sold=DAYS)
    assert propose(data, "y", rows={"time": "sold"}).hints == ()
    rows, mentioned = hints(sold=DAYS, id=REPEATED)
    assert rows == {"group": "id"}
    assert mentioned["time"].reason.startswith("instead of group: the rows are in its order")


@pytest.mark.parametrize("name", ["weight", "sample_weight", "Case.Weights", "fnlwgt", "wt"])
def test_positive_numbers_named_like_weights_are_mentioned(name):
    rows, mentioned = hints(**{name: RNG.uniform(0.5, 2, 400)})
    assert (rows, mentioned["weight"].column) == ({}, name)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("body_weight", RNG.uniform(50, 90, 400)),
        ("weight", RNG.normal(size=400)),
        ("weight", np.where(np.arange(400) < 3, np.nan, RNG.uniform(size=400))),
        ("weight", ["light", "heavy"] * 200),
    ],
    ids=["measured", "negative", "missing", "text"],
)
def test_other_columns_are_no_weights(name, values):
    assert hints(**{name: values}) == ({}, {})


def test_hints_are_comments_that_work_without_their_sign():
    data = table(np.arange(400) % 2, sold=DAYS, weight=RNG.uniform(size=400))
    proposal = propose(data, "y")
    text = written(proposal, "some.csv", "some.toml", "")
    assert tomllib.loads(text) == proposal.tables("some.csv")
    changed = tomllib.loads(text.replace("# time = ", "time = ").replace("# weight = ", "weight = "))
    assert (changed["data"]["time"], changed["data"]["weight"]) == ("sold", "weight")
    StudyFile.model_validate(changed)


def test_large_tables_of_groups_do_not_stop_early():
    ids = np.arange(MANY_ROWS + 5_000) // 4
    proposal = propose(table(ids % 2, id=ids), "y")
    assert proposal.tables("some.csv")["model"] == {
        "family": "estimator", "estimator": LARGE, "early_stopping": False,
    }  # fmt: skip
    assert "early_stopping = false" in written(proposal, "some.csv", "some.toml", "")
    assert "early_stopping" not in propose(table(ids % 2), "y").tables("some.csv")["model"]


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
