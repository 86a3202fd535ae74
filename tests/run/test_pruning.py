"""A run prunes with the settings that it began with."""

from contextlib import suppress
from dataclasses import replace

import optuna
import pytest
from optuna.pruners import MedianPruner
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from hpsearch.execution import execute
from hpsearch.objectives.plain import PlainObjective
from hpsearch.run import Run, changed_attributes, continue_run, open_run
from hpsearch.run.pruning import with_stored_pruning
from hpsearch.storage import opened
from hpsearch.storage.own_trials import OwnTrials
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher
from tests.combinations import more

pytestmark = pytest.mark.filterwarnings(
    "ignore::optuna.exceptions.ExperimentalWarning", "ignore:The reported value is ignored"
)
EPOCHS = 20

RUN = Run(
    study="s",
    task="t",
    strategy="random",
    repeat=0,
    make_sampler=STRATEGIES["random"],
    make_pruner=PRUNERS["median"].make,
    pruning=PRUNERS["median"].settings(EPOCHS),
    seed=3,
    direction="minimize",
    metric="loss",
    trials=30,
    retrain=0,
    content={"search": {"pruner": "median"}},
    epochs=EPOCHS,
)
OLD = replace(RUN, pruning={})


def crossing(trial):
    """Good final values begin badly, so that it matters when pruning begins."""
    x = trial.suggest_float("x", 0, 1)
    for epoch in range(1, EPOCHS + 1):
        trial.report(3 - x if epoch < 2 else x + 1 / epoch, epoch)
        trial.set_user_attr("epochs", epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return x


OBJECTIVE = PlainObjective(crossing)


def content(study):
    return [(t.number, t.state, t.value, t.params, t.user_attrs, t.intermediate_values) for t in study.trials]


def straight(run):
    study = open_run(run, InMemoryStorage())
    continue_run(run, study, OBJECTIVE)
    return study


def by_optuna(**settings):
    study = optuna.create_study(sampler=RUN.sampler(), pruner=MedianPruner(**settings))
    study.optimize(crossing, n_trials=len(straight(RUN).trials))
    return study


def test_a_new_run_lets_trials_and_epochs_pass_and_says_so():
    study = straight(RUN)
    assert study.user_attrs["pruning"] == {"n_startup_trials": 5, "n_warmup_steps": 2}
    assert content(study) == content(by_optuna(n_startup_trials=5, n_warmup_steps=2))
    pruned = [trial for trial in study.trials if trial.state == TrialState.PRUNED]
    assert min(trial.last_step for trial in pruned) == 2


def test_an_old_run_prunes_as_it_did():
    assert "pruning" not in straight(OLD).user_attrs
    count = len(straight(RUN).trials)
    assert content(straight(OLD))[:count] == content(by_optuna())
    assert content(straight(OLD))[:count] != content(straight(RUN))


@pytest.mark.parametrize("begun", [OLD, more(RUN)])
def test_a_stored_run_goes_on_with_the_settings_that_it_began_with(begun, tmp_path):
    def interrupted(trial):
        if trial.number == 12 and not trial.params:
            trial.suggest_float("x", 0, 1)
            raise KeyboardInterrupt
        return crossing(trial)

    later = replace(RUN, pruning={"n_startup_trials": 9, "n_warmup_steps": 7})
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as storage:
        with suppress(KeyboardInterrupt):
            continue_run(begun, open_run(begun, OwnTrials(storage)), PlainObjective(interrupted))
        study = open_run(later, OwnTrials(storage))
        assert study.user_attrs.get("pruning", {}) == begun.pruning
        assert changed_attributes(later, study.user_attrs) == {}
        continue_run(later, study, OBJECTIVE)
        assert content(study) == content(straight(begun))


class Crossing(PlainObjective):
    """The same with epochs, so that the budget counts them."""

    epochs = EPOCHS


def pruned_plan(repeats):
    return Plan(
        name="s",
        objectives={"t": Crossing(crossing)},
        strategies={"random": searcher("random", "random", {}, 0)},
        trials=10,
        repeats=repeats,
        seed=0,
        direction="minimize",
        metric="loss",
        pruner="median",
        content={"search": {"pruner": "median"}},
    )


@pytest.mark.parametrize("is_old", [False, True])
def test_new_repeats_of_a_stored_study_prune_as_the_others(is_old):
    storage, runs = InMemoryStorage(), pruned_plan(1).runs()
    for run in runs:
        begun = replace(run, pruning={}) if is_old else run
        continue_run(begun, open_run(begun, storage), OBJECTIVE)
    execute(pruned_plan(3), storage)
    studies = storage.get_all_studies()
    assert len(studies) == 3
    expected = None if is_old else {"n_startup_trials": 5, "n_warmup_steps": 2}
    assert [study.user_attrs.get("pruning") for study in studies] == [expected] * 3


def test_what_is_not_pruned_says_nothing_of_pruning():
    untuned = {"study": "s", "content": RUN.content}
    assert with_stored_pruning([RUN], {"s/untuned/00": untuned}) == [RUN]
    other = {"study": "other", "content": RUN.content, "epochs": EPOCHS}
    assert with_stored_pruning([RUN], {"other/random/00": other}) == [RUN]
    assert with_stored_pruning([RUN], {"s/random/00": other | {"study": "s"}}) == [OLD]


def test_pruners_without_epochs_are_optunas():
    assert PRUNERS["median"].settings(None) == {}
    assert {name for name, pruner in PRUNERS.items() if pruner.settings(50)} == {"median"}
