"""Optuna's conformance suite, and tests that equal seeds give equal draws across interruptions."""

import math
import os
import subprocess
import sys
from functools import cache

import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)
from optuna.trial import Trial, TrialState

from hpsearch.run import Budget, trials_to_do
from hpsearch.storage import open_storage
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.base import CONFIRMS
from tests.combinations import combinations, some

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture(autouse=True)
def _quiet():
    with quiet_optuna():
        yield


def those(**traits) -> list:
    """Return the strategies with these traits as test parameters; skip those with a missing package."""
    return [
        pytest.param(name, marks=[] if available(name) else pytest.mark.skip(f"needs {strategy.package}"))
        for name, strategy in STRATEGIES.items()
        if all(getattr(strategy, trait) == value for trait, value in traits.items())
    ]


def available(name: str) -> bool:
    package = STRATEGIES[name].package
    if package is None:
        return True
    try:
        __import__(package)
    except ImportError:
        return False
    return True


class TestBasics(BasicSamplerTestCase):
    @pytest.fixture(params=some(those(), "narrowing", "grid", "tpe"))
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0)


class TestOneObjective(SingleOnlySamplerTestCase):
    @pytest.fixture(params=those(single_objective=True))
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0)


class TestSeveralObjectives(MultiObjectiveSamplerTestCase):
    @pytest.fixture(params=some(those(single_objective=False), "random", "tpe"))
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0)


class TestEverythingIsDrawnJointly(RelativeSamplerTestCase):
    @pytest.fixture(params=those(joint="everything"))
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0, n_startup_trials=1)


class TestNumbersAreDrawnJointly(RelativeSamplerTestCase):
    test_sample_relative_categorical = None
    test_sample_relative_mixed = None

    @pytest.fixture(params=those(joint="numbers"))
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0, n_startup_trials=1)


def objective(trial: Trial) -> float:
    """Noise-free: log, int, step, choice and conditional parameters, pruned and failed trials."""
    rate = trial.suggest_float("rate", 1e-6, 1.0, log=True)
    width = trial.suggest_int("width", 1, 64, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    depth = trial.suggest_int("depth", 1, 5) if kind == "a" else 3
    share = trial.suggest_float("share", 0.0, 1.0, step=0.25)
    loss = (math.log10(rate) + 2) ** 2 + (math.log2(width) - 4) ** 2 + abs(depth - 2) + share
    trial.report(loss, 1)
    if trial.number % 7 == 5:
        raise optuna.TrialPruned
    return math.nan if trial.number % 11 == 8 else loss


def finish(study: optuna.Study, trial: Trial) -> None:
    try:
        value = objective(trial)
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, state=TrialState.FAIL) if math.isnan(value) else study.tell(trial, value)


def run(study: optuna.Study, trials: int) -> None:
    for trial in trials_to_do(study, Budget(trials)):
        finish(study, trial)


def content(study: optuna.Study) -> list[tuple]:
    return [(t.number, t.state, t.value, t.params, t.user_attrs) for t in study.trials]


@cache
def straight(strategy: str, seed: int = 3, trials: int = 33) -> optuna.Study:
    """Run a strategy without interruption; the study is for reading only."""
    study = optuna.create_study(sampler=STRATEGIES[strategy](seed), pruner=optuna.pruners.NopPruner())
    run(study, trials)
    return study


STORAGES = {"SQLite": "sqlite:///{}/a.db", "a journal file": "journal:///{}/a.log"}
QUICK = {"SQLite": ["narrowing"], "a journal file": STRATEGIES}  # in the default run


@pytest.mark.parametrize(
    ("strategy", "storage"),
    [
        pytest.param(*each.values, storage, marks=each.marks)
        for storage in STORAGES
        for each in some(those(), *QUICK[storage])
    ],
)
def test_a_run_resumed_by_another_process_at_any_point_equals_the_straight_one(strategy, storage, tmp_path):
    """Interrupt every few trials: new storage, study and sampler, and a trial with some parameters drawn."""
    url = STORAGES[storage].format(tmp_path)
    optuna.create_study(storage=open_storage(url), study_name="s")
    for stop, drawn in ((4, 0), (9, 1), (10, 2), (11, 1), (17, 2), (20, 0), (26, 2), (33, 0)):
        study = optuna.load_study(
            study_name="s",
            storage=open_storage(url),
            sampler=STRATEGIES[strategy](3),
            pruner=optuna.pruners.NopPruner(),
        )
        run(study, stop)
        if stop < 33:
            left = study.ask()
            left.suggest_float("rate", 1e-6, 1.0, log=True) if drawn > 0 else None
            left.suggest_int("width", 1, 64, log=True) if drawn > 1 else None
    assert content(study) == content(straight(strategy))


