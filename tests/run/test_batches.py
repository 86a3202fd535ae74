"""With a batch, the trials depend neither on timing nor on the number of workers, however often the owner dies."""

import random
import signal
import threading
import time
from collections import defaultdict

import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from hpsearch.objectives.plain import as_objective
from hpsearch.run import continue_run, open_run
from hpsearch.run.confirmation import confirms
from hpsearch.storage import opened
from hpsearch.strategies import STRATEGIES
from tests.combinations import combinations, more
from tests.run.batched import STEPS, content, endings, finished, hastening, killed_and_resumed, run_of
from tests.strategies.test_conformance import those

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

BUDGETS = {
    "trials": {},
    "confirmed": {"confirm": 3},
    "epochs": {"epochs": STEPS, "trials": 20},
    "epochs, confirmed": {"epochs": STEPS, "confirm": 2, "trials": 20},
    "defaults first": {"first": {"x": 0.1, "kind": "b"}, "epochs": STEPS, "trials": 14},
}


@pytest.mark.parametrize(("strategy", "batch"), combinations(those(), [1, 2, 5]))
def test_any_number_of_workers_gives_the_same_trials(strategy, batch):
    run = run_of(strategy, batch, "median", epochs=STEPS, confirm=1)
    expected = content(finished(run))
    for workers in (2, 3, 6):
        assert content(finished(run, workers, hastening(workers))) == expected


@pytest.mark.parametrize(
    ("strategy", "budget", "pruner"),
    combinations(["random", "narrowing", "tpe"], BUDGETS, ["none", "median", "successive_halving"]),
)
def test_an_owner_may_die_anywhere(strategy, budget, pruner):
    chance = random.Random(f"{strategy} {budget} {pruner}")
    for batch in (chance.randint(0, 2), chance.randint(3, 5)):
        run = run_of(strategy, batch, pruner, **BUDGETS[budget])
        expected = content(finished(run))
        stops = [chance.randint(1, 120) for _ in range(6)]
        assert content(killed_and_resumed(run, stops, batch)) == expected


@pytest.mark.parametrize(("strategy", "batch"), combinations(those(), range(6)))
def test_an_owner_may_die_with_any_strategy(strategy, batch):
    chance = random.Random(f"{strategy} {batch}")
    run = run_of(strategy, batch, "successive_halving", confirm=2)
    expected = content(finished(run))
    stops = [chance.randint(1, 150) for _ in range(4)]
    assert content(killed_and_resumed(run, stops, batch)) == expected


@pytest.mark.parametrize(("batch", "pruner"), combinations([0, 2], ["median", "successive_halving"]))
def test_an_owner_may_die_at_every_write(batch, pruner):
    """Pruned, failed and NaN trials are among them; with one worker the order of writes is fixed."""
    run = run_of("narrowing", batch, pruner, trials=14, confirm=1)
    expected = content(finished(run))
    assert {trial.state for trial in finished(run).trials} == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    for stop in range(0, 170, 3):
        assert content(killed_and_resumed(run, [stop], stop)) == expected


@pytest.mark.parametrize("scheme", ["sqlite", more("journal")])
def test_files_too(scheme, tmp_path):
    from hpsearch.storage.own_trials import OwnTrials

    run = run_of("tpe", 3, "median", epochs=STEPS, trials=16, confirm=1)
    for workers in (4, 1, 3):
        with opened(f"{scheme}:///{tmp_path / str(workers)}") as storage:
            own = OwnTrials(storage) if scheme == "sqlite" else storage
            study = killed_and_resumed(run, (31, 50, 44), workers, own)
            assert content(study) == content(finished(run))


def test_more_trials_later():
    run = run_of("narrowing", 2, confirm=2, trials=14)
    longer = run_of("narrowing", 2, confirm=2, trials=25)
    contents = []
    for workers in (1, 4):
        storage = InMemoryStorage()
        finished(run, workers, hastening(workers), storage)
        contents.append(content(finished(longer, workers, hastening(workers), storage)))
    assert contents[0] == contents[1]
    assert len(contents[0]) == 25


# --- The rule itself


class Watching(BaseSampler):
    """Sampler that notes which trials it is shown, in every method."""

    def __init__(self, seed: int) -> None:
        self.seen = defaultdict(set)
        self.asked = set()

    def _look(self, method, study, trial) -> None:
        self.asked.add(method)
        for trials in (study.trials, study.get_trials(deepcopy=False), study._get_trials(use_cache=True)):
            self.seen[trial.number].add(tuple((each.number, each.state.is_finished()) for each in trials))

    def infer_relative_search_space(self, study, trial):
        self._look("infer", study, trial)
        return {"x": optuna.distributions.FloatDistribution(0, 1)}

    def sample_relative(self, study, trial, search_space):
        self._look("relative", study, trial)
        return {"x": (trial.number * 7 % 10) / 10}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self._look("independent", study, trial)
        if trial.number > 9:
            assert study.best_value == min(each.value for each in study.trials if each.value is not None)
            assert study.best_trial.params == study.best_params
            assert study.best_trials == [study.best_trial]
        return 0.5

    def before_trial(self, study, trial):
        self._look("before", study, trial)

    def after_trial(self, study, trial, state, values):
        self._look("after", study, trial)


