"""Sentence on the environments that a study was trained in."""

from __future__ import annotations

from typing import Any

from hpsearch.report.text import Fact, listing, plural
from hpsearch.results.results import Results
from hpsearch.run.environment import differences


def environments_sentence(results: Results, facts: dict[str, Fact]) -> str:
    """Return a sentence if the runs were trained in several environments, else an empty text; add its facts.

    The same seed gives the same trials within one environment only.
    """
    changed = differences(results.environments)
    if not changed:
        return ""
    resumed: Any = results.runs.get("environments")
    count = 0 if resumed is None else int((resumed > 1).sum())
    facts |= {
        "environments": len(results.environments),
        "environment_differences": listing([f"{part} ({listing(values)})" for part, values in changed.items()]),
        "runs_moved": count,
    }
    text = (
        "The runs were trained in {environments} environments, which differ in {environment_differences}. "
        "The same seed gives the same trials within one environment only."
    )
    if count:
        text += f" {{runs_moved}} {plural(count, 'run')} began in one and went on in another."
    return text
