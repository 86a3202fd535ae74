import inspect
from dataclasses import fields

import pytest

from hpsearch.errors import UsageError
from hpsearch.nn import Hyperparameters
from tests.estimators.tables import ESTIMATORS, problem

OWN = {"validation_fraction", "random_state"}
OTHER_DEFAULTS = {"epochs": 100}

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)


@every_estimator
def test_the_arguments_are_the_hyperparameters_and_few_of_its_own(kind):
    given = inspect.signature(ESTIMATORS[kind]).parameters
    known = {field.name: field.default for field in fields(Hyperparameters)}
    assert set(given) == set(known) | OWN
    assert {name: given[name].default for name in known} == known | OTHER_DEFAULTS


@every_estimator
def test_every_argument_is_kept_as_it_was_given(kind):
    given = {name: object() for name in inspect.signature(ESTIMATORS[kind]).parameters}
    assert ESTIMATORS[kind](**given).get_params() == given


@every_estimator
def test_every_argument_is_described(kind):
    text = inspect.getdoc(ESTIMATORS[kind].__init__)
    described = {word.strip("`,;.()") for word in text.split()}
    assert set(inspect.signature(ESTIMATORS[kind]).parameters) <= described


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Hyperparameters)} | OWN))
@every_estimator
def test_fit_names_the_argument_that_is_wrong(kind, name):
    with pytest.raises(UsageError, match=name.replace("_", "[_ ]")):
        ESTIMATORS[kind](**{name: "nonsense"}).fit(*problem(kind))


@pytest.mark.parametrize("fraction", [0, 1, 0.0, 1.0, -0.1, float("nan"), None, True])
def test_the_validation_fraction_is_a_share(fraction):
    with pytest.raises(UsageError, match="validation_fraction must be a number > 0 and < 1, got"):
        ESTIMATORS["classifier"](validation_fraction=fraction).fit(*problem("classifier"))
