"""Plans of studies with factors: which variants and runs there are, and what identifies a run."""

import json

import pytest

from hpsearch.analysis.comparison.level import ALPHA
from hpsearch.errors import UsageError
from hpsearch.execution.worker import digest
from hpsearch.objectives import MLPObjective, source
from hpsearch.run.comparable import content_hash
from hpsearch.study.plan import plan
from tests.factor_files import BASE, RATE, levels, over, planned, written

OPTIMIZERS = over("model.optimizer", "sgd", "adam", factor="optimizer")["factors"]
SCALINGS = over("data.scaling", "standard", "none", factor="scaling")["factors"]


def hashes(ready):
    return {run.variant: content_hash(run.content) for run in ready.runs()}


def test_crossed_factors_make_a_variant_of_each_combination(tmp_path):
    ready = planned(tmp_path, changes={"factors": OPTIMIZERS | SCALINGS, "search": {"repeats": 2}})
    names = ["sgd, standard", "sgd, none", "adam, standard", "adam, none"]
    assert list(ready.variants) == names
    assert [run.name for run in ready.runs()] == [f"small/{name}/0{repeat}" for repeat in (0, 1) for name in names]
    assert ready.runs()[1].levels == {"optimizer": "sgd", "scaling": "none", "strategy": "random"}


def test_each_variant_has_its_own_content_and_space(tmp_path):
    tuned = levels(
        SGD={"model": {"optimizer": "sgd"}, "space": {"learning_rate": RATE}},
        Adam={"model": {"optimizer": "adam", "learning_rate": 0.001}, "space": {"weight_decay": RATE}},
    )
    one, two = planned(tmp_path, changes=tuned | {"space": {}}).runs()
    assert (list(one.space), list(two.space)) == (["learning_rate"], ["weight_decay"])
    assert one.content["model"]["optimizer"] == "sgd"
    assert one.content["search"] == {"seed": 0, "pruner": "none"}
    assert (one.content["seeds"], one.content["family"]) == ("separate", "mlp")
    assert "factors" not in one.content
    assert one.file["factors"] == tuned["factors"]
    assert one.plan == {
        "tasks": ["iris"],
        "factors": {"optimizer": ["SGD", "Adam"], "strategy": ["random"]},
        "trials": 3,
        "repeats": 1,
        "margin": 0.0,
        "level": ALPHA,
        "retrain": 1,
    }


def test_a_study_without_factors_has_the_strategies_as_its_only_factor(tmp_path):
    ready = planned(tmp_path)
    assert ready.factors == {"strategy": ("random", "narrowing", "tpe")}
    run = ready.runs()[1]
    assert (run.name, run.variant, run.levels) == ("small/narrowing/00", "narrowing", {"strategy": "narrowing"})
    assert run.file is None
    assert "seeds" not in run.content
    assert not ready.objectives["iris"].separate_seeds
    assert list(run.content) == [
        "name", "title", "question", "data", "model", "space", "search", "strategies", "report", "strategy",
    ]  # fmt: skip


def test_an_empty_table_of_factors_is_none(tmp_path):
    ready = planned(tmp_path, "[factors]")
    assert not ready.has_factors
    assert list(ready.variants) == ["random", "narrowing", "tpe"]
    assert hashes(ready) == hashes(planned(tmp_path))


def test_strategies_are_the_last_factor(tmp_path):
    text = '[strategies.mine]\nstrategy = "tpe"\nn_startup_trials = 2\nconfirm = 0'
    changes = {"factors": OPTIMIZERS, "search": {"strategies": ["random", "mine"], "trials": 9, "confirm": 1}}
    ready = planned(tmp_path, text, changes)
    assert list(ready.variants) == ["sgd, random", "sgd, mine", "adam, random", "adam, mine"]
    assert ready.factors["strategy"] == ("random", "mine")
    assert [run.strategy for run in ready.runs()] == ["random", "mine"] * 2
    assert [run.confirm for run in ready.runs()] == [1, 0] * 2
    assert ready.runs()[1].content["strategy"] == {"strategy": "tpe", "n_startup_trials": 2}
    assert len(set(hashes(ready).values())) == 4


