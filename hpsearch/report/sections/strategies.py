"""Which strategy did better, by test values that the search never saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.results import Results
from hpsearch.analysis.strategies import BASELINE, strategy_table, test_means
from hpsearch.report.section import Column, Row, Section, Table, by_task, counts, numbers, words
from hpsearch.report.text import NOTHING, Fact, aligned, listing, plain, plural, value

LEVEL = 95  # per cent, of the intervals of strategy_table


def strategies_section(results: Results) -> Section:
    """The verdict in words, and the table of strategies."""
    frame = strategy_table(results)
    facts: dict[str, Fact] = {"level": LEVEL, "metric": results.metric, "baseline": BASELINE}
    prose = [_verdict(results, frame[frame["task"] == task], facts, s) for task, s in by_task(results)]
    if not prose:
        return Section("strategies", "Which strategy did better", ("No run has begun: there is nothing to compare.",))
    return Section(
        "strategies",
        "Which strategy did better",
        (*prose, *_reading(frame, facts)),
        tables=(Table("The strategies, each over its complete runs", frame, tuple(_columns(results, frame))),),
        data={"strategies": frame, "runs": _runs(results), "test_values": _test_values(results)},
        facts=facts,
    )


def _verdict(results: Results, rows: pd.DataFrame, facts: dict[str, Fact], s: str) -> str:
    """One paragraph about a task's rows; its facts are added to `facts`, their names ending in `s`."""
    facts[f"task{s}"] = str(rows["task"].iloc[0])
    opening = f"On {{task{s}}}: " if s else ""
    judged = "test" if rows["test"].notna().any() else "validation"
    rows = rows[rows[judged].notna()]
    if rows.empty:
        return f"{opening or 'So far '}no run has spent its budget, so there is nothing to compare."
    leader = rows.iloc[int((results.sign * rows[judged]).argmax())]
    facts |= _leader_facts(leader, judged, s)
    told = f"{opening}{{leader{s}}} has the best mean {judged} {{metric}} of those compared, {{best{s}}}"
    if len(rows) == 1:
        told = f"{opening}{{leader{s}}} has a mean {judged} {{metric}} of {{best{s}}}"
    if judged == "validation":
        return f"{told}, but nothing has been tested: validation values are optimistic and decide nothing."
    if not math.isfinite(leader[judged]):
        return f"{opening or 'With every strategy '}the mean {judged} {{metric}} is not a finite number."
    if math.isnan(leader["test_low"]):
        told += f", over {{tested{s}}} {plural(leader['tested'], 'run')}"
        return f"{told}: too few for an interval, so chance and skill can't be told apart."
    told += f" ({{level}} % interval {{low{s}}} to {{high{s}}}, over {{tested{s}}} runs)."
    return " ".join([told, *_overlaps(rows, leader, facts, s)])


def _leader_facts(leader: Any, judged: str, s: str) -> dict[str, Fact]:
    return {
        f"leader{s}": str(leader["strategy"]),
        f"best{s}": float(leader[judged]),
        f"low{s}": float(leader["test_low"]),
        f"high{s}": float(leader["test_high"]),
        f"tested{s}": int(leader["tested"]),
    }


def _overlaps(rows: pd.DataFrame, leader: Any, facts: dict[str, Fact], s: str) -> Iterator[str]:
    others = rows[(rows["strategy"] != leader["strategy"]) & rows["test_low"].notna()]
    together = (others["test_low"] <= leader["test_high"]) & (others["test_high"] >= leader["test_low"])
    facts[f"overlapping{s}"] = listing(others.loc[together, "strategy"])
    facts[f"apart{s}"] = listing(others.loc[~together, "strategy"])
    if together.any():
        yield f"Its interval overlaps that of {{overlapping{s}}}: these runs alone do not tell them apart."
    if not together.all():
        yield f"Its interval lies apart from that of {{apart{s}}}, on this task and with this budget."


def _reading(frame: pd.DataFrame, facts: dict[str, Fact]) -> Iterator[str]:
    facts["runs_missing"] = int((frame["runs"] - frame["runs_complete"]).sum())
    if facts["runs_missing"] and frame["runs_complete"].any():
        yield (
            f"{{runs_missing}} {'run is' if facts['runs_missing'] == 1 else 'runs are'} not complete: "
            "left out of every mean, counted in what was spent."
        )
    if frame["tested"].any():
        yield (
            "Test values come from training each run's best hyperparameters again on fresh seeds; the search never saw "
            "the test data. Validation values are optimistic, since the search picked the best of many noisy ones; "
            "the gap says by how much."
        )
    if frame["trials_to_random"].notna().any():
        yield (
            "Trials to match {baseline}: how many trials half of the runs needed to be as good as the median "
            "{baseline} run at its end."
        )


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    if len(tasks(results)) > 1:
        yield words("task", "Task")
    metric = plain(results.metric)
    bound = aligned(frame["test"].astype(float))
    yield words("strategy", "Strategy")
    yield Column("Runs", lambda row: f"{row['runs_complete']} of {row['runs']}")
    yield numbers(frame, "test", f"Test {metric}")
    yield Column(f"{LEVEL} % interval", lambda row: _interval(row, bound))
    yield numbers(frame, "validation", f"Validation {metric} (optimistic)")
    yield numbers(frame, "gap", "Gap", 3)
    yield Column(f"Trials to match {BASELINE}", lambda row: _to_target(row, results.budget))
    yield counts("trials", "Trials")
    yield counts("epochs", "Epochs")
    yield numbers(frame, "seconds", "Seconds", 3)
    yield Column("Diverged", lambda row: _percent(row["diverged"]))


def _interval(row: Row, write: Callable[[float], str]) -> str:
    return NOTHING if math.isnan(row["test_low"]) else f"{write(row['test_low'])} to {write(row['test_high'])}"


def _to_target(row: Row, budget: int) -> str:
    needed = float(row["trials_to_random"])
    return f"> {budget}" if math.isinf(needed) else value(needed)


def _percent(share: float) -> str:
    return NOTHING if math.isnan(share) else f"{100 * share:.0f} %"


def _runs(results: Results) -> pd.DataFrame:
    return results.runs.drop(columns="test_values").assign(test=test_means(results.runs))


def _test_values(results: Results) -> pd.DataFrame:
    rows = [
        {"task": run["task"], "strategy": run["strategy"], "repeat": run["repeat"], "retraining": index, "value": held}
        for _, run in results.runs.iterrows()
        for index, held in enumerate(run["test_values"])
    ]
    return pd.DataFrame(rows, columns=["task", "strategy", "repeat", "retraining", "value"])
