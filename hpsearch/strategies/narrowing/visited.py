"""Configurations of discrete spaces that finished trials have tried, so that no trial repeats one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.narrowing.values import count, index, key, value

NEVER = math.inf  # number of the trial that visits what is not visited
ALWAYS = -math.inf  # number of a trial that counts for all others


@dataclass
class _Node:
    """Point of a trial between two parameters.

    Attributes
    ----------
    name, distribution
        Parameter that the last trial drew next; no name if trials end here.
    ended
        Least number of a trial that ended here.
    closed
        Name and value → number of the trial with which all configurations behind it had been tried.
    """

    name: str | None = None
    distribution: BaseDistribution | None = None
    ended: float = NEVER
    closed: dict[tuple[str, float], float] = field(default_factory=dict)

    def closed_by(self) -> float:
        """Return the number of the trial with which everything behind this point had been tried."""
        if self.name is None or self.distribution is None:
            return self.ended
        values = count(self.distribution)
        if values is None or len(self.closed) < values:
            return NEVER
        numbers = self.closed_values(self.name, self.distribution, NEVER)
        return max(numbers.values()) if len(numbers) == values else NEVER

    def closed_values(self, name: str, distribution: BaseDistribution, before: float) -> dict[int, float]:
        """Return the indices of the values of a parameter that were closed by trials before `before`, with these."""
        indices = {
            index(distribution, place): number
            for (other, place), number in self.closed.items()
            if other == name and number < before
        }
        return {place: number for place, number in indices.items() if place is not None}


class Visited:
    """Tree of the configurations that finished trials have tried.

    A branch is a value of the parameter that is drawn next, so conditional spaces need no declaration. Of all values of
    a discrete parameter, those with nothing left to try are closed. Each has the number of the trial that closed it:
    the tree answers for the trials before any number. Adding a trial costs time in proportion to its parameters.

    A trial that failed may have failed before its last parameter. It counts if a complete one has the same parameters.
    """

    def __init__(self) -> None:
        self._nodes = [_Node()]
        self._children: dict[tuple[int, str, float], int] = {}
        self._continuous = NEVER  # number of the first trial with a continuous parameter
        self._numeric = NEVER  # number of the first trial with a number
        self._complete: dict[frozenset[str], int] = {}  # first complete trial by its parameters
        self._failed: dict[frozenset[str], list[FrozenTrial]] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Add a finished trial."""
        if any(not (_is_choice(each) or each.single()) for each in trial.distributions.values()):
            self._numeric = min(self._numeric, trial.number)
        if any(count(distribution) is None for distribution in trial.distributions.values()):
            self._continuous = min(self._continuous, trial.number)
        if self._continuous <= trial.number or not trial.params:
            return
        names = frozenset(trial.params)
        if trial.state != TrialState.FAIL:
            self._insert(trial, trial.number)
            self._complete.setdefault(names, trial.number)
            for failed in self._failed.pop(names, ()):
                self._insert(failed, max(failed.number, trial.number))
        elif names in self._complete:
            self._insert(trial, max(trial.number, self._complete[names]))
        else:
            self._failed.setdefault(names, []).append(trial)

    def can_be_avoided(self, before: int) -> bool:
        """Return whether the trials before number `before` have discrete parameters only, and something is left."""
        return self._continuous >= before and self._nodes[0].closed_by() >= before

    def are_choices(self, before: int) -> bool:
        """Return whether all parameters of the trials before number `before` are choices."""
        return self._numeric >= before

    def has(self, params: Mapping[str, Any], before: int) -> bool:
        """Return whether a trial before number `before` had this configuration.

        `params` may have parameters that such a trial doesn't draw, and may lack those of a single value.
        """
        at = 0
        while (name := self._nodes[at].name) is not None:
            distribution = self._nodes[at].distribution
            assert distribution is not None
            if name not in params and not distribution.single():
                return False
            branch = (name, key(distribution, params[name] if name in params else value(distribution, 0)))
            if self._nodes[at].closed.get(branch, NEVER) < before:
                return True
            child = self._children.get((at, *branch))
            if child is None:
                return False
            at = child
        return False

    def closed(
        self, params: Mapping[str, Any], name: str, distribution: BaseDistribution, before: int
    ) -> Mapping[int, float]:
        """Return the indices of the values of the parameter `name` that lead to nothing but repetitions.

        Parameters
        ----------
        params
            Parameters that the trial has already.
        name, distribution
            Parameter that it draws next, and its values.
        before
            Trials before this number count.
        """
        at = self._reached(params)
        return {} if at is None else self._nodes[at].closed_values(name, distribution, before)

    @contextmanager
    def also(self, trials: Iterable[FrozenTrial]) -> Iterator[None]:
        """Count `trials` that are not finished as tried, within the context. They count before any number."""
        undo: list[Callable[[], object]] = []
        try:
            for trial in trials:
                if trial.params and all(count(each) is not None for each in trial.distributions.values()):
                    self._insert(trial, ALWAYS, undo)
            yield
        finally:
            for step in reversed(undo):
                step()

    def _reached(self, params: Mapping[str, Any]) -> int | None:
        """Return the node that a trial with these parameters has reached; None if no other trial did."""
        at, left = 0, dict(params)
        while left:
            node = self._nodes[at]
            if node.name not in left or node.distribution is None:
                return None
            child = self._children.get((at, node.name, key(node.distribution, left.pop(node.name))))
            if child is None:
                return None
            at = child
        return at

    def _insert(self, trial: FrozenTrial, number: float, undo: list[Callable[[], object]] | None = None) -> None:
        """Add a trial that counts from `number` on; append to `undo` the calls that, from the last on, take it out."""
        undo = [] if undo is None else undo
        at, path, left = 0, [], dict(trial.params)
        while left:
            node = self._nodes[at]
            name = node.name if node.name in left else next(iter(left))
            undo.append(partial(_set, node, name=node.name, distribution=node.distribution))
            node.name, node.distribution = name, trial.distributions[name]
            branch = (name, key(node.distribution, left.pop(name)))
            path.append((node, branch))
            if (at, *branch) not in self._children:
                self._children[at, *branch] = len(self._nodes)
                self._nodes.append(_Node())
                undo += [self._nodes.pop, partial(self._children.pop, (at, *branch))]
            at = self._children[at, *branch]
        end = self._nodes[at]
        undo.append(partial(_set, end, ended=end.ended))
        end.ended = min(end.ended, number)
        for (parent, branch), child in zip(reversed(path), [end, *(node for node, _ in reversed(path))], strict=False):
            undo.append(partial(_close, parent, branch, parent.closed.get(branch, NEVER)))
            _close(parent, branch, child.closed_by())


def _close(node: _Node, branch: tuple[str, float], number: float) -> None:
    """Close a branch from `number` on; open it if that is never."""
    if number == NEVER:
        node.closed.pop(branch, None)
    else:
        node.closed[branch] = number


def _set(node: _Node, **attributes: Any) -> None:
    for name, old in attributes.items():
        setattr(node, name, old)


def _is_choice(distribution: BaseDistribution) -> bool:
    return isinstance(distribution, CategoricalDistribution)
