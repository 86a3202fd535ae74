"""Cards of results in notebooks: the answer first, a figure with alternative text, a table; escaped and cheap."""

import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from markupsafe import escape

import hpsearch
from hpsearch import notebook
from hpsearch.report import style
from hpsearch.report.cards import drawings
from hpsearch.report.cards.search import search_card
from tests.claim_results import claimed, noisy

EVIL = '<img src=x onerror="alert(1)">&\x1b[31m\u202e'
VOID = {"circle", "line", "path", "input"}


class Page(HTMLParser):
    """What a card holds: tags in balance, attributes and texts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts, self.attributes = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] != "style":
            self.texts.append(data)


def quick(trial):
    return (trial.suggest_float(EVIL, -5, 5) - 1) ** 2


@pytest.fixture(scope="module")
def compared():
    return hpsearch.compare(quick, strategies=["random", "qmc"], trials=4, repeats=3)


@pytest.fixture(scope="module")
def searched():
    return hpsearch.search(quick, trials=12)


@pytest.fixture(scope="module")
def results(searched, compared):
    claim = {"text": f"More {EVIL}", "factor": "norm", "more": ["with"], "than": "without", "measure": "test_score"}
    planted = claimed(
        [claim],
        factors={"norm": ("with", "without"), "other": ("a",)},
        measures={"test_score": noisy(lambda levels: float(levels["norm"] == "with"), 0.1)},
    )
    return {
        "search": searched,
        "comparison": compared,
        "verdicts": hpsearch.verdicts(compared),
        "claims": hpsearch.claims(planted),
    }


@pytest.mark.parametrize("name", ["search", "comparison", "verdicts", "claims"])
def test_a_card_has_answer_figure_and_table_and_needs_nothing(results, name):
    html = results[name]._repr_html_()
    page = Page(html)
    assert page.tags[:3] == ["style", "div", "p"]
    assert ("class", "answer") in page.attributes
    assert {"svg", "table"} <= set(page.tags)
    (label,) = [value for key, value in page.attributes if key == "aria-label"]
    assert len(label) > 30
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not re.search(r"https?:|url\(|@import", html)
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "nan" not in re.findall(r'="([^"]*)"', html)
    assert len(html) < 10_000


def test_answers(results):
    answers = {name: Page(each._repr_html_()).texts[0] for name, each in results.items()}
    best = results["search"].best_value
    assert answers["search"] == f"The best value of 12 trials is {best:.4g}."
    assert answers["comparison"] == answers["verdicts"]
    assert "random" in answers["comparison"]
    assert answers["claims"] == "The claim holds."


def test_names_are_escaped(results):
    for name in ("search", "claims"):
        page = Page(results[name]._repr_html_())
        assert any("<img src=x" in text for text in page.texts)
    assert str(escape("<img")) in results["search"]._repr_html_()


def test_the_figure_shows_every_good_trial_and_counts_the_others(results):
    html = results["search"]._repr_html_()
    beyond = re.search(r"(\d+) worse values? lies? beyond|$", html)
    assert html.count("<circle") + int(beyond[1] or 0) == 12


@pytest.mark.parametrize(
    "values",
    [[], [np.nan], [np.inf, np.nan], [1.0], [2.0, 2.0], [np.nan, 3.0, np.inf, -np.inf], [1e308, -1e308], [1e-300, 0.0]],
    ids=str,
)
@pytest.mark.parametrize("minimize", [True, False])
def test_odd_values_give_a_sound_card(values, minimize):
    html = search_card({"a": 1.0, "b": None}, 1.0, values, minimize=minimize, metric="m")
    Page(html)
    assert not re.search(r'"[^"]*(nan|inf)[^"]*"', html.partition("</style>")[2].lower())


def test_a_long_search_has_a_small_figure():
    values = np.random.default_rng(0).normal(size=20_000)
    start = time.process_time()
    html = search_card({}, 1.0, values, minimize=True, metric="m")
    assert time.process_time() - start < 0.5
    assert len(html) < 200_000


def test_a_row_beyond_all_scales_stays_in_the_figure():
    rows = [drawings.Interval("a", "better", 1.0, -np.inf, np.inf), drawings.Interval("b", "worse", None, None, None)]
    svg = str(drawings.intervals(rows, said="said", note="note"))
    assert svg.count("<circle") == 1
    assert "inf" not in svg.replace("infinite", "")


def test_a_long_table_says_how_long_it_is():
    html = str(notebook.table(["a"], [[str(row)] for row in range(30)], "Rows"))
    assert html.count("<tr>") == notebook.MOST_ROWS + 1
    assert "the first 12 of 30" in html


def test_no_claims():
    (text,) = Page(hpsearch.claims(claimed(factors={"f": ("a", "b")}, measures={}))._repr_html_()).texts
    assert text == "The study makes no claims."


def test_colours_are_those_of_reports():
    for name in notebook.LIGHT:
        assert style.COLOURS[name] == (notebook.LIGHT[name], notebook.DARK[name])


def test_a_model_says_what_it_needs():
    model = hpsearch.MLPObjective("wine", model={"epochs": 1}).final_model({"learning_rate": 0.1, "weight_decay": 0.0})
    page = Page(model._repr_html_())
    assert page.texts[0] == "Predicts the target, one of 3 classes, from 13 columns."
    assert "alcohol" in page.texts
    assert any("the first 12 of 13" in text for text in page.texts)


def test_results_stay_tuples_that_can_be_pickled(results):
    import pickle

    for name in ("verdicts", "claims"):
        assert isinstance(results[name], tuple)
        assert pickle.loads(pickle.dumps(results[name])) == results[name]
