"""Section: the share of runs that reached the target, against trials (an ECDF)."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from hpsearch.analysis.comparison.pairings import baseline
from hpsearch.analysis.comparison.targets import share_at_target, targets, trials_to_target
from hpsearch.report import figures, scales, style
from hpsearch.report.section import Drawing, Section, few_variants, leading
from hpsearch.report.text import Fact, plural
from hpsearch.results.results import Results

_TITLE = "How many runs reached the target"
_NONE = "No figure: the target is the best value of the median {baseline} run, and no such run is complete."
_READING = (
    "A line is the share of runs that reached the target: the best validation {metric} of the median {baseline} run at "
    "its end."
)
_POOLED = "Runs on all tasks count together, each with its own task's target."
_PANEL = 2.6
_LABEL = 18


def ecdf_section(results: Results) -> Section:
    """Build the section with the share of runs that reached the baseline's final median, against trials."""
    facts: dict[str, Fact] = {"baseline": baseline(results), "metric": results.metric}
    trial_counts = trials_to_target(results)
    if trial_counts.empty:
        return Section("ecdf", _TITLE, (_NONE,), facts=facts)
    shares = share_at_target(trial_counts, _longest(results))
    sentence = _sentence(shares, facts)
    shown, notes = few_variants(results, facts)
    return Section(
        "ecdf",
        _TITLE,
        (_READING, *((_POOLED,) if len(targets(results)) > 1 else ()), *notes),
        drawing=Drawing(_draw(shown, shares), sentence),
        shared=("runs", "tasks"),
        facts=facts,
    )


def _longest(results: Results) -> int:
    """Return the trial budget of a run; where the budget counts epochs, the largest number of trials in a run."""
    last = results.trials["number"].max() if len(results.trials) else 0
    return results.budget if results.epochs_budget is None else int(last) + 1


def _sentence(shares: pd.DataFrame, facts: dict[str, Fact]) -> str:
    ends = shares.groupby("variant", sort=False).last().sort_values("share", ascending=False, kind="stable")
    facts["trials"] = trials = int(shares["n"].max())
    for place, (label, end) in enumerate(ends.iterrows(), 1):
        reached = round(end["share"] * end["runs"])
        facts |= {f"variant_{place}": str(label), f"reached_{place}": reached, f"runs_{place}": int(end["runs"])}
    parts = [f"{{reached_{place}}} of {{runs_{place}}} with {{variant_{place}}}" for place in range(1, len(ends) + 1)]
    return f"Runs that reached the target within {{trials}} {plural(trials, 'trial')}: {leading(parts, facts)}."


def _draw(results: Results, shares: pd.DataFrame) -> Figure:
    longest = max(len(style.label(name, _LABEL)) for name in results.variants)
    height = max(_PANEL, 0.19 * len(results.variants))
    layout = figures.Layout(1, 1, height, right=0.4 + 0.085 * longest)
    with style.applied():
        figure, (axes,) = figures.new_figure(layout)
        _lines(axes, results, shares, layout.height)
    return figure


def _lines(axes: Axes, results: Results, shares: pd.DataFrame, height: float) -> None:
    ends = []
    for index, name in enumerate(results.variants):
        steps = shares[shares["variant"] == name]
        if steps.empty:
            continue
        look = style.look(index)
        every = ((0.02 + 0.013 * index) % 0.13, 0.13)
        axes.step(
            steps["n"], steps["share"], where="post",
            color=look.color, linestyle=look.line, marker=look.marker, markersize=5, markevery=every,
        )  # fmt: skip
        ends.append((float(steps["n"].iloc[-1]), float(steps["share"].iloc[-1]), style.label(name, _LABEL)))
    axes.set(xlim=(0, max(int(shares["n"].max()), 1) * 1.01), ylim=(-0.03, 1.03))
    axes.set(xlabel="trials", ylabel="runs at the target")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    scales.label_ends(axes, ends, height)
