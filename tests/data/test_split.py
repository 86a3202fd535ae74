from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.data import SCALINGS, SOURCES, Dataset, load, split
from hpsearch.errors import DataError, UsageError

PARTS = ("train", "validation", "test")


def toy(rows=120, classes=3, official=0):
    """Return a data set with the row number in each row, to identify rows after a split."""
    numbers = np.arange(rows + official, dtype=np.float32)
    x = np.stack([numbers, numbers**2], axis=1)
    y = (np.arange(rows + official) % classes) if classes else np.sin(numbers)
    return Dataset(
        name="toy",
        x=x[:rows],
        y=y[:rows],
        task="classification" if classes else "regression",
        feature_names=("number", "square"),
        class_names=tuple("abcdefghij"[:classes]),
        test=(x[rows:], y[rows:]) if official else None,
    )


def rows_of(dataset, **arguments):
    """Return the row numbers of train, validation and test, in order."""
    parts = split(dataset, scaling="none", **arguments)
    return tuple(getattr(parts, f"x_{part}")[:, 0].astype(int).tolist() for part in PARTS)


shares = st.one_of(st.floats(0.1, 0.4), st.integers(10, 40))


@settings(deadline=None, max_examples=40)
@given(
    classes=st.sampled_from([0, 2, 3]),
    validation=shares,
    test=shares,
    train=st.none() | st.integers(3, 200),
    seed=st.integers(0, 2**40),
    repeat=st.integers(1, 10**6),
)
def test_invariants(classes, validation, test, train, seed, repeat):
    dataset = toy(classes=classes)
    arguments = {"validation": validation, "test": test, "seed": seed}
    first = rows_of(dataset, **arguments, repeat=repeat)
    trained, validated, tested = first
    assert rows_of(dataset, **arguments, repeat=repeat) == first
    assert sorted(trained + validated + tested) == list(range(120))
    for share, taken in ((validation, validated), (test, tested)):
        assert len(taken) == (share if isinstance(share, int) else round(share * 120))
    # Test rows depend on no repeat, other share or `train`; validation rows don't depend on `train`.
    assert rows_of(dataset, **arguments, repeat=0)[2] == tested
    assert rows_of(dataset, **(arguments | {"validation": 0.25}), repeat=repeat)[2] == tested
    capped = rows_of(dataset, **arguments, train=train, repeat=repeat)
    assert capped[1:] == first[1:]
    assert set(capped[0]) <= set(trained)
    cap = len(trained) if train is None else train
    assert min(cap, len(trained)) - max(classes, 2) < len(capped[0]) <= cap


def test_seeds_and_repeats_draw_other_rows():
    dataset = toy(rows=600)
    tests = {tuple(sorted(rows_of(dataset, seed=seed)[2])) for seed in range(10)}
    assert len(tests) == 10
    validations = {tuple(sorted(rows_of(dataset, seed=0, repeat=repeat)[1])) for repeat in range(10)}
    assert len(validations) == 10


def test_a_repeat_does_not_mean_the_same_as_a_seed():
    dataset = toy(rows=600)
    assert rows_of(dataset, seed=1, repeat=0)[1] != rows_of(dataset, seed=0, repeat=1)[1]


def test_rows_are_shuffled_and_keep_their_targets():
    dataset = toy(classes=0)
    parts = split(dataset, scaling="none", seed=5)
    for part in PARTS:
        numbers = getattr(parts, f"x_{part}")[:, 0].astype(int)
        assert numbers.tolist() != sorted(numbers)
        np.testing.assert_array_equal(getattr(parts, f"y_{part}"), dataset.y[numbers])


def test_every_part_holds_each_class_in_its_share():
    y = np.repeat([0, 1, 2], [700, 250, 50])
    dataset = replace(toy(rows=1000), y=y)
    parts = split(dataset, validation=0.2, test=100, train=400, seed=9)
    for part in PARTS:
        labels = getattr(parts, f"y_{part}")
        np.testing.assert_allclose(np.bincount(labels) / len(labels), [0.7, 0.25, 0.05], atol=1.5 / len(labels))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("scaling", SCALINGS)
def test_every_source_can_be_split(source, scaling, every_source):
    dataset = load(*every_source(source))
    parts = split(dataset, scaling=scaling, validation=0.2, test=0.2, seed=2, repeat=1)
    assert parts.task == dataset.task
    assert parts.n_inputs == len(dataset.columns.feature_names)
    assert parts.n_outputs == (len(dataset.class_names) if dataset.task == "classification" else 1)
    for part in PARTS:
        x, y = getattr(parts, f"x_{part}"), getattr(parts, f"y_{part}")
        assert x.dtype == np.float32
        assert x.flags.c_contiguous
        assert x.flags.writeable
        assert np.isfinite(x).all()
        assert y.dtype == dataset.y.dtype
        assert y.shape == (len(x),)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("classes", [0, 3])