@pytest.mark.parametrize("strategy", those())
def test_seeds_differ(strategy):
    assert content(straight(strategy, seed=3)) != content(straight(strategy, seed=4))


@pytest.mark.parametrize("strategy", those(random_start=True))
def test_strategies_start_from_the_same_random_points(strategy):
    first = [trial.params for trial in straight(strategy, trials=10).trials]
    assert first == [trial.params for trial in straight("random", trials=10).trials]


@pytest.mark.parametrize("strategy", those(random_start=False))
def test_designs_do_not(strategy):
    assert straight(strategy, trials=1).trials[0].params != straight("random", trials=1).trials[0].params


@pytest.mark.parametrize("strategy", those())
def test_trials_of_other_runs_never_matter(strategy):
    storage = InMemoryStorage()
    other = optuna.create_study(storage=storage, sampler=STRATEGIES[strategy](9), study_name="other")
    run(other, 5)
    study = optuna.create_study(storage=storage, sampler=STRATEGIES[strategy](3), study_name="mine")
    run(study, 12)
    run(other, 9)
    run(study, 20)
    assert content(study) == content(straight(strategy, trials=20))


PRINT_PARAMS = """
import optuna, sys
optuna.logging.set_verbosity(optuna.logging.ERROR)
from tests.strategies.test_conformance import straight
for strategy in sys.argv[1:]:
    for trial in straight(strategy, trials=20).trials:
        print(sorted(trial.params.items()))
"""


