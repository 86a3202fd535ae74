"""Strategies as `search` and `compare` take them: keys, functions, or tables of a study file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.checks import MOST_TRIALS, text, whole
from hpsearch.strategies import Strategy
from hpsearch.study.variant import Searcher, searcher

Strategies = Sequence[str] | Mapping[str, str | Strategy | Mapping[str, object]]
"""Keys of `STRATEGIES`; or label → key, function from a seed to a sampler, or table ``[strategies.<label>]``."""


def one_strategy(strategy: str | Strategy, options: Mapping[str, Any], confirm: int) -> dict[str, Searcher]:
    """Return the searcher of a strategy, given as a key or function, with a label."""
    label = strategy if isinstance(strategy, str) else getattr(strategy, "__name__", type(strategy).__name__)
    return {label: _labelled(label, strategy, options, confirm)}


def all_strategies(strategies: Strategies, confirm: int) -> dict[str, Searcher]:
    """Return the searchers by label; `confirm` is that of strategies that do not give their own."""
    by_label = strategies if isinstance(strategies, Mapping) else {key: key for key in strategies}
    return {label: _from_table(label, strategy, confirm) for label, strategy in by_label.items()}


def _from_table(label: str, strategy: str | Strategy | Mapping[str, Any], confirm: int) -> Searcher:
    """Return the searcher of a key, a function, or a table like ``[strategies.<label>]`` of a study file."""
    if not isinstance(strategy, Mapping):
        return _labelled(label, strategy, {}, confirm)
    table = {"strategy": label, "confirm": confirm, **strategy}
    options = {key: value for key, value in table.items() if key not in ("strategy", "confirm")}
    return _labelled(label, table["strategy"], options, table["confirm"])


def _labelled(label: str, strategy: str | Strategy, options: Mapping[str, Any], confirm: int) -> Searcher:
    text("the label of a strategy", label)
    return searcher(label, strategy, options, whole("confirm", confirm, 0, MOST_TRIALS))