def test_scaling_is_fitted_on_the_training_rows_alone(scaling, classes):
    dataset = toy(classes=classes)
    trained, validated, tested = rows_of(dataset, seed=4, train=30)
    parts = split(dataset, scaling=scaling, seed=4, train=30)
    shift, factor = SCALINGS[scaling](dataset.x[trained])
    for rows, x in ((trained, parts.x_train), (validated, parts.x_validation), (tested, parts.x_test)):
        np.testing.assert_allclose(x, (dataset.x[rows] - shift) * factor, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_scaled_targets_can_be_taken_back_to_their_units(scaling):
    dataset = replace(toy(classes=0), y=toy(classes=0).y * np.float32(40) + np.float32(150))
    trained, _, tested = rows_of(dataset, seed=4)
    parts = split(dataset, scaling=scaling, seed=4)
    np.testing.assert_allclose(parts.y_test * parts.y_scale + parts.y_shift, dataset.y[tested], rtol=1e-5)
    fitted = dataset.y[trained].astype(np.float64)
    expected = {"standard": (fitted.mean(), fitted.std()), "minmax": (fitted.min(), np.ptp(fitted)), "none": (0, 1)}
    np.testing.assert_allclose((parts.y_shift, parts.y_scale), expected[scaling], rtol=1e-6)


def test_the_data_set_is_left_as_it_was():
    dataset = toy(official=30)
    before = dataset.fingerprint
    split(dataset, seed=0)
    assert replace(dataset).fingerprint == before


@pytest.mark.parametrize(("test", "expected"), [(0.2, 30), (0.9, 30), (30, 30), (12, 12)])
def test_an_official_test_set_is_the_test_set(test, expected):
    dataset = toy(rows=120, official=30)
    trained, validated, tested = rows_of(dataset, test=test, seed=3)
    assert sorted(trained + validated) == list(range(120))
    assert len(tested) == len(set(tested)) == expected
    assert set(tested) <= set(range(120, 150))
    assert rows_of(dataset, test=test, seed=3, repeat=8)[2] == tested


BAD_ARGUMENTS = {
    "validation fraction": ({"validation": 1.0}, "validation must be a fraction > 0 and < 1.*got 1.0"),
    "validation nothing": ({"validation": 0}, "validation must be .* >= 1, got 0"),
    "test negative": ({"test": -0.2}, "test must be a fraction .*got -0.2"),
    "test NaN": ({"test": float("nan")}, "test must be a fraction .*got nan"),
    "test text": ({"test": "all"}, "test must be a fraction .*got 'all'"),
    "test true": ({"test": True}, "test must be a fraction .*got True"),
    "train fraction": ({"train": 0.5}, "train must be a whole number >= 1, got 0.5"),
    "train nothing": ({"train": 0}, "train must be a whole number >= 1, got 0"),
    "seed": ({"seed": -1}, "seed must be a whole number >= 0, got -1"),
    "repeat": ({"repeat": 1.5}, "repeat must be a whole number >= 0, got 1.5"),
    "scaling": ({"scaling": "standrad"}, "unknown scaling 'standrad'.*did you mean 'standard'.*minmax, none"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_a_broken_rule_is_named(case):
    arguments, message = BAD_ARGUMENTS[case]
    with pytest.raises(UsageError, match=message):
        split(toy(), **({"seed": 0} | arguments))


TOO_FEW = {
    "test below one a class": ({}, {"test": 2}, r"toy: test = 2 makes 2 row\(s\), and at least 3 are needed"),
    "validation fraction": ({}, {"validation": 0.01}, r"validation = 0.01 makes 1 row\(s\)"),
    "nothing left": ({}, {"test": 0.5, "validation": 0.5}, r"takes 60 row\(s\) of the 60 .* at least 3 must be left"),
    "test too large": ({}, {"test": 500}, r"test = 500 takes 500 row\(s\) of the 120"),
    "official test too small": ({"official": 9}, {"test": 10}, r"test = 10 takes 10 row\(s\) of the 9"),
    "train below one a class": ({}, {"train": 2}, r"train = 2 makes 2 row\(s\), and at least 3"),
    "regression": ({"classes": 0, "rows": 8}, {"test": 1}, r"test = 1 makes 1 row\(s\), and at least 2 .* no R²"),
    "tiny": ({"rows": 4, "classes": 2}, {}, r"test = 0.2 makes 1 row\(s\)"),
}


@pytest.mark.parametrize("case", TOO_FEW)
def test_too_few_rows_are_told_in_one_line(case):
    made, arguments, message = TOO_FEW[case]
    with pytest.raises(DataError, match=message) as raised:
        split(toy(**made), **({"seed": 0} | arguments))
    assert "\n" not in str(raised.value)


def test_a_class_of_one_row_is_named():
    y = np.arange(120) % 2
    y[7] = 2
    with pytest.raises(DataError, match="class 'c' has 1 row to draw from"):
        split(replace(toy(), y=y), seed=0)


def test_training_rows_of_one_value_are_refused():
    y = np.zeros(120, dtype=np.float32)
    y[[3, 50]] = 1
    dataset = replace(toy(classes=0), y=y)
    with pytest.raises(DataError, match=r"2 training row.* hold one value of the target only"):
        split(dataset, test=0.4, validation=0.4, train=2, seed=_seed_that_misses(dataset))


def _seed_that_misses(dataset):
    """Return a seed that draws two training rows with equal targets."""
    for seed in range(100):
        trained = rows_of(replace(dataset, y=dataset.x[:, 0]), test=0.4, validation=0.4, train=2, seed=seed)[0]
        if not {3, 50} & set(trained):
            return seed
    raise AssertionError("two rows of 120 were drawn a hundred times")


def test_a_column_that_leaves_float32_is_named():
    x = np.array(toy(classes=0).x)
    x[:, 1] = np.where(np.arange(120) % 2, 1e-45, 0)
    dataset = replace(toy(classes=0), x=x)
    tested = rows_of(dataset, seed=0)[2]
    x[tested[0], 1] = 1e30
    with pytest.raises(DataError, match="'standard' makes column 'square' too large for float32"):
        split(replace(dataset, x=x), seed=0)


def test_a_target_that_leaves_float32_is_told_of():
    dataset = toy(classes=0)
    y = np.float32(1) + np.spacing(np.float32(1)) * (np.arange(120) % 2).astype(np.float32)
    y[rows_of(dataset, seed=0)[2][0]] = 3e38
    with pytest.raises(DataError, match="'standard' makes the target too large for float32"):
        split(replace(dataset, y=y), seed=0)
