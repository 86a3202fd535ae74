"""Sizes of hidden layers as text: "N x M" means N layers of M units."""

import pytest

from hpsearch.checks import MOST_LAYERS
from hpsearch.errors import UsageError
from hpsearch.nn import Hyperparameters
from hpsearch.nn.layer_sizes import expanded


@pytest.mark.parametrize("text", ["3 x 100", "3x100", " 3  x 100 ", "03 x 0100"])
def test_layers_x_units(text):
    assert Hyperparameters(hidden_layer_sizes=text).hidden_layer_sizes == (100, 100, 100)
    assert Hyperparameters(hidden_layer_sizes=text) == Hyperparameters(hidden_layer_sizes=[100] * 3)


@pytest.mark.parametrize(
    "text", ["0 x 5", "5 x 0", "x 5", "5 x", "-1 x 5", "2.0 x 5", "5", "2 x 3 x 4", "٣ x 5", "2 X 5"]
)
def test_other_text_is_refused(text):
    with pytest.raises(UsageError, match="hidden_layer_sizes must be whole numbers >= 1") as error:
        Hyperparameters(hidden_layer_sizes=text)
    assert '"3 x 100" (layers x units)' in str(error.value)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("number", [MOST_LAYERS + 1, 10**17])
def test_too_many_layers_are_refused_before_they_are_made(number):
    with pytest.raises(UsageError, match=f"at most 1,000 layers, got {number:,}"):
        Hyperparameters(hidden_layer_sizes=f"{number} x 1")


def test_text_in_a_list_is_no_size():
    with pytest.raises(UsageError, match="must be whole numbers >= 1"):
        Hyperparameters(hidden_layer_sizes=["2 x 5"])


@pytest.mark.parametrize("other", ["wrong", 5, [5], None])
def test_only_the_text_is_expanded(other):
    assert expanded("2 x 5") == [5, 5]
    assert expanded(other) is other
