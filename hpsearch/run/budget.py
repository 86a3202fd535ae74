"""What a run may spend, and what it is to do next with what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from hpsearch.run.confirmation import PHASE, REPETITIONS, candidates, confirms


@dataclass(frozen=True)
class SearchStep:
    """Ask the strategy for this many trials."""

    trials: int


@dataclass(frozen=True)
class ConfirmStep:
    """Train this trial again; `phase` is the number of trials that had begun before this confirmation did."""

    trial: FrozenTrial
    phase: int


@dataclass(frozen=True)
class Budget:
    """What a run may spend.

    The search spends first; what is kept back is for the repetitions of its best `confirm` trials, `REPETITIONS` each.
    Where fewer trials than that can be confirmed (since the others failed, diverged or were pruned), as many are as can
    be, and the search goes on with the rest: nothing is left unspent.

    Attributes
    ----------
    trials
        Trials; or, with `epochs`, how many trials of that many epochs each could be trained.
    confirm
        Trials to be confirmed at the end.
    epochs
        The most epochs of a trial, where epochs are what is counted; the last trial may then exceed the budget by what
        it trains at most. None where a trial counts 1 whatever it trained.
    """

    trials: int
    confirm: int = 0
    epochs: int | None = None

    @property
    def unit(self) -> int:
        """What a trial costs at most."""
        return self.epochs or 1

    @property
    def total(self) -> int:
        """What may be spent, in trials or epochs."""
        return self.trials * self.unit

    def cost(self, trial: FrozenTrial) -> int:
        """What `trial` counts: in epochs, those that it says it trained, and all where it says nothing."""
        if self.epochs is None:
            return 1
        trained = trial.user_attrs.get("epochs", self.epochs)
        return max(1, int(trained)) if isinstance(trained, (int, float)) else self.epochs

    def spent(self, trials: Iterable[FrozenTrial]) -> int:
        """What `trials` have cost so far; those that wait to be started cost nothing."""
        return sum(map(self.cost, begun(trials)))

    def within(self, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
        """Those of `trials` that had begun, by number, before the budget was spent."""
        found: list[FrozenTrial] = []
        spent = 0
        for trial in sorted(begun(trials), key=lambda trial: trial.number):
            if spent >= self.total:
                break
            found.append(trial)
            spent += self.cost(trial)
        return found

    def next(self, direction: str, trials: Sequence[FrozenTrial]) -> SearchStep | ConfirmStep | None:
        """What is to be done after `trials`; None where the budget is spent.

        It depends on what is stored alone, so a run that was stopped goes on as the run that was not.
        """
        made = begun(trials)
        best = candidates(direction, made)[: self.confirm] if self.confirm else []
        phase = _phase(made)
        left = self.total - self.spent(made) + self.spent(phase)
        chosen = best[: self._affordable(left)]
        if phase and left > self._price(chosen):  # the budget has grown since: that confirmation is over
            phase, left = [], self.total - self.spent(made)
            chosen = best[: self._affordable(left)]
        if left > self._price(chosen):
            surely = (left - self.confirm * REPETITIONS * self.unit) // self.unit
            return SearchStep(max(1, surely))
        return _next_repetition(chosen, phase, len(made) - len(phase))

    def is_spent(self, direction: str, trials: Sequence[FrozenTrial]) -> bool:
        """Whether all of `trials` are finished and nothing is to be done after them."""
        return all(trial.state.is_finished() for trial in begun(trials)) and self.next(direction, trials) is None

    def _price(self, chosen: Sequence[FrozenTrial]) -> int:
        return len(chosen) * REPETITIONS * self.unit

    def _affordable(self, left: int) -> int:
        """How many trials can be confirmed with what is left, or with less by a part of one trial's epochs."""
        return max(0, (left + self.unit - 1) // (REPETITIONS * self.unit))


def begun(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that do not wait to be started."""
    return [trial for trial in trials if trial.state != TrialState.WAITING]


def _phase(made: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The repetitions of the confirmation that goes on: nothing but they have begun since it did."""
    repetitions = [trial for trial in made if confirms(trial) is not None]
    latest = max((trial.system_attrs.get(PHASE, 0) for trial in repetitions), default=0)
    phase = [trial for trial in repetitions if trial.system_attrs.get(PHASE) == latest]
    return phase if latest + len(phase) == len(made) else []


def _next_repetition(chosen: Sequence[FrozenTrial], phase: Sequence[FrozenTrial], before: int) -> ConfirmStep | None:
    """Round after round, so that where it is stopped all candidates have been trained about equally often."""
    times = {trial.number: sum(confirms(other) == trial.number for other in phase) for trial in chosen}
    due = min(chosen, key=lambda trial: times[trial.number], default=None)
    return None if due is None or times[due.number] >= REPETITIONS else ConfirmStep(due, before)
