"""The space can choose how inputs are prepared; what is chosen is fitted on the training rows of each split."""

import itertools
import pickle
from functools import partial

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import hpsearch
from hpsearch.data import split
from hpsearch.data.preparation import Preparation
from hpsearch.errors import UsageError
from hpsearch.objectives import source
from hpsearch.objectives.data_keys import DATA_NAMES
from hpsearch.objectives.levels import merged
from hpsearch.objectives.prepared_splits import PreparedSplits
from tests.objectives.families.svc import SVCObjective

SCALINGS = {"none": "passthrough", "standard": StandardScaler(), "minmax": MinMaxScaler()}
CHOICES = {
    "data.scaling": {"choices": list(SCALINGS)},
    "data.imputation": {"choices": ["median", "mean", "most_frequent"]},
    "data.max_categories": {"low": 3, "high": 12},
}
PARAMS = {"data.scaling": "minmax", "data.imputation": "mean", "data.max_categories": 5}
FIXED = {"scaling": "minmax", "imputation": "mean", "max_categories": 5}
LINEAR = {"estimator": "logistic_regression", "max_iter": 500}
NETWORK = {"hidden_layer_sizes": [6], "epochs": 3}


def table(rows=160, seed=0):
    """A table with skewed numbers, missing ones, and many cities; each size is different."""
    rng = np.random.default_rng(seed)
    income, age = rng.lognormal(3, 1.5, rows), rng.normal(45, 12, rows)
    frame = pd.DataFrame(
        {
            "size": np.float32(rng.permutation(rows) / 8),
            "income": np.where(rng.random(rows) < 0.3, np.nan, income),
            "age": np.where(rng.random(rows) < 0.2, np.nan, age),
            "city": rng.choice(list("abcdefghijklmno"), rows),
        }
    )
    odds = np.log(income) - 3 + (age - 45) / 12 + rng.normal(size=rows)
    return frame.assign(churned=np.where(odds > 0, "yes", "no"), spent=odds)


FRAME = table()


def estimator(model=LINEAR, space=CHOICES, frame=FRAME, **data):
    data = {"frame": frame, "target": "churned", "ignore": ["spent"], **data}
    return hpsearch.EstimatorObjective(data, model=model, space=space, seed=3, repeat=1)


def network(space=CHOICES, target="churned", **data):
    other = {"churned": "spent", "spent": "churned"}[target]
    data = {"frame": FRAME, "target": target, "ignore": [other], **data}
    return hpsearch.MLPObjective(data, model=NETWORK, space=space, seed=3, repeat=1)


def value(objective, params, seeds=0):
    return objective.retrain(params, objective.seeds(seeds)).validation


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    """Begin each test without kept splits; return what is prepared in it."""
    prepared = []

    class Counting(PreparedSplits):
        def get(self, key, prepare):
            return super().get(key, lambda: (prepared.append(key), prepare())[1])

    monkeypatch.setattr(source, "PREPARED", Counting(2**20))
    return prepared


def by_hand(objective, scaling, imputation, fitted_on):
    """Return the validation accuracy of scikit-learn's parts, with the preparation fitted on some parts."""
    sizes = split(objective._source.dataset, scaling="none", seed=3, repeat=1)  # the size tells which row it is
    frame = FRAME.set_index("size")
    rows = {part: frame.loc[getattr(sizes, f"x_{part}")[:, 0]] for part in ("train", "validation")}
    preparation = make_pipeline(SimpleImputer(strategy=imputation, add_indicator=True), SCALINGS[scaling])
    inputs = {part: each.reset_index()[["size", "income", "age"]] for part, each in rows.items()}
    preparation.fit(pd.concat([inputs[part] for part in fitted_on]))
    model = LogisticRegression(max_iter=500).fit(preparation.transform(inputs["train"]), rows["train"]["churned"])
    right = model.predict_proba(preparation.transform(inputs["validation"]))
    return -np.log(right[np.arange(len(right)), (rows["validation"]["churned"] == "yes").astype(int)]).mean()


