"""Splits of rows that belong together: whole groups, and parts in the order of time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.data import Dataset, DataSettings, cross_split, load, rows_without_test, split
from hpsearch.data.folds import Folds
from hpsearch.errors import DataError, UsageError

PARTS = ("train", "validation", "test")


def numbered(rows=200, classes=2, **fields) -> Dataset:
    """Return rows whose first column is their number; without classes, a regression."""
    number = np.arange(rows, dtype=np.float32)
    y = (np.arange(rows) * 7 % 11 % classes).astype(np.int64) if classes else np.sin(number)
    return Dataset(
        name="numbered",
        x=number[:, np.newaxis],
        y=y,
        task="classification" if classes else "regression",
        feature_names=("number",),
        class_names=tuple(map(str, range(classes))),
        **fields,
    )


def numbers(made, part) -> np.ndarray:
    return getattr(made, f"x_{part}")[:, 0].astype(int)


def group_sets(dataset, made):
    return [set(dataset.groups[numbers(made, part)].tolist()) for part in PARTS]


seeds = st.integers(0, 2**40)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([0, 2, 3]), st.integers(0, 2**32 - 1), st.integers(12, 150), st.booleans(), seeds, st.integers(0, 9)
)
def test_no_group_is_in_two_parts(classes, random, count, skewed, seed, repeat):
    rng = np.random.default_rng(random)
    groups = np.minimum(rng.geometric(3 / count, 300), count) if skewed else rng.integers(0, count, 300)
    dataset = numbered(300, classes, groups=groups)
    made = split(dataset, scaling="none", seed=seed, repeat=repeat)
    train, validation, test = group_sets(dataset, made)
    assert len(train | validation | test) == len(train) + len(validation) + len(test)
    assert sorted(np.concatenate([numbers(made, part) for part in PARTS])) == list(range(300))
    assert numbers(split(dataset, scaling="none", seed=seed, repeat=repeat + 1), "test").tolist() == (
        numbers(made, "test").tolist()
    )
    rest = rows_without_test(dataset, test=0.2, seed=seed)
    assert set(rest.tolist()) == set(range(300)) - set(numbers(made, "test").tolist())


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from([0, 2]), st.integers(0, 2**32 - 1), st.integers(25, 80), seeds, st.integers(1, 2), st.integers(0, 9)
)
def test_no_group_is_in_two_parts_of_a_fold_or_held_out_twice(classes, random, count, seed, times, repeat):
    groups = np.random.default_rng(random).integers(0, count, 300)
    dataset = numbered(300, classes, groups=groups)
    made = cross_split(dataset, folds=Folds(4, times), scaling="none", seed=seed, repeat=repeat, train=100)
    whole = set(numbers(cross_split(dataset, folds=Folds(4), scaling="none", seed=seed).whole, "train").tolist())
    assert len(made.folds) == 4 * times
    for round_of_folds in (made.folds[:4], made.folds[4:]):
        held_out = [number for fold in round_of_folds for number in numbers(fold, "validation").tolist()]
        assert not round_of_folds or sorted(held_out) == sorted(whole)
    for fold in made.folds:
        train, validation, test = group_sets(dataset, fold)
        assert len(train | validation | test) == len(train) + len(validation) + len(test)
        assert len(numbers(fold, "train")) <= 100
        if classes:
            assert len(np.unique(fold.y_train)) == len(np.unique(fold.y_validation)) == classes


def test_groups_depend_on_seed_and_repeat_and_parts_have_about_the_size_asked_for():
    groups = np.repeat(np.arange(100), 5)
    dataset = numbered(500, 2, groups=groups)
    made = [split(dataset, seed=0, repeat=repeat, scaling="none") for repeat in (0, 1)]
    assert set(numbers(made[0], "validation")) != set(numbers(made[1], "validation"))
    assert set(numbers(split(dataset, seed=1, scaling="none"), "test")) != set(numbers(made[0], "test"))
    assert [len(numbers(made[0], part)) for part in PARTS] == [300, 100, 100]
    folds = [cross_split(dataset, folds=Folds(4, 2), seed=0, repeat=repeat, scaling="none") for repeat in (0, 1)]
    assert folds[0].fingerprints["test"] == folds[1].fingerprints["test"] == made[0].fingerprints["test"]
    assert folds[0].fingerprints["validation"] != folds[1].fingerprints["validation"]
    first, second = (set(numbers(folds[0].folds[number], "validation")) for number in (0, 4))
    assert first != second


def test_one_large_group_does_not_change_the_size_of_the_test_part():
    """Half of the rows are of one group, and the other rows of 100: the share is of rows, not of groups."""
    groups = np.concatenate([np.zeros(500, int), np.repeat(np.arange(1, 101), 5)])
    for seed in range(10):
        assert len(split(numbered(1000, 2, groups=groups), seed=seed).x_test) == pytest.approx(200, abs=10)


def test_groups_are_stratified_as_far_as_they_allow():
    """Each group is of one class only: a draw of groups without regard to classes would miss the share often."""
    y = np.repeat([0] * 40 + [1] * 10, 4)
    groups = np.repeat(np.arange(50), 4)
    shares = []
    for seed in range(20):
        dataset = Dataset(
            "one",
            np.arange(200, dtype=np.float32)[:, None],
            y,
            "classification",
            ("number",),
            ("a", "b"),
            groups=groups,
        )
        shares += [split(dataset, seed=seed).y_test.mean()]
        folds = cross_split(dataset, folds=Folds(4), seed=seed).folds
        assert all(0.1 <= fold.y_validation.mean() <= 0.3 for fold in folds)
    assert max(abs(share - 0.2) for share in shares) < 0.06


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([0, 2]), st.integers(0, 2**32 - 1), st.integers(20, 300), st.none() | st.integers(30, 90), seeds)
def test_parts_follow_each_other_in_time(classes, random, different, train, seed):
    order = np.random.default_rng(random).integers(0, different, 300).astype(float)
    dataset = numbered(300, classes, order=order)
    made = split(dataset, scaling="none", seed=seed, train=train)
    times = [order[numbers(made, part)] for part in PARTS]
    for earlier, later in pairwise(times):
        assert earlier.max() < later.min(), "also rows of one time are in one part"
    at_a_time = np.bincount(order.astype(int)).max()
    assert all(abs(len(times[place]) - 60) <= at_a_time for place in (1, 2))
    other = split(dataset, scaling="none", seed=seed + 1, repeat=3, train=train)
    assert other.fingerprints == made.fingerprints
    unlimited = order[numbers(split(dataset, scaling="none", seed=seed), "train")]
    assert sorted(times[0]) == sorted(unlimited)[-len(times[0]) :], "a limit keeps the latest"
    assert len(times[0]) == min(train or 300, len(unlimited))


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([0, 2]), st.integers(0, 2**32 - 1), st.integers(40, 300), seeds)
def test_folds_by_time_are_trained_on_the_past_only(classes, random, different, seed):
    order = np.random.default_rng(random).integers(0, different, 300).astype(float)
    dataset = numbered(300, classes, order=order)
    made = cross_split(dataset, folds=Folds(4), scaling="none", seed=seed)
    last = -np.inf
    for fold in made.folds:
        train, validation, test = (order[numbers(fold, part)] for part in PARTS)
        assert train.max() < validation.min()
        assert validation.max() < test.min()
        assert train.min() == order.min(), "windows expand"
        assert validation.min() == order[order > train.max()].min()
        assert validation.min() > last
        last = validation.max()
    assert len(made.folds) == 4
    assert len(numbers(made.whole, "train")) + len(numbers(made, "test")) == 300
    assert (
        cross_split(dataset, folds=Folds(4), scaling="none", seed=seed + 1, repeat=2).fingerprints == made.fingerprints
    )


def test_the_cut_is_the_nearest_change_of_time():
    """Six years of 10 rows: a share of 0.2 are 12 rows, nearest to the last year alone."""
    made = split(numbered(60, 0, order=np.repeat(np.arange(6.0), 10)), scaling="none", seed=0)
    assert numbers(made, "test").tolist() == list(range(59, 49, -1))
    assert numbers(made, "validation").tolist() == list(range(49, 39, -1))
    six = numbered(60, 0, order=np.repeat(np.arange(6.0), 10))
    equally_near = split(six, scaling="none", seed=0, test=15, validation=10)
    assert len(equally_near.x_test) == 20, "of two cuts as near, the earlier one"


def test_splits_without_groups_and_order_are_as_before():
    made = [split(load(DataSettings(source=name)), seed=3, repeat=2, train=60) for name in ("iris", "diabetes")]
    assert [each.fingerprints for each in made] == [
        {"train": "016609ea4131cfd8", "validation": "dd2da9d8a6421476", "test": "a6b100b993549096"},
        {"train": "150c762ebd047825", "validation": "ce1c19b68df29281", "test": "36f7bafffa58beb8"},
    ]
    folds = cross_split(load(DataSettings(source="iris")), folds=Folds(3, 2), seed=3, repeat=2, train=50)
    assert folds.fingerprints["train"] == "3fae39cb6865521d"
    assert folds.fingerprints["validation"] == "3e8ef134abaed68c"
    assert made[0].alike
    assert made[0].w_train is None


@pytest.mark.parametrize(
    ("classes", "fields", "folds", "message"),
    [
        (0, {"groups": np.zeros(200, int)}, None, r"test = 0.2 needs at least 2 groups to draw from, got 1"),
        (2, {"groups": np.arange(200) * 7 % 11 % 2}, None, "the rows of class '0' are in 1"),
        (0, {"groups": np.arange(200) % 4}, 5, "at least 5 groups each, and the rows are in 3"),
        (0, {"order": np.zeros(200)}, None, "test = 0.2 needs rows of at least 2 times to cut between, got 1"),
        (0, {"order": np.arange(200) // 50 * 1.0}, 5, "at least 6 different times besides the test rows, got 3"),
        (2, {"order": np.arange(200.0) * 7 % 11 % 2}, None, r"the \d+ latest row\(s\) by time have none of class '0'"),
    ],
)
def test_what_can_not_be_drawn_is_refused_in_one_line(classes, fields, folds, message):
    dataset = numbered(classes=classes, **fields)
    with pytest.raises(DataError, match=message) as refusal:
        _ = cross_split(dataset, folds=Folds(folds), seed=0) if folds else split(dataset, seed=0)
    assert "\n" not in str(refusal.value)


def test_repeated_folds_by_time_are_refused():
    with pytest.raises(UsageError, match='write "5-fold"'):
        cross_split(numbered(order=np.arange(200.0)), folds=Folds(5, 3), seed=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"groups": np.zeros(200, int), "order": np.zeros(200)}, "group and order exclude each other"),
        ({"groups": np.zeros(199, int)}, r"groups must be int64 of shape \(200,\).* received int64 of shape \(199,\)"),
        ({"groups": np.zeros(200)}, "groups must be int64"),
        ({"order": np.full(200, np.nan)}, "order must be finite"),
        ({"weights": np.full(200, np.inf)}, "weights must be finite"),
        ({"weights": np.zeros(200)}, "weights must be at least 0, and some above"),
        ({"weights": np.arange(200.0) - 1}, "received -1 as the least"),
    ],
)
def test_invalid_fields_of_a_data_set(fields, message):
    with pytest.raises(DataError, match=message):
        numbered(**fields)


def test_weights_follow_their_rows_through_the_split():
    dataset = numbered(weights=np.arange(200.0))
    for made in (
        split(dataset, scaling="none", seed=0),
        *cross_split(dataset, folds=Folds(3), scaling="none", seed=0).folds,
    ):
        for part in PARTS:
            assert getattr(made, f"w_{part}").tolist() == numbers(made, part).tolist()
        assert not made.alike


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_weights_of_only_one_row_are_refused_in_the_parts_without_it(seed):
    weights = np.zeros(200)
    weights[5] = 1.0
    with pytest.raises(DataError, match="rows are 0, and some must not be"):
        split(numbered(weights=weights), seed=seed)


def test_the_fingerprint_tells_groups_order_and_weights_apart():
    plain, ones = numbered(), np.ones(200)
    prints = {numbered(**fields).fingerprint for fields in ({"order": ones}, {"weights": ones}, {"weights": 2 * ones})}
    assert len(prints | {plain.fingerprint}) == 4
