"""Variants of a repeat share the split, the initial weights, the order of rows and the first points of a search."""

from collections import Counter

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.space import position
from tests.factor_files import attributes, levels, over, planned

UNTUNED = {"space": {}}


def executed(folder, **changes):
    """Return the plan of a small study and the Optuna studies of its runs, by variant and repeat."""
    ready, storage = planned(folder, changes=changes), InMemoryStorage()
    execute(ready, storage)
    return ready, {
        (run.variant, run.repeat): optuna.load_study(study_name=run.name, storage=storage) for run in ready.runs()
    }


def prints(studies, variant, repeat=0, number=0):
    return studies[variant, repeat].trials[number].user_attrs["fingerprints"]


def history(trial):
    return trial.value, trial.intermediate_values, trial.user_attrs["history"]["validation_loss"]


def test_variants_of_one_shape_share_split_weights_and_order(tmp_path):
    factors = (
        over("model.optimizer", "sgd", "adam", factor="a")["factors"]
        | over("model.l1", 0.0, 0.1, factor="b")["factors"]
    )
    _, studies = executed(tmp_path, factors=factors, search={"repeats": 2})
    for repeat in (0, 1):
        runs = [study for (_, each), study in studies.items() if each == repeat]
        assert len({str(study.user_attrs["fingerprints"]) for study in runs}) == 1
        for number in range(3):
            assert len({str(study.trials[number].user_attrs["fingerprints"]) for study in runs}) == 1
    for part, repeats in (("train", 2), ("validation", 2), ("test", 1)):
        seen = {study.user_attrs["fingerprints"][part] for study in studies.values()}
        assert len(seen) == repeats, "test rows are the same in all repeats"
    seen = [prints(studies, "sgd, 0", repeat, number) for repeat in (0, 1) for number in range(3)]
    assert len({each["order"] for each in seen}) == 6
    assert len({each["weights"][0] for each in seen}) == 6


def test_layers_of_one_shape_share_their_weights_in_networks_of_other_depth_and_width(tmp_path):
    sizes = over("model.hidden_layer_sizes", [5], [5, 5], [5, 5, 5], [4, 5], factor="sizes")["factors"]
    _, studies = executed(tmp_path, factors=sizes, **UNTUNED)
    one, two, three, other = (prints(studies, label) for label in ("5", "5-5", "5-5-5", "4-5"))
    assert len({each["order"] for each in (one, two, three, other)}) == 1
    assert one["weights"][0] == two["weights"][0] == three["weights"][0] != other["weights"][0]
    assert two["weights"][1] == three["weights"][1] != other["weights"][1], "its input is narrower"
    assert one["weights"][-1] == two["weights"][-1] == three["weights"][-1] == other["weights"][-1]


def test_levels_may_be_written_as_layers_x_units(tmp_path):
    sizes = over("model.hidden_layer_sizes", "1 x 5", "3 x 5", factor="sizes")["factors"]
    ready, studies = executed(tmp_path, factors=sizes, **UNTUNED)
    assert len(prints(studies, "3 x 5")["weights"]) == 4
    contents = [variant.objectives["iris"].content["model"] for variant in ready.variants.values()]
    assert [content["hidden_layer_sizes"] for content in contents] == [[5], [5, 5, 5]]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("dropout", (0.0, 0.5)),
        ("batch_norm", (False, True)),
        ("early_stopping", (False, True)),
        ("optimizer", ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")),
        ("schedule", ("constant", "cosine", "step")),
        ("batch_size", (16, 64)),
        ("epochs", (1, 3)),
    ],
)
def test_what_does_not_draw_weights_or_order_shifts_neither(key, values, tmp_path):
    _, studies = executed(tmp_path, factors=over(f"model.{key}", *values)["factors"], **UNTUNED)
    assert len(studies) == len(values)
    assert len({str(study.trials[0].user_attrs["fingerprints"]) for study in studies.values()}) == 1


def test_scalings_have_the_same_rows_and_other_numbers(tmp_path):
    ready, studies = executed(tmp_path, factors=over("data.scaling", "standard", "none")["factors"], **UNTUNED)
    one, two = (variant.objectives["iris"].data for variant in ready.variants.values())
    assert one.fingerprints == two.fingerprints == studies["none", 0].user_attrs["fingerprints"]
    assert abs(one.x_train.mean(axis=0)).max() < 1e-5 < two.x_train.mean(axis=0).min()
    assert history(studies["standard", 0].trials[0]) != history(studies["none", 0].trials[0])


