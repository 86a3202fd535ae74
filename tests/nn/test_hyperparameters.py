"""Validation of every field with one-line messages; completeness of the table of rules."""

import json
import math
from dataclasses import FrozenInstanceError, asdict, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hpsearch.errors import UsageError
from hpsearch.nn import ACTIVATIONS, OPTIMIZERS, SCHEDULES, Hyperparameters
from hpsearch.nn.hyperparameters import RULES

NAMES = [field.name for field in fields(Hyperparameters)]
NONSENSE = [None, object(), "nonsense", "", math.nan, math.inf, -math.inf, -1, -0.5, [0.5], {}, 1j, np.nan, b"relu"]


def test_every_field_has_a_rule_and_a_default_that_keeps_it():
    assert list(RULES) == NAMES
    for name, value in asdict(Hyperparameters()).items():
        assert RULES[name](name, value) == value


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: f"{type(value).__name__} {value}"[:20])
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused_in_one_line_that_names_field_and_value(name, value):
    if value is getattr(Hyperparameters(), name):  # None, where a field may be left out
        return
    with pytest.raises(UsageError) as error:
        Hyperparameters(**{name: value})
    text = str(error.value)
    assert name in text
    assert repr(value) in text
    assert "\n" not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_truth_value_is_neither_number_nor_name(name):
    if isinstance(getattr(Hyperparameters(), name), bool):
        for number in (0, 1, 1.0, "true"):
            with pytest.raises(UsageError, match=f"{name} must be true or false"):
                Hyperparameters(**{name: number})
    else:
        with pytest.raises(UsageError, match=name):
            Hyperparameters(**{name: True})


@pytest.mark.parametrize("name", NAMES)
def test_numpy_values_become_pythons(name):
    default = getattr(Hyperparameters(), name)
    value = Hyperparameters(**{name: np.array(default)[()]})
    assert getattr(value, name) == default
    assert json.dumps(asdict(value))
    assert type(getattr(value, name)) is type(default)


@pytest.mark.parametrize("given", [50, [50], (50,), np.int64(50), np.array([50]), [np.int32(50)]], ids=repr)
def test_hidden_layer_sizes_become_a_tuple(given):
    sizes = Hyperparameters(hidden_layer_sizes=given).hidden_layer_sizes
    assert sizes == (50,)
    assert type(sizes[0]) is int


@pytest.mark.parametrize(
    "given",
    [0, [50, 0], [2.0], "50", [True], [[1]], 1.5, [None], np.ones((9, 9), int), iter([5])],
    ids=lambda given: type(given).__name__,
)
def test_hidden_layer_sizes_refuse(given):
    with pytest.raises(UsageError, match="hidden_layer_sizes must be whole numbers >= 1"):
        Hyperparameters(hidden_layer_sizes=given)


def test_no_hidden_layer_and_whole_numbers_for_real_ones_are_fine():
    assert Hyperparameters(hidden_layer_sizes=()).hidden_layer_sizes == ()
    assert type(Hyperparameters(learning_rate=1).learning_rate) is float


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("learning_rate", -1.0, "learning_rate must be a finite number > 0, got -1.0"),
        ("dropout", 1.0, "dropout must be a finite number >= 0 and < 1, got 1.0"),
        ("l1", 10**400, f"l1 must be a finite number >= 0, got 1{400 * '0'}"),
        ("epochs", 0, "epochs must be a whole number >= 1, got 0"),
        ("batch_size", 2.5, "batch_size must be a whole number >= 1, got 2.5"),
    ],
)
def test_wording(field, value, text):
    with pytest.raises(UsageError) as error:
        Hyperparameters(**{field: value})
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("field", "table"), [("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)]
)
def test_a_wrong_name_gets_the_choices_and_the_nearest(field, table):
    for name in table:
        assert getattr(Hyperparameters(**{field: name}), field) == name
        with pytest.raises(UsageError, match=f"did you mean '{name}'") as error:
            Hyperparameters(**{field: name + "x"})
        assert all(choice in str(error.value) for choice in table)


def test_is_frozen_and_can_be_replaced():
    with pytest.raises(FrozenInstanceError):
        Hyperparameters().epochs = 3
    with pytest.raises(UsageError):
        replace(Hyperparameters(), epochs=0)


def test_pydantic_reads_it():
    adapter = TypeAdapter(Hyperparameters)
    read = adapter.validate_python({"hidden_layer_sizes": [30, 20], "learning_rate": 1})
    assert read == Hyperparameters(hidden_layer_sizes=(30, 20), learning_rate=1.0)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_learning_rate_is_kept_or_refused(value):
    if value > 0:
        assert Hyperparameters(learning_rate=value).learning_rate == value
    else:
        with pytest.raises(UsageError):
            Hyperparameters(learning_rate=value)
