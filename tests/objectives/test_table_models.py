"""Models of tables with missing values, categories and dates: a study, its program, and the model for use."""

import numpy as np
import pandas as pd
import pytest
from optuna.storages import InMemoryStorage
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import hpsearch
from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.data import load, rows_without_test
from hpsearch.data.settings import DataSettings
from hpsearch.data.sources.csv_file import read_rows
from hpsearch.errors import DataError
from hpsearch.estimators import MLPClassifier
from hpsearch.estimators.tabular import TabularModel
from hpsearch.objectives.estimators.objective import EstimatorObjective
from hpsearch.seeding import integer
from tests.people import ROLES, for_hand, people, preparation_by_hand

PARAMS = {"learning_rate": 0.02, "weight_decay": 1e-4}


@pytest.fixture
def data(tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    return {"source": "csv", "path": str(tmp_path / "people.csv"), "target": "kind", **ROLES}


@pytest.fixture
def network(data):
    return hpsearch.MLPObjective(data, model={"hidden_layer_sizes": [8], "epochs": 5}, seed=3, repeat=1)


def by_hand(estimator, frame):
    pipeline = make_pipeline(preparation_by_hand(), StandardScaler(), estimator)
    return pipeline.fit(for_hand(frame), (frame["kind"] == "young").astype(int))


def searched_rows(data):
    return rows_without_test(load(DataSettings(**data)), test=0.2, seed=3)


@pytest.mark.parametrize("all_rows", [False, True])
def test_the_model_for_use_predicts_what_a_pipeline_by_hand_does(all_rows, data, network):
    frame = people().iloc[slice(None) if all_rows else searched_rows(data)]
    estimator = MLPClassifier((8,), epochs=5, **PARAMS, random_state=integer(3, 1, "final model"))
    model, new = network.final_model(PARAMS, all_rows=all_rows), people(seed=1)
    hand = by_hand(estimator, frame)
    np.testing.assert_allclose(model.predict_proba(new), hand.predict_proba(for_hand(new)), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "kind", "settings", "differing"),
    [
        ("logistic_regression", LogisticRegression, {}, 0),
        ("random_forest", RandomForestClassifier, {"n_estimators": 9}, 0.01),  # a rounded number can pass a threshold
    ],
)
def test_models_of_scikit_learn_do_too(name, kind, settings, differing, data):
    objective = EstimatorObjective(data, model={"estimator": name, **settings}, space={}, seed=3)
    model, new = objective.final_model({}), people(seed=1)
    seeds = {"random_state": integer(3, 0, "final model")}
    hand = by_hand(kind(**settings, **seeds), people().iloc[searched_rows(data)])
    difference = np.abs(model.predict_proba(new) - hand.predict_proba(for_hand(new))).max(axis=1)
    assert (difference > 1e-4).mean() <= differing


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("mlp", SklearnMLP, {"hidden_layer_sizes": [20], "learning_rate_init": 0.2, "max_iter": 30}),
        ("hist_gradient_boosting", HistGradientBoostingClassifier, {"max_iter": 5}),
        ("extra_trees", ExtraTreesClassifier, {"n_estimators": 5}),
    ],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_with_inputs_rounded_alike_even_unstable_trainings_are_equal(name, kind, settings, data):
    model = EstimatorObjective(data, model={"estimator": name, **settings}, space={}, seed=3).final_model({})
    rounded = FunctionTransformer(lambda x: x.astype(np.float32).astype(np.float64))
    narrow = FunctionTransformer(lambda x: x.astype(np.float32))
    estimator = kind(**settings, random_state=integer(3, 0, "final model"))
    hand = make_pipeline(preparation_by_hand(), rounded, StandardScaler(), narrow, estimator)
    frame, new = people().iloc[searched_rows(data)], people(seed=1)
    with ONE_BLAS_THREAD.hold():
        hand.fit(for_hand(frame), frame["kind"])
    np.testing.assert_array_equal(model.predict_proba(new), hand.predict_proba(for_hand(new)))
    np.testing.assert_array_equal(model.predict(new), hand.predict(for_hand(new)))


def test_what_is_saved_predicts_the_same_from_a_file(network, tmp_path):
    model, new = network.final_model(PARAMS), people(seed=1)
    model.save(tmp_path / "people.model")
    loaded = TabularModel.load(tmp_path / "people.model")
    assert loaded.columns == model.columns
    pd.testing.assert_frame_equal(loaded.predictions(new), model.predictions(new))
    new.to_csv(tmp_path / "new.csv", index=False)
    pd.testing.assert_frame_equal(
        loaded.predictions(read_rows(tmp_path / "new.csv", loaded.columns).frame), model.predictions(new)
    )


def test_new_rows_can_miss_every_value_and_hold_new_categories(network):
    model, rows = network.final_model(PARAMS), people().head(3)
    empty = rows.assign(**dict.fromkeys(["colour", "age", "size", "open", "joined", "zip"]))
    assert np.isfinite(model.predict_proba(empty)).all()
    strange = rows.assign(colour="pink", zip=1)
    assert model.notes(rows) == ()
    assert [note.split(" holds ")[0] for note in model.notes(strange)] == ["column 'colour'", "column 'zip'"]
    assert np.isfinite(model.predict_proba(strange)).all()
    with pytest.raises(DataError, match=r"column 'colour' holds 'pink', .*; column 'zip' holds '1'"):
        model.predict(strange, ignores_unknown=False)


def test_a_program_prepares_the_same_way(data, tmp_path, monkeypatch, capsys):
    import tomli_w

    from hpsearch.analysis.best import best
    from hpsearch.execution import execute
    from hpsearch.report.python_code import program
    from hpsearch.results.load import load_results
    from hpsearch.study.plan import plan

    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    search = {"trials": 2, "strategies": ["random"], "repeats": 1, "retrain": 1}
    model = {"family": "estimator", "estimator": "logistic_regression"}
    study = {"name": "people", "search": search, "data": data | {"imputation": "mean"}, "model": model}
    (tmp_path / "people.toml").write_text(tomli_w.dumps(study))
    storage = InMemoryStorage()
    for _ in range(2):  # a finished study is continued with the same data
        execute(plan(str(tmp_path / "people.toml")), storage, jobs=1)
    results = load_results(storage, "people")
    (chosen,) = best(results)
    exec(compile(program(results, chosen), "best.py", "exec"), {})
    assert float(capsys.readouterr().out.split(": ")[1]) == pytest.approx(chosen.test_mean, abs=1e-9)
