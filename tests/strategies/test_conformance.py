"""Optuna's own conformance suite, and what it does not ship: the same seed draws the same, whatever came between."""

import math
import subprocess
import sys

import optuna
import pytest
from optuna.testing.pytest_samplers import BasicSamplerTestCase
from optuna.trial import Trial, TrialState

from hpsearch.run import _trials_to_do
from hpsearch.strategies import STRATEGIES

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


class TestOptunasOwnSuite(BasicSamplerTestCase):
    @pytest.fixture(params=STRATEGIES)
    def sampler(self, request):
        return lambda: STRATEGIES[request.param](0)


def objective(trial: Trial) -> float:
    """A bit of everything: log, int, choice, a conditional parameter, pruned and failed trials, noise-free."""
    rate = trial.suggest_float("rate", 1e-6, 1.0, log=True)
    width = trial.suggest_int("width", 1, 64, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    depth = trial.suggest_int("depth", 1, 5) if kind == "a" else 3
    loss = (math.log10(rate) + 2) ** 2 + (math.log2(width) - 4) ** 2 + abs(depth - 2)
    trial.report(loss, 1)
    if trial.number % 7 == 5:
        raise optuna.TrialPruned
    return math.nan if trial.number % 11 == 8 else loss


def run(study: optuna.Study, trials: int) -> None:
    for trial in _trials_to_do(study, trials):
        try:
            value = objective(trial)
        except optuna.TrialPruned:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, state=TrialState.FAIL) if math.isnan(value) else study.tell(trial, value)


def content(study: optuna.Study) -> list[tuple]:
    return [(t.number, t.state, t.value, t.params, t.user_attrs) for t in study.trials]


def straight(strategy: str, seed: int = 3, trials: int = 33) -> optuna.Study:
    study = optuna.create_study(sampler=STRATEGIES[strategy](seed), pruner=optuna.pruners.NopPruner())
    run(study, trials)
    return study


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_run_resumed_by_another_process_at_any_point_equals_the_straight_one(strategy, tmp_path):
    """Every few trials: a new sampler, a new study object, and a trial that was left with one parameter drawn."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'a.db'}")
    optuna.create_study(storage=storage, study_name="s")
    for stop in (4, 9, 10, 11, 17, 20, 26, 33):
        study = optuna.load_study(
            study_name="s", storage=storage, sampler=STRATEGIES[strategy](3), pruner=optuna.pruners.NopPruner()
        )
        run(study, stop)
        if stop < 33:
            study.ask().suggest_float("rate", 1e-6, 1.0, log=True)
    assert content(optuna.load_study(study_name="s", storage=storage)) == content(straight(strategy))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_seeds_differ(strategy):
    assert content(straight(strategy, seed=3)) != content(straight(strategy, seed=4))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_strategies_start_from_the_same_random_points(strategy):
    first = [trial.params for trial in straight(strategy).trials[:10]]
    assert first == [trial.params for trial in straight("random").trials[:10]]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_trials_of_other_runs_never_matter(strategy, tmp_path):
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'a.db'}")
    other = optuna.create_study(storage=storage, sampler=STRATEGIES[strategy](9), study_name="other")
    run(other, 5)
    study = optuna.create_study(storage=storage, sampler=STRATEGIES[strategy](3), study_name="mine")
    run(study, 12)
    run(other, 9)
    run(study, 33)
    assert content(study) == content(straight(strategy))


PRINT_PARAMS = """
import optuna, sys
optuna.logging.set_verbosity(optuna.logging.ERROR)
from tests.strategies.test_conformance import straight
for strategy in sys.argv[1:]:
    for trial in straight(strategy).trials:
        print(sorted(trial.params.items()))
"""


def test_another_process_with_another_hash_seed_draws_the_same():
    printed = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PRINT_PARAMS, *STRATEGIES],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    expected = [sorted(trial.params.items()) for strategy in STRATEGIES for trial in straight(strategy).trials]
    assert printed == {"".join(f"{params}\n" for params in expected)}


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "random"])
def test_a_strategy_that_learns_beats_random(strategy, direction):
    """On a smooth bowl, mean over ten seeds, with a distance that chance does not bridge."""
    sign = 1 if direction == "minimize" else -1

    def bowl(trial: Trial) -> float:
        return sign * sum((trial.suggest_float(name, -1, 1) - 0.3) ** 2 for name in "xyz")

    def best(name: str, seed: int) -> float:
        study = optuna.create_study(sampler=STRATEGIES[name](seed), direction=direction)
        study.optimize(bowl, n_trials=60)
        return sign * study.best_value

    assert sum(best(strategy, s) for s in range(10)) < 0.6 * sum(best("random", s) for s in range(10))
