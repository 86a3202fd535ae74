"""What curves show: which line ends highest or lowest, as a title and as a sentence."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd

from hpsearch.report.drawings.cells import Cells, figure_settings
from hpsearch.report.naming import direction, measure_name, step_name
from hpsearch.report.section import leading, level_name
from hpsearch.report.text import Fact, Measured, fill
from hpsearch.results.results import Results

_AT_THE_END = "at the end"


def finding(results: Results, drawn: Cells, bands: pd.DataFrame, facts: dict[str, Fact]) -> tuple[str, str]:
    """Return the figure's title and the sentence above it; adds their facts.

    The end of a line is its median at the last step that all lines of the panel have. Title and sentence say so if some
    lines go on longer. The sentence is about the first measure; where the lines are measures, about the gap between the
    first two.
    """
    if len(drawn.measures) > 1 and set(drawn.lines) == set(drawn.measures):
        return _gaps(results, drawn, bands, facts)
    name = next(name for name in drawn.measures if (bands["measure"] == name).any())
    facts["measure"] = measure_name(results, name)
    ends: dict[str, dict[str, Measured]] = {}
    for panel in drawn.panels:
        values = _ends(bands[(bands["measure"] == name) & (bands["panel"] == panel)])
        by_name = {named(results, drawn.line_factor, line): value for line, value in values.items()}
        ends |= {named(results, drawn.panel_factor, panel): by_name} if by_name else {}
    sign = direction(results, name) or 1
    if len(drawn.lines) == 1:
        return _alone(ends, sign, facts)
    when = _when(results, name, bands[bands["measure"] == name])
    if len(ends) == 1:
        return _one_panel(next(iter(ends.values())), sign, facts, when)
    return _by_panel(ends, sign, facts, when)


def named(results: Results, factor: str, label: str) -> str:
    """Return a level as prose names it, with its factor's name if it is a plain value."""
    return level_name(results, factor, label) if factor else label


def _ends(bands: pd.DataFrame) -> dict[str, Measured]:
    """Return the median of each line at their last common step, with its standard deviation over repeats."""
    if bands.empty:
        return {}
    lasts = bands.groupby("line", sort=False)["step"].max()
    ends = {}
    for line, curve in bands[bands["step"] <= lasts.min()].groupby("line", sort=False):
        last = curve.iloc[-1]
        ends[str(line)] = Measured(float(last["median"]), float(last["spread"]))
    return ends


def _when(results: Results, name: str, bands: pd.DataFrame) -> str:
    """Return where the lines are compared: not at their end if some of a panel stop before the others."""
    lasts = bands.groupby(["panel", "line"], sort=False)["step"].max()
    stops_early = (lasts.groupby("panel").min() < lasts.groupby("panel").max()).any()
    return f"at the last {step_name(results, name)} of all lines" if stops_early else _end(results, name)


def _end(results: Results, name: str) -> str:
    """Return what the end of the lines is: that of the trainings, or of the steps that are drawn."""
    settings = figure_settings(results)
    return f"at the last {step_name(results, name)} drawn" if settings and settings.steps else _AT_THE_END


def _ranked(ends: dict[str, Measured], sign: int) -> list[str]:
    return sorted(ends, key=lambda line: -sign * ends[line])


def _extreme(sign: int) -> str:
    return "highest" if sign > 0 else "lowest"


def _one_panel(
    ends: dict[str, Measured], sign: int, facts: dict[str, Fact], when: str = _AT_THE_END
) -> tuple[str, str]:
    ranked = _ranked(ends, sign)
    for place, line in enumerate(ranked, 1):
        facts |= {f"line_{place}": line, f"end_{place}": ends[line]}
    places = [
        f"{{line_{place}}} at {{end_{place}}}" if math.isfinite(ends[line]) else f"{{line_{place}}} diverged"
        for place, line in enumerate(ranked, 1)
    ]
    first = [line for line in ranked if ends[line] == ends[ranked[0]]]
    if len(first) > 1:
        title = "{measure}: no line ends " + ("higher" if sign > 0 else "lower") + " than all others"
    else:
        title = f"{_extreme(sign)} {{measure}} {when}: {{line_1}}, {{end_1}}"
    return _title(title, facts), f"Medians of the {{measure}} {when}: {leading(places, facts)}."


