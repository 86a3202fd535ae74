"""Splits of a cross-validation."""

from collections import Counter

import numpy as np
import pytest

from hpsearch.data import Dataset, DataSettings, cross_split, load, split
from hpsearch.data.folds import Folds, folds
from hpsearch.errors import UsageError


def numbered(classes: int, rows: int = 60) -> Dataset:
    """Return rows whose first column is their number; without classes, a regression."""
    number = np.arange(rows, dtype=np.float32)
    y = (np.arange(rows) % classes).astype(np.int64) if classes else np.sin(number)
    return Dataset(
        name="numbered",
        x=number[:, np.newaxis],
        y=y,
        task="classification" if classes else "regression",
        feature_names=("number",),
        class_names=tuple(map(str, range(classes))),
    )


def rows(part) -> list[int]:
    return [int(number) for number in part[:, 0]]


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("times", [1, 2])
def test_every_row_that_is_no_test_row_is_held_out_once_a_time(classes, times):
    dataset = numbered(classes)
    made = cross_split(dataset, folds=Folds(4, times), scaling="none", seed=3, repeat=1)
    assert len(made.folds) == 4 * times
    rest = set(range(60)) - set(rows(made.x_test))
    assert Counter(number for each in made.folds for number in rows(each.x_validation)) == dict.fromkeys(rest, times)
    for each in made.folds:
        assert set(rows(each.x_train)) == rest - set(rows(each.x_validation))
        assert rows(each.x_test) == rows(made.x_test)
        if classes:
            assert np.ptp(np.bincount(each.y_validation)) <= 1, "stratified"
    assert sorted(rows(made.whole.x_train)) == sorted(rest)
    assert rows(made.x_validation) == rows(made.folds[0].x_validation)
    assert len(made.whole.x_validation) == 0


def test_the_test_rows_are_those_of_a_hold_out():
    dataset = numbered(3)
    made = [cross_split(dataset, folds=Folds(4), scaling="none", seed=3, repeat=repeat) for repeat in (0, 1)]
    assert rows(made[0].x_test) == rows(made[1].x_test) == rows(split(dataset, scaling="none", seed=3).x_test)
    assert made[0].fingerprints["test"] == made[1].fingerprints["test"]
    assert made[0].fingerprints["validation"] != made[1].fingerprints["validation"]
    again = cross_split(dataset, folds=Folds(4), scaling="none", seed=3)
    assert again.fingerprints == made[0].fingerprints


def test_each_fold_is_scaled_by_its_own_train_rows():
    made = cross_split(numbered(0), folds=Folds(4), seed=0)
    for each in (*made.folds, made.whole):
        assert each.x_train.mean() == pytest.approx(0, abs=1e-6)
        assert each.y_train.std() == pytest.approx(1, rel=1e-5)
    assert len({each.x_test[0, 0] for each in made.folds}) == 4
    assert len({each.y_scale for each in made.folds}) == 4


def test_fewer_train_rows():
    made = cross_split(numbered(3), folds=Folds(4), train=15, seed=0)
    assert [len(each.x_train) for each in made.folds] == [15] * 4
    assert len(made.whole.x_train) == 15
    assert made.nbytes == sum(each.nbytes for each in (*made.folds, made.whole))


@pytest.mark.parametrize("text", ["3 x 5-fold", "3x5-fold", "3 × 5-fold"])
def test_repetitions(text):
    assert folds(text) == Folds(5, 3)
    assert DataSettings(validation=text).validation == text


REFUSED = {
    "another form": (
        "5 folds",
        'validation must be a share, a number of rows, or folds such as "5-fold" or .*got \'5 f',
    ),
    "one": ("1-fold", "validation: the number of folds must be a whole number >= 2, got 1"),
    "very many": ("101-fold", "validation: the number of folds must be at most 100, got 101"),
    "no repetition": ("0 x 5-fold", "validation: the number of repetitions must be a whole number >= 1, got 0"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_texts_that_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        DataSettings(validation=text)


def test_too_few_rows_for_the_folds():
    with pytest.raises(UsageError, match="iris: 60 folds need at least 60 rows of class 'setosa' to draw from, got 40"):
        cross_split(load(DataSettings(source="iris")), folds=Folds(60), seed=0)
    with pytest.raises(UsageError, match="numbered: 30 folds need at least 60 rows to draw from, got 48: take fewer"):
        cross_split(numbered(0), folds=Folds(30), seed=0)
