"""A run draws by the rule that it was begun with, and new runs of its study follow it."""

from dataclasses import replace

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import DamagedStorageError, UsageError
from hpsearch.execution import execute
from hpsearch.objectives.declared import DeclaredSpace
from hpsearch.objectives.plain import PlainObjective
from hpsearch.run import continue_run, open_run, with_stored_rules
from hpsearch.run.running import changed_attributes
from hpsearch.run.stored import check_attributes
from hpsearch.strategies import STRATEGIES, NarrowingSampler
from hpsearch.strategies.base import RULE
from hpsearch.strategies.likely import LIKELY, LIKELY_RULE
from hpsearch.strategies.narrowing.rules import NEWEST, RULES
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def choose(trial):
    return sum(trial.suggest_categorical(name, "abcd") != "c" for name in "xyz")


OBJECTIVE = PlainObjective(choose)


def plan(repeats, trials=30, **searchers):
    strategies = searchers or {"narrowing": searcher("narrowing", "narrowing", {}, 0)}
    return Plan("s", {"t": OBJECTIVE}, strategies, trials, repeats, 0, "minimize", "loss")


def without_rule(attributes):
    return {key: value for key, value in attributes.items() if key != RULE}


def begin_as_before(storage, run, trials):
    """Store a run as earlier versions did: trials by rule 1, no attribute."""
    alone = optuna.create_study(sampler=NarrowingSampler(seed=seed_of(run), rule=1))
    alone.optimize(choose, n_trials=trials)
    study = optuna.create_study(storage=storage, study_name=run.name)
    for key, value in replace(run, rule=None).attributes().items():
        study.set_user_attr(key, value)
    study.add_trials(alone.trials)


def seed_of(run):
    return run.sampler()._seed


def drawn_by(rule, run, trials=30):
    study = optuna.create_study(sampler=NarrowingSampler(seed=seed_of(run), rule=rule))
    study.optimize(choose, n_trials=trials)
    return [trial.params for trial in study.trials]


def params_of(storage, name):
    return [trial.params for trial in optuna.load_study(study_name=name, storage=storage).trials]


def attributes(storage):
    return {study.study_name: study.user_attrs for study in storage.get_all_studies()}


def test_the_rules_differ():
    [run] = plan(1).runs()
    assert drawn_by(1, run) != drawn_by(NEWEST, run)
    assert drawn_by(None, run) == drawn_by(NEWEST, run)


@pytest.mark.parametrize("begun", [4, 25])
def test_a_run_that_was_begun_by_the_first_rule_goes_on_by_it(begun):
    [run], storage = plan(1).runs(), InMemoryStorage()
    begin_as_before(storage, run, begun)
    execute(plan(1), storage)
    assert params_of(storage, run.name) == drawn_by(1, run)


@pytest.mark.parametrize("is_old", [False, True])
def test_new_runs_of_a_stored_study_draw_by_its_rule(is_old):
    """The second run has no trial yet: earlier versions stored it with its attributes before the first one."""
    storage, runs = InMemoryStorage(), plan(3).runs()
    for run, trials in zip(runs[:2], (30, 0), strict=True):
        begin_as_before(storage, run, trials) if is_old else open_run(run, storage)
    execute(plan(3), storage)
    for run in runs:
        assert params_of(storage, run.name) == drawn_by(1 if is_old else NEWEST, run)
        assert attributes(storage)[run.name][RULE] == (1 if is_old else NEWEST)


def test_a_rule_that_is_asked_for_is_a_setting_of_the_run():
    chosen = {"old": searcher("old", "narrowing", {"rule": 1}, 0), "new": searcher("new", "narrowing", {"rule": 2}, 0)}
    storage = InMemoryStorage()
    [narrowing] = plan(1).runs()
    begin_as_before(storage, narrowing, 30)
    old, new = plan(1, **chosen).runs()
    assert (old.content["strategy"]["rule"], new.content["strategy"]["rule"]) == (1, 2)
    assert with_stored_rules([old, new], attributes(storage)) == [old, new]


def test_other_strategies_and_other_studies_have_no_part_in_it():
    storage = InMemoryStorage()
    [run] = plan(1).runs()
    begin_as_before(storage, run, 30)
    [random] = plan(1, random=searcher("random", "random", {}, 0)).runs()
    assert random.rule is None
    assert RULE not in random.attributes()
    assert with_stored_rules([random], attributes(storage)) == [random]
    assert with_stored_rules([replace(run, study="other")], attributes(storage))[0].rule == NEWEST


