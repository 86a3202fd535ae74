"""Section: the diagnostics of the search, failed and passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from hpsearch.analysis.diagnostics import DIAGNOSTICS, LEVELS, Finding, diagnose
from hpsearch.analysis.incumbents import tasks
from hpsearch.report.section import MOST, Card, Section
from hpsearch.report.text import Fact, fill, listing
from hpsearch.results.results import Results

_TITLE = "Diagnostics: what is wrong with the search"
_NAMED = 5  # names of a long list that a card shows
_CARD_LEVELS = ("fail", "warn")


def diagnostics_section(results: Results) -> Section:
    """Build the section with a card for each rule that fires, most severe first; summarize other rules in prose."""
    findings = diagnose(results)
    if not findings:
        return Section("diagnostics", _TITLE, ("Nothing to check: no run has started.",))
    worst = _worst_of_rules(findings)
    problems = _problems(results, findings)
    cards = [_card(finding, others) for finding, others in problems if finding.level in _CARD_LEVELS]
    facts: dict[str, Fact] = {level: Counter(each.level for each in worst)[level] for level in LEVELS}
    facts |= {"rules": len(worst), "problems": len(cards)}
    prose = [_opening(facts)]
    prose += _passed([each for each in worst if each.level == "pass"], facts)
    prose += _unknown([each for each in worst if each.level == "unknown"], facts)
    return Section(
        "diagnostics",
        _TITLE,
        tuple(prose),
        cards=tuple(cards),
        data={"diagnostics": _frame(findings)},
        facts=facts,
    )


def _worst_of_rules(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return each rule's most severe finding, most severe rules first."""
    by_rule = [[each for each in findings if each.key == key] for key in DIAGNOSTICS]
    return sorted((min(of_rule, key=_severity) for of_rule in by_rule), key=_severity)


def _problems(results: Results, findings: tuple[Finding, ...]) -> list[tuple[Finding, list[str]]]:
    """Return the most severe finding of each problem and the other tasks that have it, most severe problems first.

    A rule may find several: that training rows are not fitted on one task, and overfitting on another.
    """
    by_problem: dict[tuple[str, str], list[Finding]] = {}
    for each in sorted((each for each in findings if each.fires), key=lambda each: list(DIAGNOSTICS).index(each.key)):
        by_problem.setdefault((each.key, each.title.partition(":")[0]), []).append(each)
    problems = []
    for of_problem in by_problem.values():
        first = min(of_problem, key=_severity)
        others = [each.task for each in of_problem if each is not first]
        problems.append((first, others if len(tasks(results)) > 1 else []))
    return sorted(problems, key=lambda each: _severity(each[0]))


def _severity(finding: Finding) -> int:
    return LEVELS.index(finding.level)


def _opening(facts: Mapping[str, Any]) -> str:
    problems = facts["fail"] + facts["warn"]
    counted = "None" if not problems else "One" if problems == 1 else "{problems}"
    return f"{counted} of {{rules}} checks found a problem."


def _card(finding: Finding, others: list[str]) -> Card:
    facts = dict(finding.facts)
    text = " ".join(part for part in (finding.evidence, finding.advice) if part)
    title = finding.title
    if others:
        facts |= {"on_task": finding.task, "other_tasks": _some(others)}
        text = f"On {{on_task}}: {text} The same holds for {{other_tasks}}."
    return Card(finding.level, title, text, facts)


def _some(names: list[str]) -> str:
    """List the names; of more than `MOST`, only the first ones."""
    return listing(names if len(names) <= MOST else [*names[:_NAMED], f"{len(names) - _NAMED} more"])


def _passed(findings: list[Finding], facts: dict[str, Fact]) -> Iterator[str]:
    if findings:
        facts["passed"] = "; ".join(_lower(each.title) for each in findings)
        yield "Checked, without a sign of a problem: {passed}."


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def _unknown(findings: list[Finding], facts: dict[str, Fact]) -> Iterator[str]:
    """List the rules that could not be applied, grouped by reason."""
    reasons: dict[str, list[str]] = {}
    for each in findings:
        reasons.setdefault(_lower(fill(each.evidence, each.facts)).rstrip("."), []).append(_lower(each.title))
    groups = []
    for place, (reason, titles) in enumerate(reasons.items(), 1):
        facts |= {f"unknown_{place}": "; ".join(titles), f"reason_{place}": reason}
        groups.append(f"{{unknown_{place}}} ({{reason_{place}}})")
    if groups:
        yield f"Not known: {'; '.join(groups)}."


def _frame(findings: tuple[Finding, ...]) -> pd.DataFrame:
    rows = [
        {
            "task": each.task,
            "rule": each.key,
            "level": each.level,
            "title": each.title,
            "evidence": fill(each.evidence, each.facts),
            "advice": fill(each.advice, each.facts),
        }
        for each in findings
    ]
    return pd.DataFrame(rows)
