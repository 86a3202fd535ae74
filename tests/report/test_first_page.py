"""The first page: one sentence made of verdicts, one figure, the best hyperparameters, warnings, one command."""

import dataclasses
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution

from hpsearch.analysis.best import best
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.report.command import next_command
from hpsearch.report.expectation import best_to_use, expectation, variants_to_use
from hpsearch.report.figures import Picture
from hpsearch.report.first_page import FirstPage, first_page
from hpsearch.report.html import html
from hpsearch.report.markdown import markdown
from hpsearch.report.part import left_out
from hpsearch.report.recommendation import recommendation, recommended
from hpsearch.report.scope import scope
from hpsearch.report.score_table import not_beaten, score_table
from hpsearch.report.sections import SECTIONS
from hpsearch.report.sections.answer import MOST_WARNINGS
from hpsearch.report.text import fill
from hpsearch.results.definition import Definition
from hpsearch.results.results import FINISHED
from tests.analysis.comparison.compared import compared, first_plan
from tests.analysis.diagnostics.planted import planted
from tests.example_results import case, make_results
from tests.factor_runs import OPTIMIZERS, loaded
from tests.report.built import EXAMPLES, applicable, report_of, sections_of
from tests.report.test_html import Page

BASE = [0.50, 0.52, 0.54, 0.56, 0.58, 0.60, 0.51, 0.53, 0.55, 0.57]


def values(*more, spread=0.002):
    """Test values of ten repeats, `more` better than BASE in turn."""
    steps = np.resize([-1.0, 1.0, 0.5, -0.5], len(BASE)) * spread
    return [[value + extra + step] for value, extra, step in zip(BASE, np.resize(more, len(BASE)), steps, strict=True)]


def said(margin=None, **strategies):
    """The sentence about a study of ten planned repeats, and its results."""
    results = compared({"random": [[value] for value in BASE], **strategies}, plan=10, margin=margin)
    facts: dict = {}
    return fill(recommendation(results, facts), facts), results