@pytest.mark.parametrize(("scaling", "imputation"), [("none", "mean"), ("minmax", "median"), ("standard", "mean")])
def test_it_is_fitted_on_the_training_rows_alone(scaling, imputation, monkeypatch, kept):
    objective = estimator(ignore=["spent", "city"], metric="neg_log_loss", space={**CHOICES})
    params = {"data.scaling": scaling, "data.imputation": imputation}
    honest = value(objective, params)
    assert honest == pytest.approx(by_hand(objective, scaling, imputation, ["train"]), rel=1e-4)
    leaking = by_hand(objective, scaling, imputation, ["train", "validation"])
    assert honest != pytest.approx(leaking, rel=1e-4), "validation rows tell something, so that a leak would be seen"
    every, fit = objective._source.dataset.x, Preparation.fit
    monkeypatch.setattr(Preparation, "fit", lambda columns, x, *more, **named: fit(columns, every, *more, **named))
    monkeypatch.setattr(source, "PREPARED", PreparedSplits(0))
    source._split.cache_clear()
    assert value(objective, params) != pytest.approx(honest, rel=1e-6), "this test would see such a leak"
    source._split.cache_clear()


@pytest.mark.parametrize("make", [estimator, network])
def test_a_trial_is_that_of_a_study_that_fixes_what_it_chose(make):
    make = partial(make, metric="neg_log_loss")
    searching, fixing = make(), make(space={}, **FIXED)
    assert value(searching, PARAMS) == value(fixing, {})
    assert value(searching, {}) == value(make(space={}), {}) != value(fixing, {}), "otherwise the defaults hold"
    one, other = searching.judge(PARAMS, 4, 2), fixing.judge({}, 4, 2)
    assert (one.value, one.validation) == (other.value, other.validation)
    model, same = searching.final_model(PARAMS), fixing.final_model({})
    assert model.preparation.feature_names == same.preparation.feature_names
    assert sum("city" in name for name in model.preparation.feature_names) == 5
    pd.testing.assert_frame_equal(model.predictions(FRAME), same.predictions(FRAME))


def test_targets_of_a_regression_are_scaled_as_the_trial_chose():
    searching = network(target="spent", metric="neg_mean_absolute_error")
    fixing = network(space={}, target="spent", metric="neg_mean_absolute_error", **FIXED)
    assert value(searching, PARAMS) == value(fixing, {})
    assert searching.prepared(PARAMS).data.y_scale == fixing.data.y_scale != searching.data.y_scale
    pd.testing.assert_frame_equal(
        searching.final_model(PARAMS).predictions(FRAME), fixing.final_model({}).predictions(FRAME)
    )


def test_each_fold_is_prepared_by_its_own_training_rows():
    searching, fixing = estimator(validation="3-fold"), estimator(space={}, validation="3-fold", **FIXED)
    one, other = (each.retrain(params, each.seeds(2)) for each, params in ((searching, PARAMS), (fixing, {})))
    assert one.measures() == other.measures()
    assert one.judgement().value == other.judgement().value
    starts = {float(fold.x_train[:, 1].min()) for fold in searching.prepared(PARAMS).data.folds}
    assert starts == {0.0}, "minmax, in each fold"
    assert any(fold.x_validation[:, 1].max() > 1 for fold in searching.prepared(PARAMS).data.folds)


def test_all_choices_have_the_same_rows():
    objective = estimator()
    prepared = [objective.prepared({"data.scaling": scaling}) for scaling in SCALINGS]
    assert len({tuple(each.fingerprints().items()) for each in prepared}) == 1
    for one, other in itertools.pairwise(prepared):
        np.testing.assert_array_equal(one.data.y_validation, other.data.y_validation)
        np.testing.assert_array_equal(one.data.y_test, other.data.y_test)


def test_what_was_chosen_before_is_not_prepared_again(kept):
    objective = estimator(space={"data.imputation": CHOICES["data.imputation"]})
    assert not kept, "the default is prepared once, as without a search"
    for imputation in ("mean", "median", "mean", "most_frequent", "mean"):
        value(objective, {"data.imputation": imputation})
    assert len(kept) == 2
    again = pickle.loads(pickle.dumps(objective))
    value(again, {"data.imputation": "mean"})
    assert len(kept) == 2, "also where it was received anew"
    value(objective.for_repeat(2), {"data.imputation": "mean"})
    assert len(kept) == 3
    other = estimator(space={"data.imputation": CHOICES["data.imputation"]}, frame=table(seed=1))
    value(other, {"data.imputation": "mean"})
    assert len(kept) == 4


