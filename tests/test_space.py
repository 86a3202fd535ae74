import json

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.errors import UsageError
from hpsearch.space import decode, describe, distribution, suggest


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"low": 1e-6, "high": 1.0, "log": True}, FloatDistribution(1e-6, 1.0, log=True)),
        ({"low": 0, "high": 1.0}, FloatDistribution(0.0, 1.0)),
        ({"low": 0.0, "high": 1.0, "step": 0.25}, FloatDistribution(0.0, 1.0, step=0.25)),
        ({"low": 0.0, "high": 4.0, "step": 1.0}, FloatDistribution(0.0, 4.0, step=1.0)),
        ({"low": 1, "high": 9}, IntDistribution(1, 9)),
        ({"low": 1, "high": 9, "step": 2}, IntDistribution(1, 9, step=2)),
        ({"low": 1, "high": 512, "log": True}, IntDistribution(1, 512, log=True)),
        ({"choices": ["relu", "tanh"]}, CategoricalDistribution(["relu", "tanh"])),
        ({"choices": [[50], [100, 100]]}, CategoricalDistribution(["[50]", "[100, 100]"])),
        (FloatDistribution(0, 1), FloatDistribution(0, 1)),
    ],
)
def test_a_table_becomes_a_distribution(spec, expected):
    assert distribution(spec) == expected
    assert distribution(describe(expected)) == expected


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"low": 2.0, "high": 1.0}, "low must be below high, got low = 2.0, high = 1.0"),
        ({"low": 1.0, "high": 1.0}, "low must be below high"),
        ({"low": 0.0, "high": 1.0, "log": True}, "a log range must start above 0, got low = 0.0"),
        ({"low": -1, "high": 1, "log": True}, "a log range must start above 0, got low = -1"),
        ({"low": 0.0}, "high is missing"),
        ({"high": 0.0}, "low is missing"),
        ({"low": 0.0, "hihg": 1.0}, "unknown key 'hihg' (did you mean 'high'?)"),
        ({"low": "0", "high": 1}, "low must be a finite number, got '0'"),
        ({"low": float("nan"), "high": 1}, "low must be a finite number"),
        ({"low": 0, "high": float("inf")}, "high must be a finite number"),
        ({"low": False, "high": 1}, "low must be a finite number, got False"),
        ({"low": 0, "high": 1, "log": "yes"}, "log must be true or false, got 'yes'"),
        ({"low": 1, "high": 3, "log": True, "step": 1}, "step does not go with log"),
        ({"low": 1, "high": 3, "step": 0}, "step must be above 0, got 0"),
        ({"choices": []}, "choices must be a list of at least one value"),
        ({"choices": "relu"}, "choices must be a list"),
        ({"choices": [1, 2], "log": True}, "log does not go with choices"),
        ({"choices": [{}]}, "a choice must be a string, number, boolean or list"),
        ([1, 2], "must be a table"),
    ],
)
def test_what_is_no_range_is_refused_with_the_rule_and_the_value(spec, words):
    with pytest.raises(UsageError) as error:
        distribution(spec)
    assert words in str(error.value)


def test_a_chosen_list_comes_back_as_a_list():
    trial = optuna.trial.FixedTrial({"hidden_layer_sizes": "[100, 100]"})
    sizes = distribution({"choices": [[50], [100, 100]]})
    assert suggest(trial, "hidden_layer_sizes", sizes) == [100, 100]


@given(st.lists(st.integers(1, 1000), max_size=4))
def test_decode_undoes_the_encoding_of_lists(sizes):
    [encoded] = distribution({"choices": [sizes]}).choices
    assert decode(encoded) == sizes
    assert json.loads(encoded) == sizes