def two_numbers(trial) -> float:
    return trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1)


@pytest.mark.parametrize(("workers", "batch"), combinations([1, 2, 5], [4, 1, 2]))
def test_a_sampler_sees_exactly_the_finished_trials_before_the_batch(batch, workers):
    run = run_of(batch=batch, make_sampler=Watching)
    study = finished(run, workers, hastening(0, two_numbers))
    watching = study.sampler.sampler
    assert watching.asked == {"infer", "relative", "independent", "before", "after"}
    for number in range(27):
        visible = [(each, True) for each in range(number - batch)]
        assert watching.seen[number] == {(*visible, (number, False))}


@pytest.mark.parametrize(("workers", "batch"), combinations([1, 2, 5], [4, 1, 2]))
def test_so_does_a_pruner(batch, workers):
    seen = defaultdict(set)

    class Watched(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            seen[trial.number].add(tuple((each.number, each.state.is_finished()) for each in study.get_trials()))
            return False

    finished(run_of(batch=batch, make_pruner=Watched), workers, hastening(0))
    assert len(seen) == 24  # three trials fail before they ask
    for number in seen:
        assert seen[number] == {(*((each, True) for each in range(number - batch)), (number, False))}


@pytest.mark.parametrize(("strategy", "batch"), combinations(those(), [1, 3]))
def test_a_strategy_draws_as_if_the_hidden_trials_did_not_exist(strategy, batch):
    """Each trial is drawn again in a study of what it may see; trials without anything make up the numbers."""
    options = {"round": 1} if strategy == "narrowing" else {}

    def make(_seed):
        return STRATEGIES[strategy](8, **options)

    run = run_of(strategy, batch, make_sampler=make)
    trials = finished(run, 3, hastening(batch)).trials
    for trial in trials[8:]:
        alone = optuna.create_study(sampler=make(0), pruner=optuna.pruners.NopPruner())
        alone.add_trials(trials[: trial.number - batch])
        for _ in range(batch):
            alone.add_trial(optuna.trial.create_trial(state=TrialState.FAIL))
        again = alone.ask()
        assert again.number == trial.number
        assert {name: again._suggest(name, dist) for name, dist in trial.distributions.items()} == trial.params


@pytest.mark.parametrize("batch", [0, 1, 3, 4])
def test_narrowing_plans_a_round_from_what_its_first_trial_sees(batch):
    """All trials of a round are drawn from ranges of the same trials: those before the round's start − batch."""

    def make(_seed):
        return STRATEGIES["narrowing"](8, round=5, best=4)

    trials = finished(run_of("narrowing", batch, make_sampler=make), min(3, batch + 1), hastening(batch)).trials
    for start in (10, 15, 20):
        alone = optuna.create_study(sampler=make(0), pruner=optuna.pruners.NopPruner())
        alone.add_trials(trials[: start - batch])
        for _ in range(batch):
            alone.add_trial(optuna.trial.create_trial(state=TrialState.FAIL))
        for trial in trials[start : start + 5]:
            again = alone.ask()
            assert {name: again._suggest(name, dist) for name, dist in trial.distributions.items()} == trial.params


def test_a_batch_changes_what_is_drawn():
    drawn = [content(finished(run_of("tpe", batch)))[:15] for batch in (0, 1, 2)]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


# --- Workers


def most_at_once(batch: int, workers: int, **changes) -> list[int]:
    """Return how many trials run at the beginning of each trial, itself included."""
    lock, running, most = threading.Lock(), set(), []

    def counted(trial) -> float:
        with lock:
            running.add(trial.number)
            most.append(len(running))
        time.sleep(0.005)
        x = trial.suggest_float("x", 0, 1)
        with lock:
            running.remove(trial.number)
        return x

    finished(run_of(batch=batch, **changes), workers, counted)
    return most


@pytest.mark.parametrize(("batch", "workers", "most"), [(0, 4, 1), (1, 4, 2), (3, 2, 2), (3, 4, 4), (5, 6, 6)])
def test_as_many_trials_run_at_once_as_workers_and_batch_allow(batch, workers, most):
    assert max(most_at_once(batch, workers)) == most


def test_repetitions_run_at_once_too_and_after_the_search():
    most = most_at_once(3, 4, confirm=3, trials=20)
    assert max(most[:11]) == 4
    assert max(most[13:]) == 4
    study = finished(run_of(batch=3, confirm=3, trials=20), 4, hastening(1, two_numbers))
    assert [confirms(trial) is None for trial in study.trials] == [True] * 11 + [False] * 9


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_ends_the_run_without_a_thread_and_the_next_call_goes_on(workers):
    """Other trials stop at their next step and stay RUNNING."""
    run, before = run_of("narrowing", 3), threading.active_count()
    broken = threading.Event()

    def breaks(trial) -> float:
        if trial.number == 8 and not broken.is_set():
            broken.set()
            raise RuntimeError("as planned")
        if workers > 1 and trial.number == 7:
            broken.wait(5)
            time.sleep(0.05)
        return two_numbers(trial)

    storage = InMemoryStorage()
    with pytest.raises(RuntimeError, match="as planned"):
        finished(run, workers, breaks, storage)
    assert threading.active_count() == before
    study = open_run(run, storage)
    states = [trial.state for trial in study.trials]
    assert states[8] == TrialState.FAIL
    assert "as planned" in study.trials[8].user_attrs["error"]
    assert workers == 1 or states[7] == TrialState.RUNNING
    study = finished(run, workers, breaks, storage)
    assert [trial.state for trial in study.trials].count(TrialState.COMPLETE) == 26


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="Ctrl-C is ignored here, as by nohup")
def test_ctrl_c_ends_the_run_and_fails_no_trial():
    """The main thread gets it while it waits for the others."""
    run, before, storage = run_of("tpe", 4, "median"), threading.active_count(), InMemoryStorage()
    main = threading.main_thread().ident

    def interrupting(trial) -> float:
        if trial.number == 6 and not interrupted.is_set():
            interrupted.set()
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.05)
        return endings(trial)

    interrupted = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        finished(run, 3, interrupting, storage)
    assert threading.active_count() == before
    assert TrialState.RUNNING in [trial.state for trial in open_run(run, storage).trials]
    assert content(finished(run, 3, hastening(1), storage)) == content(finished(run))