def test_kept_splits_have_a_largest_size():
    rows = [estimator().prepared({"data.scaling": scaling}).data for scaling in ("none", "minmax", "none")]
    size, made = rows[0].nbytes, []
    splits = PreparedSplits(2 * size)
    for key in (0, 1, 0, 2, 0, 1):
        splits.get(key, lambda key=key: made.append(key) or rows[key])
    assert made == [0, 1, 2, 1], "the last used ones are kept"
    small = PreparedSplits(size - 1)
    assert [small.get(0, lambda: made.append(3) or rows[0]) for _ in range(2)] == [rows[0]] * 2
    assert made[4:] == [3, 3]


def test_a_process_that_received_it_needs_no_file(tmp_path, monkeypatch):
    FRAME.to_csv(tmp_path / "table.csv", index=False)
    data = {"source": "csv", "path": str(tmp_path / "table.csv"), "target": "churned", "ignore": ["spent"]}
    objective = hpsearch.EstimatorObjective(data, model=LINEAR, space=CHOICES, seed=3)
    expected, sent = value(objective, PARAMS), pickle.dumps(objective)
    (tmp_path / "table.csv").unlink()
    source.LOADED.clear()
    source._split.cache_clear()
    monkeypatch.setattr(source, "PREPARED", PreparedSplits(0))
    assert value(pickle.loads(sent), PARAMS) == expected


def test_content_has_a_key_in_one_place_and_rebuilds(tmp_path):
    FRAME.to_csv(tmp_path / "table.csv", index=False)
    data = {"source": "csv", "path": str(tmp_path / "table.csv"), "target": "churned", "ignore": ["spent"]}
    data["metric"] = "neg_log_loss"
    space = {"data.scaling": CHOICES["data.scaling"], "data.max_categories": CHOICES["data.max_categories"]}
    where = {"seed": 3, "repeat": 1}
    objective = hpsearch.EstimatorObjective({**data, "imputation": "mean"}, model=LINEAR, space=space, **where)
    assert objective.content["space"] == space
    assert {key for key in objective.content["data"] if f"data.{key}" in DATA_NAMES} == {"imputation"}
    rebuilt = hpsearch.EstimatorObjective.from_content(objective.content, **where)
    assert rebuilt.content == objective.content
    fixing = estimator(space={}, metric="neg_log_loss", **FIXED)
    assert rebuilt.defaults == {"data.scaling": "standard", "data.max_categories": 100}
    params = {"data.scaling": "minmax", "data.max_categories": 5}
    assert value(rebuilt, params) == value(objective, params) == value(fixing, {})


def test_conditions_reach_both_ways():
    space = {
        "C": {"low": 0.1, "high": 10.0, "log": True, "when": {"data.scaling": ["standard", "minmax"]}},
        "data.scaling": CHOICES["data.scaling"],
        "kernel": {"choices": ["rbf", "linear"]},
        "data.imputation": {"choices": ["mean", "median"], "when": {"kernel": "rbf"}},
    }
    objective = estimator({"estimator": "svm"}, space)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=12)
    for trial in study.trials:
        assert ("C" in trial.params) == (trial.params["data.scaling"] != "none")
        assert ("data.imputation" in trial.params) == (trial.params["kernel"] == "rbf")
    assert {trial.params["data.scaling"] for trial in study.trials} == set(SCALINGS)
    fixed = {"C": {"low": 0.1, "high": 10.0, "when": {"data.scaling": "minmax"}}}
    assert list(estimator({"estimator": "svm"}, fixed, scaling="minmax").space) == ["C"]
    assert not estimator({"estimator": "svm"}, fixed, scaling="minmax").conditions
    with pytest.raises(UsageError, match=r"\[space\] C: when data.scaling = 'minmax' never holds: it is 'standard'"):
        estimator({"estimator": "svm"}, fixed)


