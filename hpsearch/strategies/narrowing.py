"""Range narrowing: search a while, look where the best trials lie, search there.

*Deep Learning from Scratch*, section 6.5.2, describes it as work done by hand: draw at random from wide ranges, look
at the best results, narrow the ranges around them, and again. Here it is an optuna sampler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpsearch.errors import UsageError
from hpsearch.strategies.base import IndependentSampler
from hpsearch.strategies.seeding import generator, uniform_draw
from hpsearch.strategies.unit import Numeric, position, value_at

RANGE_PREFIX = "range:"  # user attribute of a trial: the range that a parameter was drawn from


class NarrowingSampler(IndependentSampler):
    """Draws each round of trials from ranges around the best trials of the rounds before it.

    The first round is uniform in the declared ranges. From then on, a parameter's range reaches from the lowest to the
    highest value among the best trials, padded on both sides by a share of its width; log ranges are measured in
    logarithms. Within a round the draws are a Latin hypercube: each parameter's range is cut into as many equal strata
    as the round has trials, and each stratum is drawn from once. A choice is drawn as often as the best trials have it.
    A share of the trials explores: it is drawn from the declared ranges, so that a round of bad luck can be made good.

    The trial keeps the declared distributions, so that importances, plots and the dashboard stay right; the range
    that each parameter was drawn from is the trial's user attribute ``range:<name>``, a list of low and high.

    What trial *n* draws depends on the seed, on *n*, and on the finished trials of the rounds before its own.

    Parameters
    ----------
    round
        Trials in a round.
    best
        How many of the best complete trials span the ranges.
    padding
        How far a range reaches beyond the best trials on each side, as a share of the distance between them.
    explore
        Probability that a trial explores.
    seed
        Any integer ≥ 0; None takes a fresh one.
    """

    def __init__(
        self,
        *,
        round: int = 10,  # noqa: A002 - the word of the field and of the study file
        best: int = 5,
        padding: float = 0.2,
        explore: float = 0.1,
        seed: int | None = None,
    ) -> None:
        if round < 1 or best < 1:
            raise UsageError(f"round and best must be at least 1, got round = {round}, best = {best}")
        if padding < 0 or not 0 <= explore <= 1:
            raise UsageError(
                f"padding must be at least 0 and explore from 0 to 1, got padding = {padding}, explore = {explore}"
            )
        self._round, self._best, self._padding, self._explore = round, best, padding, explore
        self._seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one parameter: from its narrowed range, or from the declared one in the first round and to explore."""
        best = self._guides(study, trial, param_name, param_distribution)
        if not best:
            return uniform_draw(self._seed, study, trial, param_name, param_distribution)
        if isinstance(param_distribution, CategoricalDistribution):
            draw = generator(self._seed, trial.number, param_name).integers(len(best))
            return best[draw].params[param_name]
        assert isinstance(param_distribution, (FloatDistribution, IntDistribution))
        low, high = self._narrowed(best, param_name, param_distribution)
        stratum = self._stratum(trial.number, param_name)
        return value_at(low + stratum * (high - low), param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Note on the trial the ranges that it was drawn from."""
        given = trial.system_attrs.get("fixed_params", {})
        for name, distribution in trial.distributions.items():
            if name not in given and not distribution.single():
                study._storage.set_trial_user_attr(
                    trial._trial_id, RANGE_PREFIX + name, self._range(study, trial, name, distribution)
                )

    def _range(self, study: optuna.Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> list[Any]:
        """What `name` was drawn from: low and high, or the choices with how often they stood to be drawn."""
        best = self._guides(study, trial, name, distribution)
        if isinstance(distribution, CategoricalDistribution):
            if not best:
                return list(distribution.choices)
            counts = Counter(guide.params[name] for guide in best)
            return [choice for choice in distribution.choices if counts[choice]]
        assert isinstance(distribution, (FloatDistribution, IntDistribution))
        if not best:
            return [distribution.low, distribution.high]
        return [value_at(end, distribution) for end in self._narrowed(best, name, distribution)]

    def _guides(
        self, study: optuna.Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> list[FrozenTrial]:
        """The best trials of the rounds before that have the parameter; none in the first round and to explore."""
        start = trial.number // self._round * self._round
        if start == 0 or generator(self._seed, trial.number, "explore").random() < self._explore:
            return []
        sign = -1 if study.direction == StudyDirection.MAXIMIZE else 1
        known = [
            (sign * other.value, other.number, other)
            for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if other.number < start and other.value is not None and other.distributions.get(name) == distribution
        ]
        if len(known) < self._best:
            return []
        return [other for _, _, other in sorted(known)[: self._best]]

    def _narrowed(self, best: list[FrozenTrial], name: str, distribution: Numeric) -> tuple[float, float]:
        """The ends of the narrowed range, as positions in the declared one."""
        places = [position(guide.params[name], distribution) for guide in best]
        low, high = min(places), max(places)
        pad = self._padding * (high - low)
        return max(low - pad, 0.0), min(high + pad, 1.0)

    def _stratum(self, number: int, name: str) -> float:
        """Where in its range trial `number` draws, from 0 to 1: its place in the round's Latin hypercube."""
        turn, place = divmod(number, self._round)
        strata = generator(self._seed, name, "strata", turn).permutation(self._round)
        return float(strata[place] + generator(self._seed, number, name).random()) / self._round


def narrowing(seed: int) -> NarrowingSampler:
    """Range narrowing with its default options."""
    return NarrowingSampler(seed=seed)
