"""Rules that a run draws by: its strategy's and that of likely values. New runs of a stored study follow its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hpsearch.run.description import Run
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.base import RULE
from hpsearch.strategies.likely import LIKELY_RULE

OLDEST = 1  # rule of runs without the attribute


def with_stored_rules(runs: Iterable[Run], stored: Mapping[str, Mapping[str, Any]]) -> list[Run]:
    """Let runs of a study search by the oldest rules where stored ones do, to be comparable.

    The rule of a strategy follows stored runs of that strategy. `stored` are the attributes of runs by name.
    """
    runs = _with_stored_likely_rule(list(runs), stored)
    oldest = {
        (attributes.get("study"), _strategy(attributes["content"], attributes.get("strategy")))
        for attributes in stored.values()
        if isinstance(attributes.get("content"), Mapping) and RULE not in attributes
    }
    return [
        replace(run, rule=OLDEST)
        if _has_rules(run) and (run.study, _strategy(run.content, run.strategy)) in oldest
        else run
        for run in runs
    ]


def _with_stored_likely_rule(runs: list[Run], stored: Mapping[str, Mapping[str, Any]]) -> list[Run]:
    begun = [stored[run.name] for run in runs if run.likely and "content" in stored.get(run.name, {})]
    if not begun:
        return runs
    rule = min(attributes.get(LIKELY_RULE, OLDEST) for attributes in begun)
    return [replace(run, likely_rule=rule) for run in runs]


def as_begun(run: Run) -> dict[str, Any]:
    """Return the attribute of a stored run that lacks it, so that its rule stays; none if the oldest is to be noted."""
    return {} if run.rule == OLDEST else {RULE: OLDEST}


def _has_rules(run: Run) -> bool:
    return run.rule is not None and "rule" not in _options(run.content)


def _strategy(content: Mapping[str, Any], label: Any) -> Any:
    """Return the name of the strategy of a run with this content, of those that have rules."""
    name = _options(content).get("strategy", label)
    strategy = STRATEGIES.get(name) if isinstance(name, str) else None
    return None if strategy is None or strategy.rule is None else name


def _options(content: Mapping[str, Any]) -> Mapping[str, Any]:
    options = content.get("strategy", {})
    return options if isinstance(options, Mapping) else {}
