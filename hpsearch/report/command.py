"""The one command to run next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from hpsearch.analysis.best import best
from hpsearch.analysis.claims import decided
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.analysis.next_study import next_study
from hpsearch.results.results import FINISHED, Results
from hpsearch.study.shipped import shipped

NEXT = "next.toml"


class Next(NamedTuple):
    """A command, empty if there is none, and the reason for it as a sentence."""

    command: str
    reason: str


def next_command(results: Results) -> Next:
    """Return the command to run next, by the first rule that applies.

    0. No trial has a finite value: none.
    1. The study is not finished: the command that continues it. None other follows a null study.
    2. A comparison of finite values is not resolved, and so many repeats would probably resolve it: these.
    3. The diagnostics propose changes: the next study.
    4. A comparison of finite values is not resolved: twice as many repeats.
    5. The study file names the study that comes after it: that one.
    """
    study = _study(results)
    if results.trials["state"].isin(FINISHED).any() and not best(results):
        return Next("", "Change the study before you run it again: no trial has a finite value.")
    if study and not results.runs["complete"].astype(bool).all():
        null = " --null" if results.is_null else ""
        return Next(f"hpsearch study {study}{null}", "The study is not finished. The same command continues it:")
    if results.is_null:
        return Next("", "Nothing more needs to be run. Read the page of the study itself.")
    unresolved, needed = _open(results)
    if study and needed:
        repeats = max(*needed, results.repeats + 1)
        return Next(f"hpsearch study {study} --repeats {repeats}", "More repeats would probably resolve what is open:")
    if next_study(results).content:
        path = shlex.quote(str(PurePath(results.report_folder) / NEXT))
        return Next(f"hpsearch study {path}", "Run the next study, a file beside this page with the proposed changes:")
    if study and unresolved:
        repeats = 2 * results.repeats
        return Next(f"hpsearch study {study} --repeats {repeats}", "More repeats narrow the intervals:")
    if then := results.settings.get("report", {}).get("then"):
        return Next(f"hpsearch study {shlex.quote(str(then))}", "Nothing more needs to be run here. Try this next:")
    return Next("", "Nothing more needs to be run.")


def _open(results: Results) -> tuple[bool, list[int]]:
    """Return whether a claim, or without claims a comparison, is not resolved; and how many repeats would do it."""
    if claims := decided(results):
        left = [each for each in claims if each.word == "not resolved" and not each.exact]
        return bool(left), [each.needed for each in left if each.needed is not None]
    measured = (each for each in verdicts(results) if each.effect is not None and each.at_planned_budget)
    comparisons = [each for each in measured if not each.resolved]
    return bool(comparisons), [each.needed for each in comparisons if each.needed is not None]


def _study(results: Results) -> str:
    """Return what names the study in a command: the study file as it was given, or a shipped name; empty without."""
    if "data" not in results.settings:
        return ""
    if results.source:
        return shlex.quote(results.source) + _variation(results.first_plan or {})
    return results.name if results.name in shipped() else shlex.quote(f"{results.name}.toml")


def _variation(plan: Mapping[str, Any]) -> str:
    """Return the options that vary the study file, as `hpsearch.study.variations` has them."""
    quick = " --quick" if plan.get("quick") else ""
    return quick + (f" --data {shlex.quote(str(plan['data']))}" if plan.get("data") else "")