@pytest.mark.parametrize(
    ("space", "data", "message"),
    [
        (
            {"data.scaling": CHOICES["data.scaling"]},
            {"scaling": "standard"},
            r"is fixed in \[data\] too \(at 'standard'",
        ),
        (
            {"data.group": {"choices": ["city"]}},
            {},
            r"group: can't be searched, since .*choose from data.scaling, data.im",
        ),
        ({"data.metric": {"choices": ["roc_auc"]}}, {}, r"metric: can't be searched"),
        ({"data.scalings": CHOICES["data.scaling"]}, {}, r"unknown key 'data.scalings' \(did you mean 'data.scaling'"),
        ({"scaling": CHOICES["data.scaling"]}, {}, r'\[space\] scaling: .* write "data.scaling"'),
        ({"data.scaling": {"choices": ["none", "robust"]}}, {}, r"\[space\] data.scaling: unknown scaling 'robust'"),
        ({"data.scaling": {"low": 0, "high": 1}}, {}, r"\[space\] data.scaling: unknown scaling 0"),
        ({"data.max_categories": {"low": 1, "high": 9}}, {}, r"max_categories must be a whole number >= 2, got 1"),
        ({"data.max_categories": {"low": 2, "high": 9999}}, {}, r"max_categories must be at most 1,000"),
        ({"data.max_categories": {"low": 2.0, "high": 9.0}}, {}, r"max_categories must be a whole number"),
        ({"C": {"low": 1.0, "high": 2.0, "when": {"scaling": "none"}}}, {}, r'write "data.scaling"'),
        ({"C": {"low": 1.0, "high": 2.0, "when": {"data.test": 0.2}}}, {}, r"data.test: can't be searched"),
    ],
)
def test_errors_are_one_line(space, data, message):
    with pytest.raises(UsageError, match=message) as raised:
        estimator({"estimator": "svm"}, space, **data)
    assert "\n" not in str(raised.value)


def test_settings_of_data_in_memory_are_fixed_where_they_are_not_defaults():
    fixed = estimator(space={}, scaling="minmax")._source.data
    with pytest.raises(UsageError, match=r"data.scaling: is fixed in \[data\] too \(at 'minmax'\)"):
        hpsearch.EstimatorObjective(fixed, model=LINEAR, space=CHOICES)


def test_a_level_can_search_what_data_in_memory_fixes():
    fixing = estimator(space={"C": {"low": 0.1, "high": 1.0}}, scaling="minmax", imputation="mean")
    data = {key: value for key, value in fixing.content["data"].items() if key != "fingerprint"}
    base = {"data": data, "model": {"family": "estimator", **LINEAR}, "space": fixing.content["space"]}
    tables = merged(base, [{"space": {"data.scaling": CHOICES["data.scaling"]}}])
    varied = fixing.varied({**tables, "model": LINEAR}, hpsearch.EstimatorObjective)
    assert list(varied.space) == ["C", "data.scaling"]
    assert varied.content["data"] == {key: each for key, each in fixing.content["data"].items() if key != "scaling"}
    assert value(varied, {"C": 0.5, "data.scaling": "minmax"}) == value(fixing, {"C": 0.5})


def test_a_family_that_does_not_say_so_searches_none():
    with pytest.raises(UsageError, match=r"\[space\] data.scaling: this family searches no keys of \[data\]"):
        SVCObjective("iris", space=CHOICES)
    with pytest.raises(UsageError, match=r"\[space\] data.scaling: this family searches no keys of \[data\]"):
        hpsearch.objectives.FunctionObjective(space=CHOICES)


def test_settings_without_effect_have_a_reason():
    complete = FRAME.fillna({"income": 1.0, "age": 2.0})
    assert set(estimator(frame=complete).ineffective) == {"data.imputation"}
    assert set(estimator(ignore=["spent", "city"]).ineffective) == {"data.max_categories"}
    assert not estimator().ineffective
    assert set(network(ignore=["spent", "city"]).ineffective) >= {"data.max_categories"}


def test_a_wide_choice_counts_for_the_size_of_a_network():
    narrow = network(space={"data.max_categories": {"low": 2, "high": 3}})
    wide = network(space={"data.max_categories": {"low": 2, "high": 9}})
    assert wide.most_inputs - narrow.most_inputs == 6
    assert network(space={}).most_inputs == network(space={}).data.n_inputs


@pytest.mark.parametrize("key", ["data.scaling", "data.imputation", "data.max_categories"])
def test_nothing_changes_without_such_a_key(key):
    plain = estimator(space={"C": {"low": 0.1, "high": 1.0}})
    assert plain.prepared({"C": 0.5}) is plain
    assert key.removeprefix("data.") not in plain.content["data"]
    assert "dataset" not in plain.__getstate__()
