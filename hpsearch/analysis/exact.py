"""Variants in which nothing is random, so that one repeat is enough."""

from __future__ import annotations

from hpsearch.analysis.incumbents import tasks
from hpsearch.objectives import family
from hpsearch.results.results import Results


def is_exact(results: Results, task: str, variant: str) -> bool:
    """Return whether a variant gives the same numbers in each repeat: a deterministic family without a search."""
    return variant in results.untuned and family(results.families.get((task, variant), "")).deterministic


def all_are_exact(results: Results) -> bool:
    """Return whether no variant of the study is random."""
    return all(is_exact(results, task, variant) for task in tasks(results) for variant in results.variants)