def test_one_strategy_is_named_in_the_content_whatever_its_label(tmp_path):
    """Else trials of another strategy would count as those of this variant."""

    def run(strategies, text=""):
        changes = {"factors": OPTIMIZERS, "search": {"strategies": strategies}}
        return planned(tmp_path, text, changes).runs()[0]

    random, tpe = run(["random"]), run(["tpe"])
    assert random.name == tpe.name == "small/sgd/00"
    assert content_hash(random.content) != content_hash(tpe.content)
    assert digest(random) != digest(tpe)
    mine = run(["mine"], '[strategies.mine]\nstrategy = "tpe"')
    assert content_hash(mine.content) == content_hash(tpe.content)


def test_strategies_with_the_same_settings_are_equal_levels(tmp_path):
    text = '[strategies.mine]\nstrategy = "random"'
    with pytest.raises(UsageError, match=r"the variants 'sgd, random' and 'sgd, mine' have the same settings"):
        planned(tmp_path, text, {"factors": OPTIMIZERS, "search": {"strategies": ["random", "mine"]}})


def test_pruner_confirmation_and_first_trial_can_be_levels(tmp_path):
    linked = levels(
        "way",
        plain={},
        pruned={"search": {"pruner": "median"}},
        confirmed={"search": {"confirm": 2}},
        defaults={"search": {"first": "defaults"}},
    )
    runs = planned(
        tmp_path, changes=linked | {"space": {"learning_rate": {"low": 1e-4, "high": 1.0}}, "search": {"trials": 9}}
    ).runs()
    assert [run.epochs for run in runs] == [None, 2, None, None]
    assert [run.confirm for run in runs] == [0, 0, 2, 0]
    assert [run.first for run in runs] == [None, None, None, {"learning_rate": 0.001}]
    assert type(runs[1].make_pruner()).__name__ == "MedianPruner"
    assert len({content_hash(run.content) for run in runs}) == 4


def test_a_level_without_anything_to_search_is_trained_once(tmp_path):
    tuned = levels(
        "tuning",
        tuned={"space": {"learning_rate": RATE}},
        fixed={"model": {"learning_rate": 0.1}},
        emptied={"space": {}},
    )
    changes = tuned | {"space": {"learning_rate": RATE}, "search": {"trials": 9, "confirm": 1, "pruner": "median"}}
    tuned_run, *untuned = planned(tmp_path, changes=changes).runs()
    assert (tuned_run.trials, tuned_run.confirm, tuned_run.epochs, tuned_run.untuned) == (9, 1, 2, False)
    for run in untuned:
        assert (run.trials, run.confirm, run.epochs, run.untuned) == (1, 0, None, True)
        assert run.plan["trials"] == 9
        assert run.space == {}
        assert type(run.make_pruner()).__name__ == "NopPruner"


GROWN = {
    "a level": lambda factors: {"optimizer": {"key": "model.optimizer", "values": ["sgd", "adam", "nesterov"]}},
    "a factor": lambda factors: factors | SCALINGS,
    "a factor before": lambda factors: SCALINGS | factors,
    "a key at its default": lambda factors: {
        "it": {"levels": {"a": {"model": {"optimizer": "sgd"}}, "b": {"model": {"optimizer": "adam", "beta_1": 0.9}}}}
    },
    "a label": lambda factors: {
        "optimizer": {"levels": {"SGD": {"model": {"optimizer": "sgd"}}, "Adam": {"model": {"optimizer": "adam"}}}}
    },
    "another name": lambda factors: {"method": factors["optimizer"]},
}  # fmt: skip


@pytest.mark.parametrize("name", GROWN)
def test_what_is_added_leaves_the_content_of_the_other_variants(name, tmp_path):
    before = planned(tmp_path, changes={"factors": OPTIMIZERS})
    after = planned(tmp_path, changes={"factors": GROWN[name](OPTIMIZERS)})
    assert set(hashes(before).values()) <= set(hashes(after).values())
    assert len(set(hashes(after).values())) == len(after.variants)


