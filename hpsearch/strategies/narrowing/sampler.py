"""Range narrowing: search a while, look where the best trials lie, search there.

*Deep Learning from Scratch*, section 6.5.2, describes it as work done by hand: draw at random from wide ranges, look
at the best results, narrow the ranges around them, and again. Here it is an optuna sampler.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from hpsearch.errors import UsageError
from hpsearch.storage.optuna_private import set_trial_user_attr, whole_study
from hpsearch.strategies.base import IndependentSampler, refuse_several_objectives
from hpsearch.strategies.history import History
from hpsearch.strategies.narrowing.lessons import Lessons
from hpsearch.strategies.narrowing.round import Options, Round, plan_round
from hpsearch.strategies.seeding import uniform_draw

RANGE_PREFIX = "range:"  # user attribute of a trial: the range that a parameter was drawn from
GROWTH = 100  # a round has at least one trial for so many before it: planning stays cheap in long searches
ROUNDS_KEPT = 100  # plans that are kept, for workers whose trials overlap

LIMITS = {
    "round": (1, np.inf),
    "best": (1, np.inf),
    "reach": (0, np.inf),
    "explore": (0, 1),
    "smoothing": (0, np.inf),
    "candidates": (1, np.inf),
}


class NarrowingSampler(IndependentSampler):
    """Draws each round of trials from ranges around the best trials of the rounds before it.

    The first trials are uniform in the declared ranges, until `best` of them are complete. From then on:

    1. The `best` trials so far set the ranges: each lies around the value of the very best, and reaches on both sides
       as far as the farthest of the others. So the ranges of what matters close in fast, and the others stay wide; and
       where the best lies at the edge of the others, the range moves on. A choice is drawn as often as they have it.
    2. Each trial of the round draws `candidates` points from the ranges, and takes the one with the best neighbours:
       the ranks of all trials are averaged, the nearer the more (`smoothing`). So the good spots of the ranges are
       searched, and not where one lucky result stands among bad ones: training is noisy, and the best of many noisy
       values is mostly luck.
    3. A share `explore` of the trials is drawn from the declared ranges instead, so that a bad start can be made good.

    Ranges are measured in logarithms where they are declared so. Distance is Euclidean; its unit is, in each parameter,
    the spread of the better half of the trials, so that neighbours draw together as the ranges close in.

    Pruned trials, and values that are not finite, rank last: they teach where not to search, and never set a range.
    Failed trials teach nothing. A parameter that depends on others has a range around the best trials that have it.
    One that was never seen, or whose declaration has just changed, is drawn from its declared range, and so is one that
    fewer than `best` trials have. Rounds look back on the last 200 complete trials and the last 200 pruned ones.

    The trial keeps the declared distributions, so that importances, plots and the dashboard stay right; the range
    that each parameter was drawn from is the trial's user attribute ``range:<name>``: a list of low and high, or the
    choices that were left.

    What trial *n* draws depends on the seed, on *n*, and on the finished trials of the rounds before its own. Workers
    that share a study draw different points of the same rounds. A sampler is for one study.

    Parameters
    ----------
    round
        Trials in a round: they know of the rounds before, and not of each other. More of them take less time to plan. A
        round that comes after more than 100 times as many trials has a hundredth of their number.
    best
        How many of the best trials set the ranges.
    reach
        How far a range reaches on each side of the very best trial, as a share of its distance from the farthest.
    explore
        Probability that a trial explores; 0: none does.
    smoothing
        How far neighbours count; times √parameters it is the standard deviation of a Gaussian, in the unit of distance.
        0: the nearest trial alone.
    candidates
        Points of which each trial takes the best; 1: none is chosen, a trial is a uniform draw from the ranges.
    seed
        Any integer ≥ 0; None takes a fresh one.

    Raises
    ------
    UsageError
        If an option is outside its limits; when used in a study with several objectives.
    """

    def __init__(
        self,
        *,
        round: int = 2,  # noqa: A002 - the word of the field and of the study file
        best: int = 10,
        reach: float = 1.0,
        explore: float = 0.1,
        smoothing: float = 0.13,
        candidates: int = 20,
        seed: int | None = None,
    ) -> None:
        self._options = Options(round, best, reach, explore, smoothing, candidates)
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self._options, name) <= high:
                to = f"at least {low}" if high == np.inf else f"from {low} to {high}"
                raise UsageError(f"{name} must be {to}, got {name} = {getattr(self._options, name)}")
        self._seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self._lessons: History[Lessons] = History(Lessons, Lessons.add)
        self._plans: dict[tuple[str, int], Round] = {}
        self._starts = [0]  # of the rounds, by the trials' numbers

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """No parameter is drawn jointly with another."""
        refuse_several_objectives(study)
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The round's draw for this trial; a uniform one at first, to explore, and where nothing is known."""
        refuse_several_objectives(study)
        plan = self._plan(study, trial.number)
        place = trial.number - plan.numbers.start
        drawn = None if plan.explores[place] else plan.draws.get(param_name)
        if drawn is None or drawn.distribution != param_distribution:
            _note(study, trial, param_name, _ends(param_distribution))
            return uniform_draw(self._seed, trial, param_name, param_distribution)
        _note(study, trial, param_name, drawn.range)
        return drawn.values[place]

    def _plan(self, study: optuna.Study, number: int) -> Round:
        """The plan of trial `number`'s round, made when the first of its trials asks."""
        numbers = self._round_of(number)
        key = (study.study_name, numbers.start)
        plan = self._plans.get(key)
        if plan is None:
            lessons = self._lessons.of(whole_study(study))
            plan = plan_round(lessons, study.direction, numbers, self._options, self._seed)
            self._plans = {**dict(list(self._plans.items())[1 - ROUNDS_KEPT :]), key: plan}
        return plan

    def _round_of(self, number: int) -> range:
        """The numbers of the trials of trial `number`'s round."""
        while self._starts[-1] <= number:
            self._starts.append(self._starts[-1] + max(self._options.round, self._starts[-1] // GROWTH))
        after = bisect_right(self._starts, number)
        return range(self._starts[after - 1], self._starts[after])


def _note(study: optuna.Study, trial: FrozenTrial, name: str, range_: list[Any]) -> None:
    """Note on the trial what it was drawn from, before it is known to be drawn: a trial may stop between the two."""
    set_trial_user_attr(study, trial, RANGE_PREFIX + name, range_)


def _ends(distribution: BaseDistribution) -> list[Any]:
    """The declared range, or all choices."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    return [distribution.low, distribution.high]  # type: ignore[attr-defined]  # the others are numeric
