"""The family of functions: deterministic trainings without data, in studies with and without a search."""

import doctest
import json
import math

import optuna
import pytest
import tomli_w
from optuna.storages import InMemoryStorage

from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives import FAMILIES, FunctionObjective
from hpsearch.objectives.functions import objective as module
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan

RATES = {"SGD": ("sgd", 0.95), "Momentum": ("momentum", 0.1)}
LEVELS = {label: {"model": {"optimizer": name, "learning_rate": rate}} for label, (name, rate) in RATES.items()}


def planned(folder, **tables):
    base = {
        "name": "paths",
        "model": {"family": "function", "function": "bowl"},
        "search": {"trials": 4, "repeats": 2},
        "factors": {"optimizer": {"levels": LEVELS}},
    }
    path = folder / "paths.toml"
    path.write_text(tomli_w.dumps({key: table for key, table in (base | tables).items() if table is not None}))
    return plan(str(path))


def executed(folder, **tables):
    ready, storage = planned(folder, **tables), InMemoryStorage()
    execute(ready, storage)
    return ready, storage


def test_the_family_promises_that_its_trainings_are_deterministic():
    assert {name for name, family in FAMILIES.items() if family.deterministic} == {"function"}


def test_the_example_of_the_docstring():
    result = doctest.testmod(module)
    assert (result.failed, result.attempted) == (0, 3)


def test_an_untuned_study_is_a_path_a_variant_the_same_in_each_repeat(tmp_path):
    ready, storage = executed(tmp_path)
    assert (list(ready.objectives), ready.direction, ready.metric) == (["bowl"], "minimize", "value")
    results = load_results(storage, "paths")
    assert results.untuned == {"SGD", "Momentum"}
    values = results.runs.pivot(index="variant", columns="repeat", values="value")
    assert (values[0] == values[1]).all()
    t = 30
    exact = (-7 * (1 - 0.95 / 10) ** t) ** 2 / 20 + (2 * (1 - 0.95 * 2) ** t) ** 2
    assert values.loc["SGD", 0] == pytest.approx(exact)
    measures = results.measures.query("variant == 'SGD' and repeat == 0")
    assert measures.query("measure == 'crossings.y'")["value"].tolist() == [30]
    assert measures.query("measure == 'x'")["step"].tolist() == list(range(31))
    assert measures.query("measure == 'function_value' and step == 30")["value"].tolist() == [values.loc["SGD", 0]]
    first, second = (results.measures.query(f"repeat == {repeat}")["value"].tolist() for repeat in (0, 1))
    assert first == second


def test_a_learning_rate_is_searched_and_the_incumbents_path_is_kept(tmp_path):
    levels = {name: {"model": {"optimizer": name}} for name in ("sgd", "adam")}
    space = {"learning_rate": {"low": 1e-2, "high": 1.0, "log": True}}
    ready, storage = executed(tmp_path, factors={"optimizer": {"levels": levels}}, space=space)
    results = load_results(storage, "paths")
    assert list(ready.runs()[0].space) == ["learning_rate"]
    assert (results.trials.groupby(["variant", "repeat"]).size() == 4).all()
    ends = results.measures.query("measure == 'function_value' and step == 30").set_index(["variant", "repeat"])
    runs = results.runs.set_index(["variant", "repeat"])
    assert ends["value"].to_dict() == runs["value"].to_dict()


def test_without_a_space_the_learning_rate_is_searched_unless_it_is_fixed():
    assert list(FunctionObjective().space) == ["learning_rate"]
    assert FunctionObjective(model={"learning_rate": 0.1}).space == {}


def test_a_path_that_diverges_has_the_worst_value(tmp_path):
    levels = {"small": {"model": {"learning_rate": 1e-3}}, "large": {"model": {"learning_rate": 0.1}}}
    model = {"family": "function", "function": "valley", "optimizer": "sgd"}
    _, storage = executed(tmp_path, model=model, factors={"rate": {"levels": levels}})
    results = load_results(storage, "paths")
    trials = results.trials.set_index(["variant", "repeat"])
    assert trials.loc[("large", 0), "value"] == math.inf
    assert trials["diverged"].to_dict() == {(v, r): v == "large" for v in levels for r in (0, 1)}
    assert trials.loc[("small", 0), "value"] < 5
    distances = results.measures.query("measure == 'distance' and repeat == 0").set_index("variant")["value"]
    assert math.isnan(distances["large"])
    assert math.isfinite(distances["small"])


def test_it_is_rebuilt_from_its_content():
    model = {"function": "saddle", "start": [-1, 0.5], "optimizer": "adam", "steps": 12}
    space = {"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}
    objective = FunctionObjective(model=model, space=space)
    again = FunctionObjective.from_content(json.loads(json.dumps(objective.content)))
    assert again.content == objective.content
    params = {"learning_rate": 0.3}
    one, two = (each.retrain(params, each.seeds(0)) for each in (objective, again))
    assert (one.points == two.points).all()
    assert one.points.shape == (13, 2)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"data": {"source": "digits"}}, "[data] must be empty for the family 'function', got {'source': 'digits'}"),
        ({"model": {"family": "function", "functions": "bowl"}}, "[model] functions: unknown key 'functions' (did you"),
        ({"model": {"family": "function", "function": "bowll"}}, "[model] unknown function 'bowll' (did you mean"),
        ({"space": {"steps": {"low": 1, "high": 9}}}, "[space] steps: belongs to the task and can't be searched"),
        ({"factors": {"f": {"key": "model.function", "values": ["bowl", "saddle"]}}}, "must have the same tasks: 'b"),
        ({"record": {"loss": "step"}}, "[record] must be empty for the family 'function'"),
    ],
)
def test_other_tables_are_refused_in_a_line(tables, words, tmp_path):
    with pytest.raises(UsageError) as error:
        planned(tmp_path, **tables)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_level_that_sets_what_its_optimizer_does_not_use_is_refused(tmp_path):
    levels = {"a": LEVELS["Momentum"], "b": {"model": {"optimizer": "sgd", "momentum": 0.5}}}
    with pytest.raises(UsageError, match=r"model.momentum has no effect: optimizer 'sgd' does not use it"):
        planned(tmp_path, factors={"optimizer": {"levels": levels}})
    searched = {"levels": {"a": {"model": {"momentum": 0.5}}, "b": {"model": {"momentum": 0.9}}}}
    space = {"optimizer": {"choices": ["sgd", "momentum"]}}
    assert len(planned(tmp_path, space=space, factors={"it": searched}).runs()) == 4


def test_it_is_an_optuna_objective():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    study.optimize(FunctionObjective(model={"optimizer": "sgd"}), n_trials=3)
    assert set(study.best_trial.user_attrs["measures"]) >= {"x", "y", "function_value", "distance"}
