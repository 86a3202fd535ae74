"""Section: changes for the next study, and changes since the previous one."""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.diagnostics import Change
from hpsearch.analysis.next_study import followed, key_of, next_study
from hpsearch.report.section import Section, Table, words
from hpsearch.report.text import Fact, plural, value
from hpsearch.results.results import Results

_TITLE = "Changes for the next study"
_COLUMNS = ["key", "now", "next", "reason"]
_SHOWN = (words("key", "Key"), words("now", "Now"), words("next", "Next"), words("reason", "Why"))


def next_section(results: Results) -> Section:
    """Build the section with the changes that the diagnostics recommend, and those since the previous study if any."""
    following = next_study(results)
    before, since = followed(results)
    facts: dict[str, Fact] = {"study": results.name, "name": following.name, "changes": len(following.changes)}
    prose, tables, data = [], [], {}
    if before:
        facts |= {"follows": before, "changed": len(since)}
        frame = pd.DataFrame({"change": list(since)})
        prose.append(f"This study follows {{follows}}, with {{changed}} {plural(len(since), 'change')}.")
        if since:
            tables.append(Table(f"Changed since {value(before)}", frame, (words("change", "Change"),)))
            data["changed"] = frame
    if following.changes or not following.withheld:
        prose.append(_sentence(bool(following.changes), bool(following.content)))
    if following.withheld:
        facts["withheld"] = len(following.withheld)
        lead = "They also propose" if following.changes else "The diagnostics propose"
        prose.append(
            f"{lead} {{withheld}} {plural(len(following.withheld), 'change')} of settings that levels of a factor set: "
            "make them there by hand."
        )
    frame = _frame(following.changes)
    if len(frame):
        tables.append(Table("Proposed changes", frame, _SHOWN))
        data["next"] = frame
    if following.withheld:
        columns = (words("objective", "Of"), *_SHOWN)
        frame = _frame(tuple(change for _, change in following.withheld))
        frame.insert(0, "objective", [objective for objective, _ in following.withheld])
        tables.append(Table("Changes in the levels", frame, columns))
        data["next_in_levels"] = frame
    return Section("next", _TITLE, (" ".join(prose),), tables=tuple(tables), data=data, facts=facts)


def _sentence(changed: bool, file: bool) -> str:
    if not changed:
        return "The diagnostics propose no change."
    if not file:
        return "The diagnostics propose the changes below."
    return (
        "The diagnostics propose the changes below. The file next.toml, written with this report, is the study {name}, "
        "which makes them and takes over the trials that stay valid: hpsearch study next.toml."
    )


def _frame(changes: tuple[Change, ...]) -> pd.DataFrame:
    rows = [
        {
            "key": key_of(change),
            "now": "default" if change.old is None else value(change.old, 4),
            "next": "not searched" if change.value is None else value(change.value, 4),
            "reason": change.reason,
        }
        for change in changes
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