def _by_panel(ends: dict[str, dict[str, Measured]], sign: int, facts: dict[str, Fact], when: str) -> tuple[str, str]:
    wins: Counter[str] = Counter()
    for values in ends.values():
        best = max(sign * value for value in values.values())
        first = [line for line, value in values.items() if sign * value == best]
        wins.update(first if len(first) == 1 else [""])
    ties = wins.pop("", 0)
    ranked = [line for line, _ in wins.most_common()]
    facts |= {"panels": len(ends), "ties": ties}
    for place, line in enumerate(ranked, 1):
        facts |= {f"line_{place}": line, f"panels_{place}": wins[line]}
    tied = " ({ties} ties)" if ties > 1 else " ({ties} tie)" if ties else ""
    if not ranked:
        sentence = "The median {measure} ends alike in all {panels} panels."
        return _title("{measure}: all lines end alike in every panel", facts), sentence
    places = [f"{{line_{place}}} in {{panels_{place}}}" for place in range(1, len(ranked) + 1)]
    most = _extreme(sign)
    where = f"{leading(places, facts)}{tied}"
    sentence = f"{most} median {{measure}} {when}, of {{panels}} panels: {where}."
    sentence = sentence[0].upper() + sentence[1:]
    tops = [line for line in ranked if wins[line] == wins[ranked[0]]]
    if len(tops) > 1:
        return _title(f"{most} {{measure}} {when}: no line in most of {{panels}} panels", facts), sentence
    title = f"{most} {{measure}} {when}: {{line_1}}, in {{panels_1}} of {{panels}} panels"
    return _title(title, facts), sentence


def _alone(ends: dict[str, dict[str, Measured]], sign: int, facts: dict[str, Fact]) -> tuple[str, str]:
    """One line in each panel: the panels are compared."""
    by_panel = {panel: next(iter(values.values())) for panel, values in ends.items()}
    if len(by_panel) > 1:
        return _one_panel(by_panel, sign, facts)
    facts["end_1"] = next(iter(by_panel.values()))
    return _title("The {measure} ends at {end_1}", facts), "The median {measure} at the end is {end_1}."


def _gaps(results: Results, drawn: Cells, bands: pd.DataFrame, facts: dict[str, Fact]) -> tuple[str, str]:
    first, second = drawn.lines[:2]
    facts |= {"measure_1": measure_name(results, first), "measure_2": measure_name(results, second)}
    places, gaps = [], {}
    for place, panel in enumerate(drawn.panels, 1):
        ends = _ends(bands[bands["panel"] == panel])
        if first in ends and second in ends:
            facts |= {f"panel_{place}": panel, f"end_{place}": ends[first], f"other_{place}": ends[second]}
            gap = Measured(ends[first] - ends[second], math.hypot(ends[first].uncertainty, ends[second].uncertainty))
            facts[f"gap_{place}"] = gap
            gaps[place] = float(gap)
            named = f"{{panel_{place}}}: " if len(drawn.panels) > 1 else ""
            places.append(f"{named}{{end_{place}}} and {{other_{place}}}")
    end = _end(results, first)
    sentence = f"{end[0].upper()}{end[1:]}, the medians of {{measure_1}} and {{measure_2}} are {'; '.join(places)}."
    finite = {place: gap for place, gap in gaps.items() if np.isfinite(gap)}
    if len(finite) < 2:
        title = "{measure_1} ends at {end_1}, {measure_2} at {other_1}"
    else:
        least = min(finite, key=lambda place: abs(finite[place]))
        title = f"{{measure_1}} and {{measure_2}} are closest {end} in panel {{panel_{least}}}: {{gap_{least}}} apart"
    return _title(title, facts), sentence


def _title(text: str, facts: dict[str, Fact]) -> str:
    words = fill(text, facts)
    return words[:1].upper() + words[1:]