def test_another_process_with_another_hash_seed_draws_the_same():
    names = [name for name in STRATEGIES if available(name)]
    another = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRINT_PARAMS, *names],
        env={"PYTHONHASHSEED": another, "PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    expected = [sorted(trial.params.items()) for name in names for trial in straight(name, trials=20).trials]
    assert printed == "".join(f"{params}\n" for params in expected)


@pytest.mark.parametrize(("strategy", "direction"), combinations(those(draws="adaptive"), ["minimize", "maximize"]))
def test_a_strategy_that_learns_beats_random(strategy, direction):
    """Smooth bowl, mean over three seeds, with a margin too large for chance: 0.16 is the most that was seen."""
    sign = 1 if direction == "minimize" else -1

    def bowl(trial: Trial) -> float:
        return sign * sum((trial.suggest_float(name, -1, 1) - 0.3) ** 2 for name in "xyz")

    def best(name: str, seed: int) -> float:
        study = optuna.create_study(sampler=STRATEGIES[name](seed), direction=direction)
        study.optimize(bowl, n_trials=60)
        return sign * study.best_value

    assert sum(best(strategy, s) for s in range(3)) < 0.4 * sum(best("random", s) for s in range(3))


@pytest.mark.parametrize("strategy", [name for name, each in STRATEGIES.items() if each.draws != "adaptive"])
def test_a_design_does_not_look_at_values(strategy):
    def params(sign: int) -> list[dict]:
        study = optuna.create_study(sampler=STRATEGIES[strategy](3))
        study.optimize(lambda trial: sign * trial.suggest_float("x", 0, 1) + trial.suggest_int("n", 0, 9), n_trials=30)
        return [trial.params for trial in study.trials]

    assert params(1) == params(-1)


# --- Trials that confirm others are no part of the search


def disturbed(strategy: str, disturb, pruner=None) -> optuna.Study:
    """Run fourteen trials, three of another kind, and twelve more."""
    study = optuna.create_study(sampler=STRATEGIES[strategy](3), pruner=pruner or optuna.pruners.NopPruner())
    run(study, 14)
    for _ in range(3):
        disturb(study)
    run_on(study, 12)
    return study


def run_on(study: optuna.Study, trials: int) -> None:
    for _ in range(trials):
        finish(study, study.ask())


def empty(study: optuna.Study) -> None:
    """Add a trial without information: it failed before its first parameter."""
    study.tell(study.ask(), state=TrialState.FAIL)


def superb(study: optuna.Study, **attributes) -> None:
    """Add a trial with a result so good that a strategy that learns from it searches there."""
    trial = study.ask()
    for key, value in attributes.items():
        trial.set_user_attr(key, value)
    for name, distribution in study.trials[0].distributions.items():
        trial._suggest(name, distribution)
    study.tell(trial, -1000.0)


def superb_confirmation(study: optuna.Study) -> None:
    superb(study, **{CONFIRMS: 0})


def after(study: optuna.Study) -> list[dict]:
    return [trial.params for trial in study.trials[17:]]


@pytest.mark.parametrize("strategy", those())
def test_confirmations_teach_nothing(strategy):
    """Later trials draw as they do after empty trials, since a draw depends on its trial's number."""
    assert after(disturbed(strategy, superb_confirmation)) == after(disturbed(strategy, empty))


@pytest.mark.parametrize("strategy", those(draws="adaptive"))
def test_the_same_trials_would_teach_much_if_they_confirmed_nothing(strategy):
    assert after(disturbed(strategy, superb)) != after(disturbed(strategy, empty))


@pytest.mark.parametrize("strategy", those())
def test_confirmations_and_brackets_get_along(strategy):
    """Hyperband passes samplers a study with few attributes."""

    def enqueued(study: optuna.Study) -> None:
        study.enqueue_trial(study.trials[0].params, user_attrs={CONFIRMS: 0})
        finish(study, study.ask())

    study = disturbed(strategy, enqueued, optuna.pruners.HyperbandPruner(max_resource=9))
    assert [trial.user_attrs.get(CONFIRMS) for trial in study.trials] == [None] * 14 + [0] * 3 + [None] * 12


# --- Nothing breaks


def constant(trial: Trial) -> float:
    return 1.0 + 0 * trial.suggest_float("x", 0, 1) + 0 * trial.suggest_int("n", 0, 9)


def failing(trial: Trial) -> float:
    trial.suggest_float("x", 0, 1)
    raise ValueError("as planned")


def failing_at_once(trial: Trial) -> float:
    raise ValueError("as planned")


def pruned(trial: Trial) -> float:
    trial.report(trial.suggest_float("x", 0, 1), 0)
    raise optuna.TrialPruned


def not_a_number(trial: Trial) -> float:
    return trial.suggest_float("x", 0, 1) * math.nan


def single_values(trial: Trial) -> float:
    return trial.suggest_float("x", 2, 2) + trial.suggest_categorical("c", [1]) + trial.suggest_int("n", 3, 3)


def one_parameter(trial: Trial) -> float:
    return trial.suggest_float("x", 1e-6, 1, log=True)


def one_choice_and_a_number(trial: Trial) -> float:
    return trial.suggest_categorical("c", ["only"]) == "only" and trial.suggest_float("x", 0, 1)


def no_parameter(trial: Trial) -> float:
    return 1.0


def infinite(trial: Trial) -> float:
    x = trial.suggest_float("x", 0, 1)
    return math.inf if trial.number % 3 else x


def another_range_each_time(trial: Trial) -> float:
    return trial.suggest_float("x", 0, 1 + trial.number % 4)


OBJECTIVES = [
    constant,
    failing,
    failing_at_once,
    pruned,
    not_a_number,
    single_values,
    one_parameter,
    one_choice_and_a_number,
    no_parameter,
    infinite,
    another_range_each_time,
]


@pytest.mark.parametrize("what", OBJECTIVES, ids=lambda objective: objective.__name__)
@pytest.mark.parametrize("strategy", those())
@pytest.mark.filterwarnings("ignore:.*(infinite|clip|nan).*")
def test_nothing_breaks(strategy, what):
    study = optuna.create_study(sampler=STRATEGIES[strategy](0), pruner=optuna.pruners.NopPruner())
    study.optimize(what, n_trials=18, catch=ValueError)
    assert [trial.number for trial in study.trials] == list(range(18))


@pytest.mark.parametrize("strategy", those())
def test_one_trial_is_enough(strategy):
    study = optuna.create_study(sampler=STRATEGIES[strategy](0))
    study.optimize(one_parameter, n_trials=1)
    assert study.best_trial.number == 0


@pytest.mark.parametrize("strategy", those())
def test_several_workers_share_a_study(strategy):
    study = optuna.create_study(sampler=STRATEGIES[strategy](0))
    study.optimize(one_parameter, n_trials=24, n_jobs=3)
    assert len({trial.params["x"] for trial in study.trials}) >= 5
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials)