@pytest.mark.parametrize(
    "changes",
    [
        {"search": {"trials": 9}},
        {"search": {"repeats": 3}},
        {"title": "Others"},
        {"report": {"margin": 0.1}},
        {"model": {"hidden_layer_sizes": [5], "activation": "relu"}},
        {"data": {"scaling": "standard"}},
    ],
)
def test_what_may_change_leaves_the_content(changes, tmp_path):
    before = planned(tmp_path, changes={"factors": OPTIMIZERS})
    assert hashes(planned(tmp_path, changes={"factors": OPTIMIZERS} | changes)) == hashes(before)


@pytest.mark.parametrize(
    "changes",
    [
        {"search": {"seed": 1}},
        {"search": {"pruner": "median"}},
        {"search": {"confirm": 1, "trials": 9}},
        {"model": {"epochs": 3}},
        {"data": {"train": 20}},
        {"data": {"source": "wine"}},
        {"space": {"learning_rate": RATE}},
    ],
)
def test_what_makes_trials_incomparable_changes_the_content(changes, tmp_path):
    before = planned(tmp_path, changes={"factors": OPTIMIZERS})
    after = planned(tmp_path, changes={"factors": OPTIMIZERS} | changes)
    assert set(hashes(before).values()).isdisjoint(hashes(after).values())


def test_seeds_of_studies_with_and_without_factors_differ_in_the_content(tmp_path):
    assert set(hashes(planned(tmp_path)).values()).isdisjoint(
        hashes(planned(tmp_path, changes=over("model.l1", 0.0, 0.1))).values()
    )


def test_the_content_is_json_and_the_same_in_a_second_plan(tmp_path):
    changes = {"factors": OPTIMIZERS | SCALINGS}
    for one, two in zip(
        planned(tmp_path, changes=changes).runs(), planned(tmp_path, changes=changes).runs(), strict=True
    ):
        assert json.loads(json.dumps(one.attributes())) == two.attributes()


def test_a_part_of_a_study_has_the_same_runs_as_the_whole(tmp_path):
    path = written(tmp_path, changes={"factors": OPTIMIZERS | SCALINGS})
    whole = {run.name: digest(run) for run in plan(path).runs()}
    part = {run.name: digest(run) for run in plan(path, only={"optimizer": ["sgd"]}).runs()}
    assert part == {name: whole[name] for name in ("small/sgd, standard/00", "small/sgd, none/00")}
    (one,) = plan(path, only={"optimizer": ["adam"], "scaling": ["none"]}).runs()
    assert one.name == "small/adam, none/00"
    assert one.plan["factors"]["optimizer"] == ["sgd", "adam"]
    assert len(plan(path, only={"optimizer": ["sgd", "adam"]}).runs()) == 4
    assert len(plan(path, only={"strategy": ["random"]}).runs()) == 4


def test_a_part_of_a_study_without_factors_is_some_of_its_strategies(tmp_path):
    runs = plan(written(tmp_path), only={"strategy": ["tpe"]}).runs()
    assert [run.name for run in runs] == ["small/tpe/00"]


def test_tasks_and_variants_are_crossed(tmp_path):
    ready = planned(tmp_path, changes={"data": {"source": ["iris", "wine"]}, "factors": OPTIMIZERS})
    names = ["small/iris/sgd/00", "small/iris/adam/00", "small/wine/sgd/00", "small/wine/adam/00"]
    assert [run.name for run in ready.runs()] == names
    assert ready.objective_of(ready.runs()[3]).content["model"]["optimizer"] == "adam"
    assert ready.objective_of(ready.runs()[3]).task == "wine"


def test_the_data_of_a_plan_is_read_once(tmp_path, monkeypatch):
    reads, load = [], source.load
    monkeypatch.setattr(source, "load", lambda *arguments: reads.append(arguments) or load(*arguments))
    changes = {"factors": {"l1": {"key": "model.l1", "low": 0.0, "high": 0.1, "points": 20}} | SCALINGS}
    planned(tmp_path, changes=changes)
    assert len(reads) == 1
    planned(tmp_path, changes=changes)
    assert len(reads) == 2, "the file may have changed since"
    MLPObjective("iris", folder=tmp_path.resolve())
    assert len(reads) == 3


def test_levels_do_not_change_the_file(tmp_path):
    assert "optimizer" not in BASE
    ready = planned(tmp_path, changes={"factors": OPTIMIZERS})
    assert "optimizer" not in ready.content["model"]
