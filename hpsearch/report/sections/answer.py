"""Section: the answer, which is the first page: what to use, how good it is, what is wrong, what to run next."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

import pandas as pd

from hpsearch.analysis.best import Best, best
from hpsearch.analysis.claims import decided
from hpsearch.analysis.diagnostics import DIAGNOSTICS, LEVELS, Finding, diagnose
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.views import by_objective, is_search, objective_label, searching
from hpsearch.report.claim_sentence import counted
from hpsearch.report.command import next_command
from hpsearch.report.expectation import (
    Expectation,
    best_to_use,
    expectation,
    in_percent,
    of_recommended,
    variants_to_use,
)
from hpsearch.report.first_page import MORE, REASON
from hpsearch.report.model_command import fit_command
from hpsearch.report.precision import groups_of_test, uncertainty
from hpsearch.report.recommendation import recommendation
from hpsearch.report.scope import scope
from hpsearch.report.score_table import Rival, marked, not_beaten, score_table
from hpsearch.report.section import Card, Column, Row, Section, Table, words
from hpsearch.report.sections.best import DIGITS, HYPERPARAMETERS
from hpsearch.report.sections.figure import has_figure
from hpsearch.report.sections.paired import first_drawing
from hpsearch.report.text import Fact, Measured, listing, plural, value
from hpsearch.results.results import FINISHED, Results
from hpsearch.text import plain

MOST_WARNINGS = 3
_MOST_TASKS = 4  # tasks whose hyperparameters the first page shows
_TRY = "Use the simple model, or search another model or space in a new study."


def answer_section(results: Results) -> Section:
    """Build the first page: a sentence, the best hyperparameters and their scores, warnings, and a command."""
    facts: dict[str, Fact] = {"metric": results.metric}
    use = variants_to_use(results)
    names = tasks(results)
    expected = {task: expectation(results, task, use) for task in names}
    decisions = decided(results)
    decides_only = bool(decisions) and not searching(results).variants
    bests = () if decides_only else tuple(each for each in best_to_use(results) if each.task in expected)
    rivals = {task: of_task for task, one in expected.items() if (of_task := not_beaten(results, task, one))}
    rivals = {} if results.is_null or decides_only else rivals
    advice = _unfinished(results, facts) if decides_only else _sentence(results, bests, expected, rivals, facts)
    claims = counted(decisions, facts) if decisions else ""
    all_cards = (*_failure_card(results, use), *_baseline_card(rivals, len(names)), *_warnings(results, use))
    following = next_command(results)
    reason = _TRY if rivals and bests and not following.command else following.reason
    return Section(
        "answer",
        "The answer",
        (
            *filter(None, (claims, advice)),
            *_chosen(results, bests, facts),
            *_folds(results, facts),
            *(() if decides_only else _reading(results, expected)),
            *_scope(results, expected, facts),
            *_model(results, facts),
        ),
        cards=all_cards[:MOST_WARNINGS],
        tables=tuple(_tables(results, bests, expected)),
        drawing=first_drawing(results, facts) if len(results.variants) > 1 and not has_figure(results) else None,
        code=following.command,
        shared=("trials", "runs"),
        facts=facts | {REASON: reason, MORE: max(len(all_cards) - MOST_WARNINGS, 0)},
    )


def _sentence(
    results: Results,
    bests: tuple[Best, ...],
    expected: dict[str, Expectation],
    rivals: dict[str, list[Rival]],
    facts: dict[str, Fact],
) -> str:
    finished = results.trials["state"].isin(FINISHED).any()
    if not bests:
        return "Nothing can be used: all trials diverged or failed." if finished else "No trial is finished yet."
    parts = (_unfinished(results, facts), recommendation(results, facts), _expect(results, expected, rivals, facts))
    return " ".join(filter(None, parts)) or "The best hyperparameters of each task are below."


def _unfinished(results: Results, facts: dict[str, Fact]) -> str:
    missing = int((~results.runs["complete"].astype(bool)).sum())
    if not missing:
        return ""
    if is_search(results):
        finished = int(results.trials["state"].isin(FINISHED).sum())
        facts |= {"trials_done": finished, "trials_of": results.budget}
        return "The search was stopped after {trials_done} of {trials_of} trials."
    facts |= {"runs_missing": missing, "runs_of": len(results.runs)}
    return f"Not finished: {{runs_missing}} of {{runs_of}} {plural(len(results.runs), 'run')} are incomplete."


def _expect(
    results: Results, expected: dict[str, Expectation], rivals: dict[str, list[Rival]], facts: dict[str, Fact]
) -> str:
    """Say what score to expect on new data, where the study has one task."""
    if len(expected) != 1 or results.is_null:
        return ""
    ((task, one),) = expected.items()
    if math.isnan(one.mean) or math.isinf(one.mean):
        return ""
    alone = Measured(one.mean, uncertainty(results, task), percent=in_percent(results))
    facts |= one.facts(results) if one.half > 0 else {"expected": alone}
    facts["expected_repeats"] = one.repeats
    looked_up = bool(results.runs["reference_best"].notna().any())
    where = "for the held-out seeds of the table" if looked_up else "on new data"
    over = "" if one.over_rows else "over repeats: "  # the chance of the test rows is not in it
    interval = f" ({over}{{expected_low:bare}} to {{expected_high}})" if one.half > 0 else ""
    rival = _rival(results, task, rivals.get(task, []), facts)
    return f"Expect a test {{metric}} of {{expected}}{interval} {where}.{rival}"


def _rival(results: Results, task: str, rivals: list[Rival], facts: dict[str, Fact]) -> str:
    """Say that the best model without a search is better or as good, if its mean is at least the expected score."""
    for rival in rivals[:1]:
        half = uncertainty(results, task, rival.half, rival.test)
        facts |= {"rival": rival.opening, "rival_score": Measured(rival.test, half, percent=in_percent(results))}
        return f" {{rival}} is {rival.standing}: {{rival_score}}."
    return ""


def _reading(results: Results, expected: dict[str, Expectation]) -> Iterator[str]:
    """Say how to read the marks of the score table."""
    if len(expected) == 1 and any(marked(results, task, one) for task, one in expected.items()):
        yield (
            "The simple models have scikit-learn's defaults. One is called as good or better by its differences on the "
            "same test rows, repeat by repeat."
        )


def _folds(results: Results, facts: dict[str, Fact]) -> Iterator[str]:
    """Say what validation and test values of a cross-validation are of."""
    folds = {each.data.get("validation") for each in results.definitions.values()}
    named = {each for each in folds if isinstance(each, str)}
    if len(folds) == len(named) == 1:
        facts["folds"] = named.pop()
        yield (
            "Validation values are means over the folds of a cross-validation ({folds}); test values are of models "
            "that were trained on all rows but the test rows."
        )


def _scope(results: Results, expected: dict[str, Expectation], facts: dict[str, Fact]) -> Iterator[str]:
    if not results.trials["state"].isin(FINISHED).any():
        return
    sentence = scope(results, facts)
    if "expected_low" in facts:
        ((task, one),) = expected.items()
        facts["level"] = 95
        what = "groups" if groups_of_test(results, task) else "rows"
        chance = f"contains the chance of the test {what}, so it also holds for other {what} of this kind"
        over = chance if one.over_rows else "is over repeats"
        sentence += f" The {{level}} % interval of the expected score {over}."
    yield sentence


def _model(results: Results, facts: dict[str, Fact]) -> Iterator[str]:
    """Say how to get a model for use, where the study is one search."""
    command = fit_command(results) if is_search(results) else ""
    if command:
        facts["fit_command"] = command
        yield "To train these hyperparameters for use: {fit_command}."


def _chosen(results: Results, bests: tuple[Best, ...], facts: dict[str, Fact]) -> Iterator[str]:
    """Say which trial the hyperparameters are from and, of equal trials, by which rule it is chosen."""
    if len(bests) != 1 or results.is_null or bests[0].variant in results.untuned:
        return
    (one,) = bests
    whose = of_recommended(results, one)
    (leader,) = best(results)
    facts |= {"tied": one.tied, "best_value": Measured(one.value, uncertainty(results, one.task))}
    facts |= {"best_trial": one.number, "best_repeat": one.repeat, "best_variant": one.variant}
    trial = f"trial {{best_trial}} of repeat {{best_repeat}}{' of {best_variant}' if len(results.variants) > 1 else ''}"
    other = ""
    if leader.variant != one.variant:
        facts["leading_variant"] = leader.variant
        other = " The best trial of all is of {leading_variant}; a section below has its hyperparameters."
    if one.tied > 1:
        yield (
            f"{{tied}} trials share the best validation {{metric}}{whose}, {{best_value}}. Shown is the one with the "
            f"lowest number, {trial}.{other}"
        )
    else:
        with_value = f"with the best validation {{metric}}{whose}, {{best_value}}"
        yield f"The best hyperparameters are from {trial}, {with_value}.{other}"


def _tables(results: Results, bests: tuple[Best, ...], expected: dict[str, Expectation]) -> Iterator[Table]:
    if not bests or results.is_null:
        return
    if len(expected) > 1:
        yield _by_task(results, bests)
        return
    (one,) = bests
    rows = [{"parameter": name, "value": setting} for name, setting in one.params.items()]
    if rows:
        frame = pd.DataFrame(rows, columns=["parameter", "value"])
        yield Table("The best hyperparameters", frame, HYPERPARAMETERS)
    scores = score_table(results, one, expected[one.task])
    if len(scores.frame):
        yield scores


def _by_task(results: Results, bests: tuple[Best, ...]) -> Table:
    rows = [
        {
            "task": each.task,
            "hyperparameters": dict(each.params),
            "test": each.test_mean,
            "half": each.test_sd / math.sqrt(max(len(each.test_values), 1)),
        }
        for each in bests[:_MOST_TASKS]
    ]
    frame = pd.DataFrame(rows, columns=["task", "hyperparameters", "test", "half"])
    columns = (
        words("task", "Task"),
        Column(f"Test {plain(results.metric)}", lambda row: _score(results, row)),
        Column("Best hyperparameters", lambda row: _settings(row["hyperparameters"]), numeric=False),
    )
    left = len(bests) - len(rows)
    more = f" of the first {len(rows)} of {len(bests)} tasks" if left else ""
    return Table(f"The best hyperparameters{more}", frame, columns)


def _score(results: Results, row: Row) -> str:
    half = uncertainty(results, str(row["task"]), float(row["half"]), float(row["test"]))
    return Measured(float(row["test"]), half, percent=in_percent(results)).written()


def _settings(params: dict[str, object]) -> str:
    return ", ".join(f"{plain(name)} {value(setting, DIGITS)}" for name, setting in params.items()) or "none"


def _baseline_card(rivals: dict[str, list[Rival]], of_tasks: int) -> Iterator[Card]:
    if not rivals:
        return
    task, of_task = next(iter(rivals.items()))
    facts: dict[str, Fact] = {"models": listing(each.name for each in of_task), "on": task}
    on = " on {on}" if of_tasks > 1 else ""
    text = f"Not beaten{on}: {{models}}. Use the simpler model, or search another model or space."
    yield Card("warn", f"A simple model is {of_task[0].standing}", text, facts)


def _failure_card(results: Results, use: Collection[str]) -> Iterator[Card]:
    if "test_failed" not in results.runs:
        return
    runs = results.runs[results.runs["variant"].isin(list(use))]
    failed = int(runs["test_failed"].sum())
    if failed:
        facts: dict[str, Fact] = {"failed": failed, "retrained": failed + int(runs["test_values"].map(len).sum())}
        text = (
            "{failed} of {retrained} retrainings gave no score, and the means leave them out. Narrow the space to "
            "values that train reliably."
        )
        yield Card("warn", "Retrainings fail", text, facts)


def _warnings(results: Results, use: Collection[str]) -> tuple[Card, ...]:
    """Return the findings that fire as cards, one for each rule: the gravest first, then those on variants to use."""
    if not searching(results).variants or not results.trials["state"].isin(FINISHED).any():
        return ()
    first: dict[str, Finding] = {}
    ours = {objective_label(results, task, variant) for task in tasks(results) for variant in use}
    fired = [each for each in diagnose(by_objective(results)) if each.fires]
    for finding in sorted(fired, key=lambda each: (-each.gravity, each.task not in ours, gravity(each))):
        first.setdefault(finding.key, finding)
    several = len(tasks(by_objective(results))) > 1
    return tuple(_card(finding, several) for finding in first.values())


def gravity(finding: Finding) -> tuple[int, int, int]:
    """Return the sort key of a finding: the gravest first, then by level, then in the order of the rules."""
    return (
        -finding.gravity,
        LEVELS.index(finding.level),
        list(DIAGNOSTICS).index(finding.key),
    )


def _card(finding: Finding, several: bool) -> Card:
    text = finding.advice or finding.evidence
    facts = dict(finding.facts) | ({"on_task": finding.task} if several else {})
    return Card(finding.level, finding.title, f"On {{on_task}}: {text}" if several else text, facts)
