"""Budget of a run, and its next step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial, TrialState

from hpsearch.run.confirmation import PHASE, REPETITIONS, candidates, confirms


@dataclass(frozen=True)
class SearchStep:
    """Step that asks the strategy for this many trials.

    Attributes
    ----------
    trials
        Number of trials.
    needs_results
        Whether it depends on the results of running trials. Otherwise it is the same for all their costs and values.
    """

    trials: int
    needs_results: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class ConfirmStep:
    """Step that trains this trial again; `phase` is the number of trials started before its confirmation."""

    trial: FrozenTrial
    phase: int


@dataclass(frozen=True)
class Budget:
    """Budget of a run.

    The search spends first. The rest is reserved for confirmation: `REPETITIONS` trainings of each of its best
    `confirm` trials. If fewer trials qualify, because others failed, diverged or were pruned, the search spends the
    remainder. So the whole budget is always spent.

    Attributes
    ----------
    trials
        Number of trials; with `epochs`, the number of trials of that many epochs each.
    confirm
        Number of trials to confirm at the end.
    epochs
        Maximum epochs of a trial, if the budget counts epochs. The last trial may then exceed the budget by at most
        this many. None if every trial costs 1.
    """

    trials: int
    confirm: int = 0
    epochs: int | None = None

    @property
    def unit(self) -> int:
        """Maximum cost of a trial."""
        return self.epochs or 1

    @property
    def total(self) -> int:
        """Total budget, in trials or epochs."""
        return self.trials * self.unit

    def cost(self, trial: FrozenTrial) -> int:
        """Return the cost of `trial`: 1, or its trained epochs; the maximum if it does not record them."""
        if self.epochs is None:
            return 1
        trained = trial.user_attrs.get("epochs", self.epochs)
        return max(1, int(trained)) if isinstance(trained, (int, float)) else self.epochs

    def spent(self, trials: Iterable[FrozenTrial]) -> int:
        """Return the total cost of `trials`; waiting trials cost nothing."""
        return sum(map(self.cost, begun(trials)))

    def within(self, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
        """Return the `trials` that started, by number, before the budget was spent."""
        included: list[FrozenTrial] = []
        spent = 0
        for trial in sorted(begun(trials), key=lambda trial: trial.number):
            if spent >= self.total:
                break
            included.append(trial)
            spent += self.cost(trial)
        return included

    def next(self, direction: str, trials: Sequence[FrozenTrial]) -> SearchStep | ConfirmStep | None:
        """Return the next step after `trials`; None if the budget is spent.

        It depends only on stored trials, so a resumed run takes the same steps as an uninterrupted one. Running trials
        count as begun, with the maximum cost. A confirmation needs the results of all search trials, and the end those
        of all trials.
        """
        started = begun(trials)
        best = candidates(direction, started)[: self.confirm] if self.confirm else []
        phase = _phase(started)
        remaining = self.total - self.spent(started) + self.spent(phase)
        chosen = best[: self._affordable(remaining)]
        if phase and remaining > self._price(chosen):  # the budget has grown since: end that confirmation
            phase, remaining = [], self.total - self.spent(started)
            chosen = best[: self._affordable(remaining)]
        if remaining > self._price(chosen):
            surely = (remaining - self.confirm * REPETITIONS * self.unit) // self.unit
            return SearchStep(max(1, surely), needs_results=surely < 1)
        return _next_repetition(chosen, phase, len(started) - len(phase))

    def is_spent(self, direction: str, trials: Sequence[FrozenTrial]) -> bool:
        """Return whether all `trials` are finished and no step follows."""
        return all(trial.state.is_finished() for trial in begun(trials)) and self.next(direction, trials) is None

    def _price(self, chosen: Sequence[FrozenTrial]) -> int:
        return len(chosen) * REPETITIONS * self.unit

    def _affordable(self, remaining: int) -> int:
        """Return how many trials can be confirmed; the last one may exceed the budget by part of its epochs."""
        return max(0, (remaining + self.unit - 1) // (REPETITIONS * self.unit))


def begun(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that are not waiting."""
    return [trial for trial in trials if trial.state != TrialState.WAITING]


def _phase(started: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the repetitions of the current confirmation; empty if other trials have started since it did."""
    repetitions = [trial for trial in started if confirms(trial) is not None]
    latest = max((trial.system_attrs.get(PHASE, 0) for trial in repetitions), default=0)
    phase = [trial for trial in repetitions if trial.system_attrs.get(PHASE) == latest]
    return phase if latest + len(phase) == len(started) else []


def _next_repetition(chosen: Sequence[FrozenTrial], phase: Sequence[FrozenTrial], before: int) -> ConfirmStep | None:
    """Return the candidate with the fewest repetitions, so that an interruption leaves the counts about equal."""
    times = {trial.number: sum(confirms(other) == trial.number for other in phase) for trial in chosen}
    due = min(chosen, key=lambda trial: times[trial.number], default=None)
    return None if due is None or times[due.number] >= REPETITIONS else ConfirmStep(due, before)
