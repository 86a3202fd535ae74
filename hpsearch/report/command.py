"""The one command to run next."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import NamedTuple

from hpsearch.analysis.best import best
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.analysis.next_study import next_study
from hpsearch.results.results import FINISHED, Results
from hpsearch.study.config import shipped

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
    """
    study = _study(results)
    if results.trials["state"].isin(FINISHED).any() and not best(results):
        return Next("", "Change the study before you run it again: no trial has a finite value.")
    if study and not results.runs["complete"].astype(bool).all():
        null = " --null" if results.is_null else ""
        return Next(f"hpsearch study {study}{null}", "The study is not finished. The same command continues it:")
    if results.is_null:
        return Next("", "Nothing more needs to be run. Read the page of the study itself.")
    open_pairs = (each for each in verdicts(results) if each.effect is not None and each.at_planned_budget)
    unresolved = [each for each in open_pairs if not each.resolved]
    needed = [each.needed for each in unresolved if each.needed is not None]
    if study and needed:
        repeats = max(*needed, results.repeats + 1)
        return Next(f"hpsearch study {study} --repeats {repeats}", "More repeats would probably resolve what is open:")
    if next_study(results).content:
        path = shlex.quote(str(PurePath(results.report_folder) / NEXT))
        return Next(f"hpsearch study {path}", "Run the next study, a file beside this page with the proposed changes:")
    if study and unresolved:
        repeats = 2 * results.repeats
        return Next(f"hpsearch study {study} --repeats {repeats}", "More repeats narrow the intervals:")
    return Next("", "Nothing more needs to be run.")


def _study(results: Results) -> str:
    """Return what names the study in a command: the study file as it was given, or a shipped name; empty without."""
    if "data" not in results.settings:
        return ""
    if results.source:
        return shlex.quote(results.source)
    return results.name if results.name in shipped() else shlex.quote(f"{results.name}.toml")
