"""Lag: trial *n* sees exactly the finished trials before *n* − lag, independent of timing.

A sampler that sees whatever has finished when it is asked draws by chance of timing (Optuna's issue 4412). With a fixed
lag, trial *n* is asked for when all trials before *n* − lag are finished. The `lag` trials before it may still be
running, and are hidden even if they have finished. So any number of workers gives the same trials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.errors import UsageError
from hpsearch.strategies.view import ViewedStudy


class LaggedStudy(ViewedStudy):
    """Study as trial `number` sees it: finished trials before `number` − `lag`, and the trial itself.

    Parameters
    ----------
    study
        Whole study.
    number
        Number of the trial.
    lag
        Number of trials before it that are hidden.
    drawn_ahead
        Whether all parameters of these are drawn before the trial is asked for.
    """

    def __init__(self, study: optuna.Study, number: int, lag: int, *, drawn_ahead: bool = False) -> None:
        super().__init__(study, ())
        self.lag = lag
        self._number = number
        self._drawn_ahead = drawn_ahead

    def begun(self) -> list[FrozenTrial]:
        """Return the hidden trials before this one, for their parameters; none if timing decides what they have."""
        numbers = range(self._number - self.lag, self._number) if self._drawn_ahead else range(0)
        return [trial for trial in self._viewed.get_trials(deepcopy=False) if trial.number in numbers]

    def _shown(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        first_hidden = self._number - self.lag
        return [
            trial
            for trial in trials
            if (trial.number < first_hidden and trial.state.is_finished()) or trial.number == self._number
        ]


def lag_of(study: optuna.Study) -> int:
    """Return the lag of the view `study`; 0 for a study itself."""
    return study.lag if isinstance(study, LaggedStudy) else 0


def begun_of(study: optuna.Study, number: int) -> list[FrozenTrial]:
    """Return the trials whose results trial `number` doesn't see, but whose parameters it may know.

    Of a view with a lag these are the hidden ones, of a study itself those that are running.
    """
    if isinstance(study, LaggedStudy):
        return study.begun()
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial for trial in running if trial.number != number]


class LaggedSampler(BaseSampler):
    """Sampler that passes a `LaggedStudy` to another `sampler`, in every method.

    The draws depend on the lag and not on timing if `sampler` is replayable: if what it draws for a trial depends on
    the study that it is given and on the trial's number, not on its own past. All of `STRATEGIES` are.
    """

    def __init__(self, sampler: BaseSampler, lag: int, *, drawn_ahead: bool = False) -> None:
        self.sampler = sampler
        self._lag = lag
        self._drawn_ahead = drawn_ahead

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that the sampler draws jointly."""
        return self.sampler.infer_relative_search_space(self._view(study, trial), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the jointly drawn values."""
        return self.sampler.sample_relative(self._view(study, trial), trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value of one parameter."""
        return self.sampler.sample_independent(self._view(study, trial), trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Announce the trial."""
        self.sampler.before_trial(self._view(study, trial), trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass on the result."""
        self.sampler.after_trial(self._view(study, trial), trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed the sampler."""
        self.sampler.reseed_rng()

    def _view(self, study: optuna.Study, trial: FrozenTrial) -> optuna.Study:
        return cast("optuna.Study", LaggedStudy(study, trial.number, self._lag, drawn_ahead=self._drawn_ahead))


class _JudgedStudy(LaggedStudy):
    """View of a study for the pruner of one trial. A resumed trial appears as trained from the beginning."""

    def __init__(self, study: optuna.Study, trial: FrozenTrial, lag: int) -> None:
        super().__init__(study, trial.number, lag)
        self._trial = trial

    def _shown(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        return [self._trial if trial.number == self._trial.number else trial for trial in super()._shown(trials)]


class LaggedPruner(BasePruner):
    """Pruner that judges a trial by the finished trials before its number − `lag`, and by itself.

    The pruner is made for each question: `SuccessiveHalvingPruner` keeps what it estimates from the first trials that
    it sees, which other trials may not see.
    """

    def __init__(self, make: Callable[[], BasePruner], lag: int) -> None:
        self._make = make
        self._lag = lag

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Return whether to stop the trial."""
        return self._make().prune(cast("optuna.Study", _JudgedStudy(study, trial, self._lag)), trial)


def lagged_sampler(sampler: BaseSampler, lag: int, *, drawn_ahead: bool = False) -> BaseSampler:
    """Return the `sampler` with a lag; with 0, the sampler itself. See `LaggedStudy` for `drawn_ahead`."""
    return LaggedSampler(sampler, lag, drawn_ahead=drawn_ahead) if lag else sampler


def lagged_pruner(make: Callable[[], BasePruner], lag: int) -> BasePruner:
    """Return the pruner that `make` makes, with a lag, which may be 0.

    Raises
    ------
    UsageError
        If the pruner can't have this lag.
    """
    pruner = make()
    if lag and not can_lag(pruner):
        raise UsageError(f"a batch can't be had with {type(pruner).__name__}, got batch = {lag}")
    return LaggedPruner(make, lag) if can_lag(pruner) and not isinstance(pruner, NopPruner) else pruner


def can_lag(pruner: BasePruner) -> bool:
    """Return whether a pruner's decisions depend only on the trials that it is shown.

    Hyperband fixes its brackets for all trials when the first trial finishes, and shows them to samplers.
    """
    return not isinstance(pruner, HyperbandPruner)