def test_hidden_weights_differ_by_initializer_and_their_order_does_not(tmp_path):
    _, studies = executed(
        tmp_path, factors=over("model.initializer", "he", "xavier", factor="it")["factors"], **UNTUNED
    )
    he, xavier = prints(studies, "he"), prints(studies, "xavier")
    assert he["order"] == xavier["order"]
    assert he["weights"][0] != xavier["weights"][0]


@pytest.mark.parametrize(
    ("key", "values", "model"),
    [
        ("patience", (50, 60), {"early_stopping": True}),
        ("train_metrics", ("running", "exact"), {}),
    ],
)
@pytest.mark.parametrize("space", [{}, {"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}])
def test_a_factor_without_effect_gives_the_same_bits(key, values, model, space, tmp_path):
    changes = {"model": model | {"epochs": 4}, "space": space, "factors": over(f"model.{key}", *values)["factors"]}
    if not space:
        del changes["space"]
        changes["factors"]["it"] = {"levels": {str(v): {"model": {key: v}, "space": {}} for v in values}}
    ready, studies = executed(tmp_path, **changes, search={"repeats": 2, "retrain": 2})
    for repeat in (0, 1):
        one, two = (studies[variant, repeat] for variant in ready.variants)
        assert [history(trial) for trial in one.trials] == [history(trial) for trial in two.trials]
        assert len(one.trials) == (3 if space else 1)
        assert one.user_attrs["test"] == two.user_attrs["test"]
        assert one.user_attrs["test_rows"] == two.user_attrs["test_rows"]


@pytest.mark.parametrize("strategy", ["random", "narrowing", "tpe"])
def test_first_points_lie_at_equal_quantiles_of_other_ranges(strategy, tmp_path):
    tuned = levels(
        "way",
        narrow={"model": {"optimizer": "sgd"}, "space": {"learning_rate": {"low": 0.01, "high": 0.1, "log": True}}},
        wide={"model": {"optimizer": "adam"}, "space": {"learning_rate": {"low": 1e-5, "high": 1.0, "log": True}}},
        more={
            "space": {
                "weight_decay": {"low": 1e-6, "high": 1e-2, "log": True},
                "learning_rate": {"low": 0.1, "high": 0.7},
            }
        },
    )["factors"]
    ready, studies = executed(tmp_path, factors=tuned, search={"repeats": 2, "strategies": [strategy]})
    for repeat in (0, 1):
        quantiles = {
            variant: [
                position(trial.params["learning_rate"], trial.distributions["learning_rate"])
                for trial in studies[variant, repeat].trials
            ]
            for variant in ready.variants
        }
        assert len(set(quantiles["narrow"])) == 3
        for variant in ("wide", "more"):
            assert quantiles[variant] == pytest.approx(quantiles["narrow"], abs=1e-9)


def test_retrainings_of_variants_share_their_seeds_whatever_trial_is_the_best():
    one = MLPObjective("iris", seed=3, repeat=1).with_separate_seeds()
    assert _state(one.seeds(0, 1)) == _state(one.seeds(7, 1))
    assert _state(one.seeds(0, 1)) != _state(one.seeds(0, 2))
    other = one.for_repeat(2)
    seeds = [
        _state(each.seeds(number, retraining))
        for each in (one, other)
        for number in range(4)
        for retraining in (range(4) if number == 0 else [0])
    ]
    assert max(Counter(seeds).values()) == 1, "no retraining has the seeds of a trial"
    assert _state(MLPObjective("iris", seed=4, repeat=1).with_separate_seeds().seeds(0)) not in seeds


def _state(seeds):
    return tuple(seeds.generate_state(4))


def test_retrainings_without_factors_depend_on_the_trial():
    one = MLPObjective("iris", seed=3, repeat=1)
    assert _state(one.seeds(0, 1)) != _state(one.seeds(7, 1))


def test_studies_without_factors_store_no_fingerprints(tmp_path):
    ready, storage = planned(tmp_path, changes={"search": {"strategies": ["random"]}}), InMemoryStorage()
    execute(ready, storage)
    study = optuna.load_study(study_name="small/random/00", storage=storage)
    assert "fingerprints" not in attributes(storage, "small/random/00")
    assert all("fingerprints" not in trial.user_attrs for trial in study.trials)