def test_who_trains_elsewhere_is_told_that_the_run_ends():
    """A trainer with a process ends it, so that its thread returns."""
    from hpsearch.run.batches import work_off

    run, ended = run_of(batch=2), threading.Event()
    study = open_run(run, InMemoryStorage())

    def train(trial) -> None:
        trial.suggest_float("x", 0, 1)
        if trial.number == 2:
            raise RuntimeError("as planned")
        assert ended.wait(5)

    with pytest.raises(RuntimeError, match="as planned"):
        work_off(study, run.budget, train, batch=2, workers=3, stop=ended.set)
    assert [trial.state for trial in study.trials] == [TrialState.RUNNING] * 3


@pytest.mark.parametrize("batch", [0, 2])
def test_a_rung_that_a_dead_process_completed_is_judged_as_if_it_had_not(batch, monkeypatch):
    """The pruner finds the trial's value among the others, and once."""
    competing = []
    judge = optuna.pruners._successive_halving._is_trial_promotable_to_next_rung
    monkeypatch.setattr(
        "optuna.pruners._successive_halving._is_trial_promotable_to_next_rung",
        lambda value, others, *more: competing.append((value, sorted(others))) or judge(value, others, *more),
    )
    run = run_of(batch=batch, pruner="successive_halving", trials=12)
    finished(run)
    straight, competing[:] = list(competing), []
    storage = InMemoryStorage()
    write = storage.set_trial_system_attr

    def die_after(trial_id, key, value) -> None:
        write(trial_id, key, value)
        if trial_id in died:
            return
        died.add(trial_id)
        raise KeyboardInterrupt

    died, storage.set_trial_system_attr = set(), die_after
    for _ in range(12):
        try:
            study = finished(run, storage=storage)
        except KeyboardInterrupt:
            continue
    assert content(study) == content(finished(run))
    assert competing[: len(straight)] == straight


@pytest.mark.filterwarnings("error:The reported value is ignored")
def test_what_a_dead_process_reported_is_not_written_again():
    run, storage = run_of(batch=0, trials=1), InMemoryStorage()
    trial = open_run(run, storage).ask()
    trial.suggest_float("x", 0, 1)
    trial.report(0.25, 1)
    written = []
    write = storage.set_trial_intermediate_value
    storage.set_trial_intermediate_value = lambda *args: written.append(args[1]) or write(*args)

    def reporting(trial) -> float:
        for step in range(1, 4):
            trial.report(trial.suggest_float("x", 0, 1), step)
        return 1.0

    continue_run(run, open_run(run, storage), as_objective(reporting))
    assert written == [2, 3]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_has_one_trial_even_if_the_time_is_over(workers):
    run, objective = run_of(batch=2), as_objective(lambda trial: trial.suggest_float("x", 0, 1))
    study = open_run(run, InMemoryStorage())
    for _ in range(2):
        assert not continue_run(run, study, objective, workers=workers, deadline=0.0)
        assert len(study.trials) == 1
