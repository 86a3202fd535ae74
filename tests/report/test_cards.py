import json

import pytest

from hpsearch.report.html import html
from hpsearch.report.markdown import markdown
from hpsearch.report.section import LEVELS, Card, Section
from hpsearch.report.summary import summary
from tests.example_results import NASTY, case
from tests.report.test_html import Page


def with_cards(*cards):
    return Section("cards", "Findings", (), cards=cards)


@pytest.mark.parametrize("level", LEVELS)
def test_a_card_says_its_level_in_a_word_and_a_sign(level):
    card = Card(level, "Best trials at an edge", "{count} of {name}.", {"count": 3, "name": NASTY})
    page = Page(html(case("usual"), [with_cards(card)], {}))
    assert f"{card.sign} {card.word}: Best trials at an edge" in page.seen
    assert f"3 of {NASTY}." in page.seen
    assert ("li", {"class": level}) in page.elements
    text = markdown(case("usual"), [with_cards(card)])
    assert f"**{card.word}: Best trials at an edge** 3 of " in text


def test_no_two_levels_look_the_same_without_colour():
    words, signs = zip(*LEVELS.values(), strict=True)
    assert len(set(words)) == len(set(signs)) == len(LEVELS)


def test_a_title_of_markup_is_shown_and_not_obeyed():
    page = Page(html(case("usual"), [with_cards(Card("warn", NASTY, ""))], {}))
    assert NASTY in page.seen
    assert "script" not in {tag for tag, _ in page.elements}


def test_the_summary_has_the_facts_of_each_card():
    read = json.loads(summary(case("usual"), [with_cards(Card("fail", "a", "{x}", {"x": 0.123456}))], []))
    card = {"level": "fail", "title": "a", "text": "0.123", "facts": {"x": 0.123456}}
    assert read["sections"]["cards"]["cards"] == [card]
