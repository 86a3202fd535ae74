"""The key `likely` of a space: checked, stored, and dropped where the next study's range leaves it."""

import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from hpsearch.analysis.diagnostics import Change
from hpsearch.analysis.next_study import _apply
from hpsearch.errors import UsageError
from hpsearch.objectives import FunctionObjective, MLPObjective
from hpsearch.objectives.estimators import EstimatorObjective
from hpsearch.run.comparable import content_hash
from hpsearch.space import likely_value

RATE = {"low": 1e-6, "high": 1.0, "log": True}


def function(**spec):
    return FunctionObjective(space={"learning_rate": RATE | spec})


def test_the_range_is_the_same_and_the_value_stands_in_the_content():
    objective = function(likely=1e-2)
    assert objective.space == function().space
    assert objective.likely == {"learning_rate": 1e-2}
    assert objective.content["space"]["learning_rate"] == RATE | {"likely": 1e-2}
    assert content_hash(objective.content) != content_hash(function().content)


def test_without_it_nothing_is_stored_of_it():
    assert function().likely == {}
    assert function().content["space"]["learning_rate"] == RATE


def test_whole_numbers_become_those_of_the_range():
    assert function(likely=1).likely == {"learning_rate": 1.0}
    assert isinstance(function(likely=1).likely["learning_rate"], float)
    assert likely_value(IntDistribution(1, 9), 3.0) == 3


def test_a_choice_that_is_a_list_is_written_as_one():
    sizes = {"choices": [[10], "2 x 20"], "likely": "2 x 20"}
    network = MLPObjective("iris", space={"hidden_layer_sizes": sizes})
    assert network.likely == {"hidden_layer_sizes": "[20, 20]"}
    assert network.content["space"]["hidden_layer_sizes"]["likely"] == [20, 20]


def test_it_goes_with_a_condition():
    gamma = {"low": 1e-3, "high": 1.0, "log": True, "when": {"kernel": ["rbf"]}, "likely": 0.1}
    space = {"kernel": {"choices": ["linear", "rbf"]}, "gamma": gamma}
    svc = EstimatorObjective("iris", model={"estimator": "svm"}, space=space)
    assert svc.likely == {"gamma": 0.1}
    assert svc.content["space"]["gamma"]["when"] == {"kernel": ["rbf"]}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (RATE | {"likely": 2.0}, r"\[space\] learning_rate: likely must be from 1e-06 to 1.0, got 2.0"),
        (RATE | {"likely": "0.1"}, "likely must be from 1e-06 to 1.0, got '0.1'"),
        (RATE | {"likely": True}, "likely must be from 1e-06 to 1.0, got True"),
        (RATE | {"likely": float("nan")}, "likely must be from 1e-06 to 1.0, got nan"),
        ({"choices": [0.1, 0.2], "likely": 0.3}, "likely must be one of the choices 0.1, 0.2, got 0.3"),
        ({"low": 0.1, "high": 0.5, "step": 0.1, "likely": 0.25}, "likely must be a multiple of step = 0.1 above low"),
        (RATE | {"likly": 0.1}, "unknown key 'likly' .did you mean 'likely'"),
    ],
)
def test_other_values_are_refused(spec, message):
    with pytest.raises(UsageError, match=message):
        FunctionObjective(space={"learning_rate": spec})


def test_whole_numbers_must_be_whole():
    with pytest.raises(UsageError, match=r"likely must be a whole number, got 2.5"):
        likely_value(IntDistribution(1, 8, log=True), 2.5)
    with pytest.raises(UsageError, match="got inf"):
        likely_value(FloatDistribution(0.0, 1.0), float("inf"))


@pytest.mark.parametrize(("low", "kept"), [(1e-4, True), (0.1, False)])
def test_the_next_study_drops_a_value_that_its_range_leaves(low, kept):
    file = {"space": {"learning_rate": RATE | {"likely": 1e-2}}}
    _apply(file, Change(("space", "learning_rate", "low"), low, 1e-6, "reason"))
    assert ("likely" in file["space"]["learning_rate"]) is kept
