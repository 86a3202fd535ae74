"""Null studies: a study's reference against a copy of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hpsearch.seeding import integer
from hpsearch.study.factors import STRATEGY
from hpsearch.study.runs import Plan
from hpsearch.study.variant import Searcher, Variant

SUFFIX = "-null"
_COPY = "{label} again"
_FIRST = "random"  # the reference of the strategies, if the study has it


def null_plan(plan: Plan) -> Plan:
    """Return the plan of a study that compares the reference of `plan` with a copy of it.

    Both have the same splits. The copy has other draws and training seeds, so any difference is due to chance. The
    study is stored under another name.
    """
    variant = _reference(plan)
    label = variant.strategy
    copy = _COPY.format(label=label)
    again = Variant(
        {STRATEGY: copy},
        copy,
        _drawn_again(variant.searcher, label),
        {task: objective.with_other_seeds() for task, objective in variant.objectives.items()},
        variant.pruner,
        variant.starts_with_defaults,
    )
    first = replace(variant, levels={STRATEGY: label})
    return replace(
        plan,
        name=plan.name + SUFFIX,
        objectives=variant.objectives,
        strategies={label: first.searcher, copy: again.searcher},
        cells=[first, again],
        content=_content(plan.content, plan.name, label, copy),
        read_from=None,
        only={},
        null=True,
    )


def _reference(plan: Plan) -> Variant:
    """Return the variant of the first level of each factor, and of random search if it is one of the strategies."""
    wanted = {factor: levels[0] for factor, levels in plan.factors.items()}
    if _FIRST in plan.factors[STRATEGY]:
        wanted[STRATEGY] = _FIRST
    variants = plan.variants.values()
    return next((each for each in variants if dict(each.levels) == wanted), next(iter(variants)))


def _drawn_again(searcher: Searcher, label: str) -> Searcher:
    return replace(
        searcher, make=_OtherDraws(searcher.make), content={"strategy": label, **searcher.content, "draws": "again"}
    )


class _OtherDraws:
    """Factory of the same sampler with another seed; can be pickled if the sampler's factory can."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        self._make = make

    def __call__(self, seed: int) -> Any:
        return self._make(integer(seed, "again"))


def _content(content: Mapping[str, Any], name: str, label: str, copy: str) -> dict[str, Any]:
    """Return the tables of the study file with the two strategies, without factors and claims."""
    search = {**content.get("search", {}), "strategies": [label, copy]}
    tables = dict(content.get("strategies", {}))
    own = tables.get(label, {})
    return {
        **{key: table for key, table in content.items() if key not in ("factors", "claims")},
        "title": f"{content.get('title') or name}: {label} against itself",
        "question": f"What would the report of {name} claim where there is nothing? Both sides are {label}.",
        "search": search,
        "strategies": {**({label: own} if own else {}), copy: {"strategy": label, **own}},
    }
