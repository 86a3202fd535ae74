"""Optuna sampler of range narrowing: draw trials, then draw the next ones around the best of them.

*Deep Learning from Scratch*, section 6.5.2, describes this as a manual procedure: draw at random from wide ranges,
inspect the best results, narrow the ranges around them, and repeat.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from hpsearch.checks import MOST_POINTS, MOST_TRIALS
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.seeding import generator
from hpsearch.storage.optuna_private import set_with_parameter, whole_study
from hpsearch.strategies.base import RULE, IndependentSampler, refuse_several_objectives
from hpsearch.strategies.history import LOCK, History
from hpsearch.strategies.lag import begun_of, lag_of
from hpsearch.strategies.narrowing.lessons import Lessons
from hpsearch.strategies.narrowing.round import Draws, Options, Round, plan_round
from hpsearch.strategies.narrowing.rules import OLDEST, RULES, rule_of
from hpsearch.strategies.narrowing.values import count, index, key, open_index, value
from hpsearch.strategies.narrowing.visited import Visited
from hpsearch.strategies.seeding import uniform_draw

EXPLORE = 0.1  # default share of trials that explore
RANGE_PREFIX = "range:"  # prefix of the trial attributes that record the range each parameter was drawn from
AGAIN = 20  # how often a value that repeats an earlier trial is drawn again from the planned range
GROWTH = 100  # a round has at least 1/GROWTH of the trials before it, to keep planning cheap in long searches
ROUNDS_KEPT = 100  # number of plans to keep, for workers with overlapping trials

LIMITS = {
    "round": (1, MOST_TRIALS),
    "best": (1, MOST_TRIALS),
    "reach": (0, np.inf),
    "explore": (0, 1),
    "smoothing": (0, np.inf),
    "candidates": (1, MOST_POINTS),
}


class NarrowingSampler(IndependentSampler):
    """Sampler that draws each round of trials from ranges around the best trials of earlier rounds.

    The first trials are uniform in the declared ranges, until `best` of them are complete. Each later round has three
    steps:

    1. The `best` trials so far set the ranges. Each range is centred on the value of the best trial and reaches on
       both sides to the farthest of the others. So the ranges of important parameters close in fast and the others
       stay wide. If the best trial is at the edge of the others, the range moves. A choice that c of the b best trials
       have is drawn with probability (c + α / k) / (b + α), for k choices and α = 2: none is given up.
    2. Each trial of the round draws `candidates` points from the ranges and takes the one with the best neighbours:
       the mean rank of all trials, weighted by nearness (`smoothing`). This favours regions of good trials over a
       single lucky result among bad ones. Training is noisy, and the best of many noisy values is mostly luck.
    3. A share `explore` of the trials is drawn from the declared ranges instead, to recover from a bad start.

    Log ranges are measured in logarithms. Distances are Euclidean; the unit in each parameter is the spread of the
    better half of the trials. So the neighbourhood shrinks as the ranges close in.

    Where all parameters are discrete (choices, whole numbers, floats with a step), no trial repeats an earlier one
    while other configurations are left, also if parameters depend on others. Candidates that would repeat a finished
    one are left out. A value that leads to nothing but repetitions is drawn again, at last uniformly from the others.
    Trials that still run count with the parameters that they have by then, so two that draw at the same moment may
    be equal. In a run of hpsearch with a declared space the order is fixed, and none are.

    Pruned trials and trials with non-finite values rank last. They show where not to search and never set a range.
    Failed trials are ignored. The range of a conditional parameter is set by the best trials that have it. A parameter
    is drawn from its declared range if it is new, if its declaration has just changed, or if fewer than `best` trials
    have it. Rounds use the last 200 complete trials and the last 200 others.

    The trial keeps the declared distributions, so that importances, plots and the dashboard stay correct. The range
    that each parameter was drawn from is the trial's user attribute ``range:<name>``: a list of low and high, or the
    choices that the best trials have.

    The draws of trial *n* depend on the seed, on *n*, and on the finished trials of earlier rounds; with a lag, on the
    trials that the first trial of the round sees. What they repeat depends on all trials before *n*. Workers that
    share a study draw different points of the same rounds. Use a sampler with one study only.

    A study goes on by the rule that its first trial was drawn by. Rule 3 is the one above; trials have it as the user
    attribute ``strategy_rule``. By rule 2, only finished trials are not repeated. By rule 1, α = 0, trials may repeat
    others, and a share of 0.1 explores choices, too.

    Parameters
    ----------
    round
        Trials per round. They use the results of earlier rounds, not of each other. Larger rounds take less time to
        plan. After more than 100 times as many trials, a round has a hundredth of their number.
    best
        Number of best trials that set the ranges.
    reach
        Half-width of a range, as a multiple of the distance from the best trial to the farthest of the `best`.
    explore
        Probability that a trial explores; 0: never. None: 0.1, but 0 while all parameters are choices, since none of
        them is given up then.
    smoothing
        Width of the neighbourhood; times √parameters it is the standard deviation of a Gaussian, in the unit of
        distance. 0: the nearest trial alone.
    candidates
        Number of points from which each trial takes the best; 1: a trial is a uniform draw from the ranges.
    rule
        1, 2 or 3; None: 3, or the rule of the study.
    seed
        Any integer ≥ 0; None draws one at random.

    Raises
    ------
    UsageError
        If an option is outside its limits, or if the study has several objectives.
    """

    def __init__(
        self,
        *,
        round: int = 2,  # noqa: A002 - the name in study files
        best: int = 10,
        reach: float = 1.0,
        explore: float | None = None,
        smoothing: float = 0.13,
        candidates: int = 20,
        rule: int | None = None,
        seed: int | None = None,
    ) -> None:
        self._options = Options(round, best, reach, EXPLORE if explore is None else explore, smoothing, candidates)
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self._options, name) <= high:
                to = f"at least {low}" if high == np.inf else f"from {low} to {high}"
                raise UsageError(f"{name} must be {to}, got {name} = {quoted(getattr(self._options, name))}")
        if rule is not None and rule not in RULES:
            raise UsageError(choose_from("rule", str(rule), map(str, RULES)))
        self._rule = rule
        self._explores_choices = explore is not None
        self._seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self._lessons: History[Lessons] = History(Lessons, Lessons.add)
        self._plans: dict[tuple[str, int], Round] = {}
        self._rules: dict[str, int] = {}  # by study
        self._marked: tuple[str, int] | None = None  # study, and the trial that was marked last
        self._looked: tuple[str, int, tuple[Visited, list[FrozenTrial]]] | None = None  # study, trial, what it sees
        self._starts = [0]  # trial numbers at which rounds start

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return an empty space: no parameter is drawn jointly with another."""
        refuse_several_objectives(study)
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the planned value of this trial, or a uniform draw.

        The draw is uniform at first, in trials that explore, and for a parameter without a plan.
        """
        refuse_several_objectives(study)
        with LOCK:  # other threads add trials to what is read here
            drawn, range_ = self._draw(study, trial, param_name, param_distribution)
        self._mark(study, trial, param_name)
        _note(study, trial, param_name, range_)
        return drawn

    def _draw(
        self, study: optuna.Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> tuple[Any, list[Any]]:
        """Return the value and the range that it was drawn from."""
        plan = self._plan(study, trial.number)
        place = trial.number - plan.numbers.start
        draws = None if plan.explores[place] else plan.draws.get(name)
        if draws is None or draws.distribution != distribution:
            draws, drawn = None, uniform_draw(self._seed, trial, name, distribution)
        else:
            drawn = draws.values[place]
        range_ = _ends(distribution) if draws is None else draws.range
        if plan.avoids and count(distribution) is not None:
            (visited, begun), before = self._visited(study, trial.number), trial.number - lag_of(study)
            with visited.also(begun):
                closed = visited.closed(trial.params, name, distribution, before)
            if index(distribution, key(distribution, drawn)) in closed:
                rng = generator(self._seed, trial.number, name, "again")
                return _drawn_again(drawn, range_, draws, distribution, closed, rng)
        return drawn, range_

    def _plan(self, study: optuna.Study, number: int) -> Round:
        """Return the plan of the round of trial `number`; compute it for the first trial of the round."""
        numbers = self._round_of(number)
        key = (study.study_name, numbers.start)
        plan = self._plans.get(key)
        if plan is None:
            lessons = self._lessons.of(whole_study(study))
            lag = lag_of(study)
            rule = self._rule_of(whole_study(study))
            plan = plan_round(lessons, study.direction, numbers, self._options, self._seed, lag, rule)
            if lessons.visited.are_choices(numbers.start - lag) and not self._explores(rule):
                plan = replace(plan, explores=[False] * len(numbers))
            self._plans = {**dict(list(self._plans.items())[1 - ROUNDS_KEPT :]), key: plan}
        return plan

    def _explores(self, rule: int) -> bool:
        """Return whether trials explore where all parameters are choices."""
        return self._explores_choices or RULES[rule].explores_choices

    def _visited(self, study: optuna.Study, number: int) -> tuple[Visited, list[FrozenTrial]]:
        """Return what finished trials have tried; the storage is asked once for each trial."""
        if self._looked is None or self._looked[:2] != (study.study_name, number):
            whole = whole_study(study)
            begun = begun_of(whole, number) if RULES[self._rule_of(whole)].avoids_begun else []
            self._looked = study.study_name, number, (self._lessons.of(whole).visited, begun)
        return self._looked[2]

    def _rule_of(self, study: optuna.Study) -> int:
        """Return the rule of the study; the storage is asked once."""
        if study.study_name not in self._rules:
            self._rules[study.study_name] = self._rule or rule_of(study, RANGE_PREFIX)
        return self._rules[study.study_name]

    def _mark(self, study: optuna.Study, trial: FrozenTrial, name: str) -> None:
        """Store the rule of a trial with its first parameter that is drawn, unless it is the oldest one."""
        rule = self._rule_of(whole_study(study))
        if rule == OLDEST or RULE in trial.user_attrs or self._marked == (study.study_name, trial.number):
            return
        self._marked = study.study_name, trial.number
        set_with_parameter(study, trial, name, RULE, rule)

    def _round_of(self, number: int) -> range:
        """Return the trial numbers of the round that includes trial `number`."""
        while self._starts[-1] <= number:
            self._starts.append(self._starts[-1] + max(self._options.round, self._starts[-1] // GROWTH))
        after = bisect_right(self._starts, number)
        return range(self._starts[after - 1], self._starts[after])


def _drawn_again(
    drawn: Any,
    range_: list[Any],
    draws: Draws | None,
    distribution: BaseDistribution,
    closed: Collection[int],
    rng: np.random.Generator,
) -> tuple[Any, list[Any]]:
    """Return another value than the `closed` ones and its range: from the planned range, else from the declared one.

    Without any other value, return what was `drawn`.
    """
    for other in draws.others(rng.random(AGAIN)) if draws is not None else ():
        if index(distribution, key(distribution, other)) not in closed:
            return other, range_
    place = open_index(distribution, closed, rng.random())
    return (drawn, range_) if place is None else (value(distribution, place), _ends(distribution))


def _note(study: optuna.Study, trial: FrozenTrial, name: str, range_: list[Any]) -> None:
    """Store the range of a parameter on the trial with its value, or before it: a trial may stop between the two."""
    set_with_parameter(study, trial, name, RANGE_PREFIX + name, range_)


def _ends(distribution: BaseDistribution) -> list[Any]:
    """Return the ends of the declared range, or all choices."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    return [distribution.low, distribution.high]  # type: ignore[attr-defined]  # all other distributions are numeric