def test_the_rule_is_that_of_the_strategy_whatever_its_label():
    labelled = plan(1, mine=searcher("mine", "narrowing", {"round": 3}, 0))
    [run], storage = labelled.runs(), InMemoryStorage()
    assert run.rule == STRATEGIES["narrowing"].rule == NEWEST
    continue_run(run, open_run(run, storage), OBJECTIVE)
    stored = {name: without_rule(each) for name, each in attributes(storage).items()}
    assert with_stored_rules([run], stored)[0].rule == 1


@pytest.mark.parametrize("rule", [NEWEST + 1, "2", True, [1]])
def test_a_rule_that_does_not_exist_is_refused(rule):
    study = optuna.create_study(study_name="mine", sampler=NarrowingSampler(seed=0))
    study.set_user_attr(RULE, rule)
    with pytest.raises(UsageError, match=r"'mine' was begun with unknown rule .*: choose from 1, 2, 3"):
        study.optimize(choose, n_trials=1)


def test_an_attribute_that_can_be_no_rule_is_damage():
    [run] = plan(1).runs()
    with pytest.raises(DamagedStorageError, match=RULE):
        check_attributes(InMemoryStorage(), "s", {**run.attributes(), RULE: "2"})


# --- Optuna studies without hpsearch's runs


def searched(rule, trials=20):
    study = optuna.create_study(sampler=NarrowingSampler(seed=0, rule=rule))
    study.optimize(choose, n_trials=trials)
    return study


def test_trials_say_by_which_rule_they_were_drawn():
    assert {trial.user_attrs[RULE] for trial in searched(None).trials} == {NEWEST}
    assert not any(RULE in trial.user_attrs for trial in searched(1).trials)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("begun", [1, 20])
def test_a_study_goes_on_by_the_rule_of_its_first_trial(rule, begun):
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.add_trials(searched(rule, begun).trials)
    study.optimize(choose, n_trials=40 - begun)
    assert [trial.params for trial in study.trials] == [trial.params for trial in searched(rule, 40).trials]


def test_trials_of_other_samplers_make_no_study_an_old_one():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(choose, n_trials=5)
    study.sampler = NarrowingSampler(seed=0)
    study.optimize(choose, n_trials=1)
    assert [trial.user_attrs.get(RULE) for trial in study.trials] == [None] * 5 + [NEWEST]


def test_a_trial_with_some_parameters_given_says_it_too():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.enqueue_trial({"x": "a"})
    study.enqueue_trial({"x": "a", "y": "a", "z": "a"})
    study.optimize(choose, n_trials=2)
    assert [trial.user_attrs.get(RULE) for trial in study.trials] == [NEWEST, None]


def test_an_unknown_rule_is_refused_with_the_choices():
    with pytest.raises(UsageError, match="unknown rule '4': choose from 1, 2, 3"):
        NarrowingSampler(rule=4)


def test_runs_with_likely_values_go_on_by_the_rule_that_the_first_of_them_was_begun_with():
    likely = DeclaredSpace.of({name: {"choices": list("abcd"), "likely": "c"} for name in "xyz"})
    made = plan(2, random=searcher("random", "random", {}, 0))
    made = replace(made, objectives={"t": PlainObjective(choose, space=likely)})
    first, second = made.runs()
    assert first.attributes()[LIKELY_RULE] == 2
    new = {key: value for key, value in first.attributes().items() if key != LIKELY_RULE}
    assert [run.likely_rule for run in with_stored_rules([first, second], {})] == [2, 2]
    assert [run.likely_rule for run in with_stored_rules([first, second], {first.name: new})] == [1, 1]
    assert [run.likely_rule for run in with_stored_rules([first, second], {first.name: first.attributes()})] == [2, 2]
    assert LIKELY_RULE not in changed_attributes(replace(first, likely_rule=1), new)
    with pytest.raises(DamagedStorageError):
        check_attributes(InMemoryStorage(), first.name, first.attributes() | {LIKELY_RULE: 7})


def test_without_likely_values_nothing_is_stored_of_their_rule():
    (run,) = plan(1).runs()
    assert not {LIKELY, LIKELY_RULE} & run.attributes().keys()