SENTENCES = {
    "worse but small": (
        {"margin": 0.05, "tpe": values(-0.01)},
        "Use random. tpe is worse than random, but by less than the margin.",
    ),
    "two, open": (
        {"tpe": values(0.0, spread=0.3)},
        "Which of the two strategies is better is not resolved after 10 repeats; until it is, use random.",
    ),
    "failing": (
        {"tpe": [None] * 10},
        "Use random. tpe fails more often than random.",
    ),
    "equal": (
        {"margin": 0.02, "tpe": values(0.0), "gp": values(0.001)},
        "No difference that matters between the three strategies: use any.",
    ),
    "open": (
        {"tpe": values(0.0, spread=0.3), "gp": values(0.001, spread=0.4)},
        "Which of the three strategies is best is not resolved after 10 repeats; until it is, use random.",
    ),
    "one better": ({"tpe": values(0.1), "gp": values(0.0, spread=0.2)}, "Use tpe, which is better than random."),
    "two better": (
        {"tpe": values(0.1), "gp": values(0.1)},
        "Use tpe or gp, which are better than random; between these nothing is resolved.",
    ),
    "four better": (
        {name: values(0.1) for name in ("tpe", "gp", "qmc", "grid")},
        "Use tpe, gp, qmc or grid, which are better than random; between these nothing is resolved.",
    ),
    "five better": (
        {name: values(0.1) for name in ("tpe", "gp", "qmc", "grid", "cmaes")},
        "Use tpe, gp, qmc or two others, which are better than random; between these nothing is resolved.",
    ),
    "better by the margin": (
        {"margin": 0.02, "tpe": values(0.1)},
        "Use tpe, which is better than random by at least the margin.",
    ),
    "better but small": (
        {"margin": 0.05, "tpe": values(0.01)},
        "Use tpe, which is better than random, but by less than the margin.",
    ),
    "worse": ({"tpe": values(-0.1)}, "Use random. tpe is worse than random."),
    "worse and equal": (
        {"margin": 0.02, "tpe": values(-0.1), "gp": values(0.0)},
        "No difference that matters between random and gp: use any. tpe is worse than random.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_sentence_says_what_the_verdicts_say(name):
    arguments, sentence = SENTENCES[name]
    assert said(**arguments)[0] == sentence


def test_what_fails_less_often_than_the_reference_is_recommended():
    results = compared({"random": [None] * 10, "tpe": values(0.0)}, plan=10)
    facts: dict = {}
    assert recommended(results, "strategy") == ("tpe",)
    sentence = fill(recommendation(results, facts), facts)
    assert sentence == "Use tpe. tpe fails less often than random."


def test_nothing_is_recommended_that_a_verdict_calls_worse():
    _, results = said(tpe=values(-0.1), gp=values(0.1), cmaes=values(0.2))
    assert recommended(results, "strategy") == ("gp", "cmaes")
    _, results = said(tpe=values(-0.1), gp=values(0.0, spread=0.3))
    assert recommended(results, "strategy") == ("random", "gp")
    assert variants_to_use(results) == ("random",)


def test_the_expected_score_is_of_what_the_sentence_says_to_use():
    sentence, results = said(tpe=values(0.0, spread=0.3))
    assert sentence.endswith("until it is, use random.")
    assert variants_to_use(results) == ("random",)
    sentence, results = said(margin=0.02, tpe=values(0.0))
    assert sentence.endswith("use any.")
    assert variants_to_use(results) == ("random", "tpe")
    sentence, results = said(tpe=values(0.1), gp=values(0.1))
    assert sentence.startswith("Use tpe or gp")
    assert variants_to_use(results) == ("tpe", "gp")


def test_a_difference_within_the_noise_of_one_training_is_said_to_be_so():
    noisy = [[value - 0.05, value + 0.05, value] for value in BASE]
    facts: dict = {}
    close = [[value + 0.0005 * (-1) ** place * (1 + 0.1 * place)] for place, value in enumerate(BASE)]
    results = compared({"random": noisy, "tpe": close}, plan=10)
    assert verdicts(results)[0].within_noise
    sentence = fill(recommendation(results, facts), facts)
    assert sentence == "No difference larger than the noise of one training between the two strategies: use any."


def test_the_expected_score_is_the_mean_of_what_is_recommended_within_what_the_metric_can_be():
    results = compared({"random": [[0.99], [0.98], [1.0], [0.97]], "tpe": [[0.2]] * 4})
    one = expectation(results, "t", ["random"])
    assert one.mean == pytest.approx(0.985)
    facts = one.facts(dataclasses.replace(results, metric="accuracy"))
    assert facts["expected_high"] == 1.0
    assert facts["expected_low"] == pytest.approx(one.mean - one.half)
    rows = results.runs.assign(test_rows=[{"rows": 100}] * len(results.runs))
    wider = expectation(dataclasses.replace(results, runs=rows, metric="accuracy"), "t", ["random"])
    assert wider.half == pytest.approx(np.hypot(one.half, 1.96 * np.sqrt(0.985 * 0.015 / 100)))


def test_the_hyperparameters_of_the_first_page_are_those_of_what_it_says_to_use():
    results = loaded(factors={"optimizer": ["SGD", "Adam"]}, repeats=6)
    trials = results.trials.copy()
    lead = (trials["variant"] == "SGD") & (trials["repeat"] == 0) & (trials["number"] == 1)
    trials.loc[lead, "value"] = 0.99  # one lucky trial of the worse optimizer
    lucky = dataclasses.replace(results, trials=trials)
    assert variants_to_use(lucky) == ("Adam",)
    assert best(lucky)[0].variant == "SGD"
    (used,) = best_to_use(lucky)
    assert used.variant == "Adam"
    section = SECTIONS["answer"](lucky)
    assert section.tables[0].frame["value"].tolist() == list(used.params.values())
    note = next(text for text in section.paragraphs(str) if text.startswith("The best hyperparameters are from"))
    assert f"of Adam, with the best validation accuracy of the recommended variant, {used.value:.2f}" in note
    assert note.endswith("The best trial of all is of SGD; a section below has its hyperparameters.")


def test_a_page_of_trainings_without_a_search_shows_no_hyperparameters_and_speaks_of_no_search():
    results = with_baselines(loaded(factors={"optimizer": OPTIMIZERS}, untuned=OPTIMIZERS, repeats=6), linear=0.999)
    section = SECTIONS["answer"](results)
    assert [table.caption for table in section.tables] == ["Test scores"]
    assert section.tables[0].rows()[0][0] == "Adam, mean of 6 repeats"
    words = " ".join([*section.paragraphs(str), *(card.words(str) for card in section.cards)])
    assert "trial" not in words
    assert "Not beaten: linear model." in words


def test_warnings_on_what_is_recommended_come_first_of_equal_gravity():
    wide = {"learning_rate": FloatDistribution(1e-6, 1.0, log=True)}
    results = loaded(factors={"optimizer": ["SGD", "Adam"]}, repeats=6, spaces={"SGD": wide, "Adam": wide})
    assert variants_to_use(results) == ("Adam",)
    few = dataclasses.replace(results, settings=dict(results.settings) | {"report": {"few_trials": 1000}})
    card = next(each for each in SECTIONS["answer"](few).cards if each.title == "Too few trials near the best")
    assert card.words(str).startswith("On Adam: ")


def test_a_level_without_any_finite_value_is_named_and_asks_for_no_repeats():
    three = compared({"random": [[value] for value in BASE[:3]], "tpe": [None] * 3}, plan=3)
    facts: dict = {}
    assert fill(recommendation(three, facts), facts).endswith("tpe gave no finite value.")
    named = dataclasses.replace(three, settings={"data": {"source": "digits"}}, name="mine")
    assert "--repeats" not in next_command(named).command


def test_a_better_simple_model_is_named_before_one_as_good():
    results = dataclasses.replace(make_results(strategies=("tpe",)), metric="r2")
    expected = expectation(results, "digits", ["tpe"])
    close = with_baselines(results, linear=expected.mean + 3 * expected.half, forest=0.0)
    baselines = close.baselines.copy()
    noisy = expected.mean + 4 * expected.half + np.array([-9.0, 9.0, 0.0]) * expected.half
    baselines.loc[baselines["name"] == "forest", "test"] = noisy
    object.__setattr__(close, "baselines", baselines)
    assert [(each.name, each.standing) for each in not_beaten(close, "digits", expected)] == [
        ("linear model", "better"),
        ("random forest", "as good"),
    ]


def with_baselines(results, **scores):
    rows = [
        {"task": task, "repeat": repeat, "name": name, "validation": score, "test": score + 0.001 * repeat}
        for task in results.runs["task"].unique()
        for repeat in range(results.repeats)
        for name, score in scores.items()
    ]
    with_scores = dataclasses.replace(results)
    object.__setattr__(with_scores, "baselines", pd.DataFrame(rows))
    return with_scores


def test_a_baseline_that_is_not_beaten_is_marked():
    results = with_baselines(make_results(strategies=("tpe",)), simple=0.1, forest=0.999)
    expected = expectation(results, "digits", ["tpe"])
    rows = score_table(results, best(results)[0], expected).rows()
    marks = {row[0]: row[2] for row in rows}
    assert marks["most frequent class"] == ""
    assert marks["random forest"] == "better"
    assert marks["the search with tpe, mean of 3 repeats"] == ""
    assert [rival.name for rival in not_beaten(results, "digits", expected)] == ["random forest"]
    (card, *_) = SECTIONS["answer"](results).cards
    assert "Not beaten: random forest." in card.words(str)


def test_failed_retrainings_are_the_first_warning():
    results = make_results(strategies=("tpe",))
    assert "Retrainings fail" not in {card.title for card in SECTIONS["answer"](results).cards}
    runs = results.runs.assign(test_failed=[2, 0, 0])
    card = SECTIONS["answer"](dataclasses.replace(results, runs=runs)).cards[0]
    assert card.words(str).startswith("2 of 11 retrainings gave no score")


def test_less_is_better_against_baselines_too():
    results = with_baselines(make_results(strategies=("tpe",), direction="minimize"), simple=0.9, forest=0.0)
    (rival,) = not_beaten(results, "digits", expectation(results, "digits", ["tpe"]))
    assert (rival.name, rival.standing) == ("random forest", "better")


@pytest.mark.parametrize(
    ("halves", "mark", "title"),
    [(3.0, "better", "A simple model is better"), (0.5, "as good", "A simple model is as good"), (-0.5, "as good", "")],
)
def test_a_simple_model_is_as_good_within_the_uncertainty_and_better_beyond_it(halves, mark, title):
    plain = dataclasses.replace(make_results(strategies=("tpe",)), metric="r2")
    expected = expectation(plain, "digits", ["tpe"])
    results = with_baselines(plain, linear=expected.mean + halves * expected.half)
    assert {row[0]: row[2] for row in score_table(results, best(results)[0], expected).rows()}["linear model"] == mark
    section = SECTIONS["answer"](results)
    sentence = section.paragraphs(str)[0]
    assert (f"A linear model is {mark}: " in sentence) == bool(title)
    assert [card.title for card in section.cards if card.title.startswith("A simple")] == [title] * bool(title)
    assert any("One is called as good or better" in text for text in section.paragraphs(str))


def test_a_page_with_a_better_simple_model_does_not_say_that_nothing_is_left_to_do():
    done = make_results(strategies=("tpe",), settings={})
    assert FirstPage(SECTIONS["answer"](done), None).reason == "Nothing more needs to be run."
    results = with_baselines(done, linear=0.999)
    reason = FirstPage(SECTIONS["answer"](results), None).reason
    assert reason.startswith("Use the simple model, or search another model")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_first_page_is_short(name):
    front = FirstPage(SECTIONS["answer"](case(name)), None)
    assert front.sentence(str).endswith(".")
    assert len(front.section.cards) <= MOST_WARNINGS
    assert len(front.section.code.splitlines()) <= 1
    assert front.reason


def test_the_page_begins_with_the_answer_in_order_and_the_rest_is_folded():
    results = with_baselines(case("usual"), forest=0.999)
    sections = applicable(results)
    pictures = {key: Picture("<svg></svg>", b"") for key, section in sections.items() if section.drawing}
    source, front = html(results, sections.values(), pictures), first_page(sections)
    marks = [
        'class="answer"',
        "<figure",
        front.section.tables[0].caption,
        'class="cards"',
        front.reason,
        "<nav",
        "<details>",
    ]
    places = [source.index(mark, source.index("<body>")) for mark in marks]
    assert places == sorted(places)
    body = source[source.index("<nav") :]
    for key in sections:
        if key != "answer":
            assert re.search(rf'<details>\s*<summary><h3>[^<]*</h3></summary>\s*<div class="part" id="{key}">', body)
    assert "details-content" in source  # printed open
    text = markdown(results, sections.values())
    places = [text.index(mark) for mark in (front.section.tables[0].caption, front.reason.rstrip(":"), "\n## ")]
    assert text.index("![") < places[0]
    assert places == sorted(places)


def test_the_figure_of_the_first_page_is_not_drawn_again_below():
    page = Page(report_of("usual")["report.html"].decode())
    figures = [each for _, each in page.elements if each.get("role") == "img"]
    assert len(figures) == len([name for name in report_of("usual") if name.endswith(".png")])
    assert report_of("usual")["report.md"].count(b"(figures/paired.png)") == 1


def test_many_comparisons_have_a_figure_of_a_few_on_the_first_page():
    names = ("random", "narrowing", "tpe", "cmaes", "gp", "qmc", "grid", "tpe-univariate")
    results = make_results(strategies=names, repeats=2, trials=4, curves=False)
    section = SECTIONS["answer"](results)
    assert section.drawing is not None
    assert len(section.drawing.figure.axes[0].get_yticks()) == 6
    assert SECTIONS["answer"](make_results(repeats=2, trials=4, curves=False)).drawing is None


def test_the_first_figure_of_one_variant_explains_its_diamond_if_it_has_one():
    results = case("one strategy")
    assert SECTIONS["best_so_far"](results).note(str) == ""
    again = dataclasses.replace(results, runs=results.runs.assign(retrained_validation=results.runs["test_values"]))
    assert "In the figure: the diamond is the median" in SECTIONS["best_so_far"](again).note(str)


COMPARING = re.compile(
    r"\b(comparisons?|compared|better than|differen|verdict|not resolved|equivalent|each strategy|all strategies)"
)


def test_a_study_of_one_variant_is_about_the_tuning_and_compares_nothing():
    sections = sections_of("one strategy")
    front = first_page(sections)
    assert front.lender.key == "best_so_far"
    assert front.sentence(str).startswith("Expect a test accuracy of")
    pictures = {key: Picture("<svg></svg>", b"") for key, section in sections.items() if section.drawing}
    source = html(case("one strategy"), sections.values(), pictures)
    seen = re.sub(r"<[^>]+>", " ", source[source.index("<main>") : source.rindex('id="glossary"')])
    assert COMPARING.findall(seen.replace("in which these trials differ", "")) == []


def test_the_command_continues_an_unfinished_study_first():
    assert next_command(make_results(finished=5)).command == "hpsearch study digits"
    assert next_command(planted("edge")).command == "hpsearch study next.toml"
    written = replace(planted("edge"), report_folder="reports/my digits")
    assert next_command(written).command == "hpsearch study 'reports/my digits/next.toml'"
    named = replace(make_results(finished=5), name="mine", source="studies of mine/two.toml")
    assert next_command(named).command == "hpsearch study 'studies of mine/two.toml'"
    quick = dataclasses.replace(named, first_plan={**(named.first_plan or {}), "quick": True, "data": "wine"})
    assert next_command(quick).command == "hpsearch study 'studies of mine/two.toml' --quick --data wine"
    assert next_command(case("all diverged, infinite")).command == ""
    assert next_command(case("no settings")).command == ""


def test_the_command_of_an_open_comparison_has_more_repeats():
    _, results = said(tpe=values(0.0, spread=0.3))
    named = dataclasses.replace(results, settings={"data": {"source": "digits"}}, name="mine")
    repeats = re.fullmatch(r"hpsearch study mine\.toml --repeats (\d+)", next_command(named).command)
    assert repeats
    assert int(repeats[1]) > results.repeats


def test_ties_are_counted_and_the_rule_is_named():
    results = make_results()
    tied = dataclasses.replace(results, trials=results.trials.assign(value=results.trials["value"].round(1)))
    (one,) = best(tied)
    assert one.tied == (results.trials["value"].round(1) == one.value).sum()  # no two are the same draw
    assert best(results)[0].tied == 1
    assert f"{one.tied} trials share this value" in SECTIONS["best"](tied).paragraphs(str)[0]
    (used,) = best_to_use(tied)
    shared = f"{used.tied} trials share the best validation accuracy of the recommended strategy"
    assert shared in " ".join(SECTIONS["answer"](tied).paragraphs(str))


def test_no_verdict_at_another_number_of_trials_than_the_plan_s_and_no_forecast():
    _, results = said(tpe=values(0.0, spread=0.3))
    other = dataclasses.replace(results, budget=20, settings={"data": {"source": "digits"}}, name="mine")
    facts: dict = {}
    sentence = fill(recommendation(other, facts), facts)
    assert sentence == "No verdict: the plan has 10 trials per run, and these runs have 20."
    assert "repeats would probably" not in SECTIONS["verdict"](other).paragraphs(str)[0]
    assert next_command(other).command == ""


@pytest.mark.parametrize(("more", "ending"), [(0.0, "; there is none."), (0.1, "tpe is called better than random.")])
def test_a_null_study_says_first_that_it_is_one_and_counts_its_false_alarms(more, ending):
    _, results = said(tpe=values(more))
    null = dataclasses.replace(results, first_plan={**results.first_plan, "null": True})
    facts: dict = {}
    sentence = fill(recommendation(null, facts), facts)
    assert sentence.startswith("This is a null study: random is compared with itself")
    assert sentence.endswith(ending)
    assert next_command(null).command == ""


def test_a_null_study_has_no_hyperparameters_to_use():
    usual = make_results()
    null = dataclasses.replace(usual, first_plan={**first_plan({"digits": {"random": []}}, 3), "null": True})
    assert SECTIONS["answer"](usual).tables[0].caption == "The best hyperparameters"
    assert SECTIONS["answer"](null).tables == ()


def test_a_failed_baseline_has_its_reason_and_a_small_one_its_rows():
    results = with_baselines(make_results(strategies=("tpe",)), linear=0.1, forest=0.2)
    of = results.baselines["name"].map({"linear": 50_000, "forest": 50_000})
    frame = results.baselines.assign(train_rows=20_000, train_rows_of=of, error="")
    failed = frame["name"] == "linear"
    frame.loc[failed, ["test", "validation", "train_rows", "train_rows_of"]] = np.nan
    frame.loc[failed, "error"] = "MemoryError: too many rows"
    object.__setattr__(results, "baselines", frame)
    expected = expectation(results, "digits", ["tpe"])
    names = {row[0]: row[1] for row in score_table(results, best(results)[0], expected).rows()}
    assert names["linear model (failed: MemoryError: too many rows)"] == "–"
    assert "random forest, trained on 20,000 of 50,000 rows" in names
    assert not_beaten(results, "digits", expected) == []


SCOPES = {
    "usual": "This page speaks for this task: for other repeats of the same searches.",
    "two tasks": "This page speaks for these 2 tasks: for other repeats of the same searches.",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_page_says_once_what_it_speaks_for(name):
    sentences = [text for text in SECTIONS["answer"](case(name)).paragraphs(str) if "This page speaks for" in text]
    assert len(sentences) == bool(case(name).trials["state"].isin(FINISHED).any())
    if name in SCOPES:
        assert sentences[0].startswith(SCOPES[name])


def test_the_scope_names_the_test_rows():
    results = case("one strategy")
    rows = dataclasses.replace(results, runs=results.runs.assign(test_rows=[{"rows": 88}] * len(results.runs)))
    facts: dict = {}
    assert fill(scope(rows, facts), facts) == (
        "This page speaks for these data: for other seeds and other splits into training and validation rows, with the "
        "same 88 test rows."
    )
    one = dataclasses.replace(rows, repeats=1)
    assert fill(scope(one, facts), facts).endswith("for one split, with its 88 test rows.")


def test_the_note_on_the_figure_and_the_other_notes_link_their_terms():
    section = applicable(case("usual"))["answer"]
    page = report_of("usual")["report.html"].decode()
    first = page[page.index('id="answer"') : page.index("<nav")]
    notes = re.findall(r'<p class="note">(.*?)</p>', first)
    assert notes[0].startswith("In the figure: ")
    assert not any(text.startswith("In the figure") for text in section.paragraphs(str))
    assert len(notes) == len(section.prose)
    assert any('href="#term-trial"' in note for note in notes[1:])
    assert "In the figure: " in report_of("usual")["report.md"].decode()


def test_a_page_about_what_is_not_random_says_so_and_has_no_verdicts():
    untuned = case("factors, none tuned")
    assert {"verdict", "paired"} <= set(SECTIONS) - set(left_out(SECTIONS, untuned))
    exact = dataclasses.replace(untuned, families=dict.fromkeys(untuned.families, "function"))
    assert {"verdict", "paired"} <= set(left_out(SECTIONS, exact))
    assert scope(exact, {}).startswith("This page speaks for these settings: nothing in them is random")


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("roc_auc", "most frequent class"),
        ("log_loss", "most frequent class"),
        ("root_mean_squared_error", "mean of the training rows"),
        ("r2", "mean of the training rows"),
        ("something", "constant"),
    ],
)
def test_the_simplest_model_is_named_by_the_task(metric, name):
    results = with_baselines(dataclasses.replace(make_results(strategies=("tpe",)), metric=metric), simple=0.1)
    expected = expectation(results, "digits", ["tpe"])
    assert name in {row[0] for row in score_table(results, best(results)[0], expected).rows()}


def test_an_interval_without_the_chance_of_rows_says_so():
    results = dataclasses.replace(make_results(strategies=("tpe",)), metric="roc_auc")
    assert " (over repeats: " in SECTIONS["answer"](results).paragraphs(str)[0]


def test_folds_are_told():
    results = make_results(strategies=("tpe",))
    said = "Validation values are means over the folds of a cross-validation (5-fold)"
    assert not any(said in text for text in SECTIONS["answer"](results).paragraphs(str))
    definition = Definition("estimator", {"data": {"source": "digits", "validation": "5-fold"}}, 0, None)
    results = dataclasses.replace(results, definitions={("digits", "tpe"): definition})
    assert any(said in text for text in SECTIONS["answer"](results).paragraphs(str))


@pytest.mark.parametrize(("lead", "standing"), [(0.3, ["as good"]), (-0.3, [])])
def test_a_lead_over_a_score_without_an_interval_is_not_passed_over(lead, standing):
    results = compared({"tpe": [[0.3]]})
    (task,) = set(results.runs["task"])
    expected = expectation(results, task, ["tpe"])
    assert math.isnan(expected.half)
    results = with_baselines(results, forest=expected.mean + lead)
    assert [rival.standing for rival in not_beaten(results, task, expected)] == standing
