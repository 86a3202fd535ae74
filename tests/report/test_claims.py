"""Claims in a report: the first sentence, a card each before the figure, and a table with all fields."""

import json
from dataclasses import fields, replace

import pytest

from hpsearch.analysis.claims import Decision, decided
from hpsearch.report.claim_sentence import counted, effect_text
from hpsearch.report.html import html
from hpsearch.report.markdown import markdown
from hpsearch.report.naming import measure_name
from hpsearch.report.sections import SECTIONS
from hpsearch.report.summary import summary
from tests.claim_results import claimed, noisy
from tests.example_results import NASTY
from tests.report.test_html import Page
from tests.report.test_summary import check, the_schema

FACTORS = {"norm": ("with", "without"), "scale": ("large", "small")}
MEASURES = {
    "test_score": noisy(lambda levels: 3.0 if levels["norm"] == "with" else 0.0),
    "test_loss": noisy(lambda levels: 0.0, seed=1),
}
CLAIM = {"text": "with is better", "source": "a book", "factor": "norm", "than": "without", "measure": "test_score"}
CLAIMS = [
    CLAIM | {"more": ["with"]},
    CLAIM | {"less": ["with"], "text": NASTY, "source": NASTY},
    CLAIM | {"more": ["with"], "measure": "test_loss", "text": "a third", "across": "most"},
]


@pytest.fixture(scope="module")
def results():
    return claimed(CLAIMS, factors=FACTORS, measures=MEASURES)


@pytest.fixture(scope="module")
def sections(results):
    keys = ("answer", "claims", "verdict")
    return {key: SECTIONS[key](results) for key in keys}


def test_the_report_opens_with_the_claims(results, sections):
    assert sections["answer"].paragraphs(str)[0] == "Of 3 claims 1 holds, 1 does not and 1 is not resolved."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["holds", "holds", "does not hold"], "Of 3 claims 2 hold and 1 does not."),
        (["does not hold", "does not hold"], "Of 2 claims 2 do not hold."),
        (["holds"], "The claim holds."),
        (["not resolved"], "The claim is not resolved."),
        (["not resolved", "not resolved"], "Of 2 claims 2 are not resolved."),
    ],
)
def test_claims_are_counted_in_words(results, words, sentence):
    one = decided(results)[0]
    facts = {}
    assert counted([replace(one, word=word) for word in words], facts).format(**facts) == sentence


def test_each_claim_has_a_card_with_its_word_effect_interval_and_source(results, sections):
    cards, (first, *_) = sections["claims"].cards, decided(results)
    assert [(card.level, card.word) for card in cards] == [
        ("pass", "holds"),
        ("fail", "does not hold"),
        ("unknown", "not resolved"),
    ]
    text = cards[0].words(str)
    assert f"more by {first.effect:.1f} ({first.low:.1f} to {first.high:.1f})" in text
    assert "in the least favourable of 2 cells (scale" in text
    assert "over 10 repeats; 2 of 2 cells agree. Source: a book." in text
    assert "of the 2 cells agree" in cards[2].words(str)


def test_the_cards_stand_before_the_figure_and_once(results, sections):
    text = markdown(results, sections.values())
    page = Page(html(results, list(sections.values()), {}))
    for shown in (text, page.seen):
        assert shown.count("holds: with is better") == 1
        assert (
            shown.index("Of 3 claims") < shown.index("holds: with is better") < shown.index("The claims are at the top")
        )
    assert NASTY in page.seen
    assert "script" not in {tag for tag, _ in page.elements}


def test_the_summary_has_all_fields_of_each_decision(results, sections):
    read = json.loads(summary(results, sections.values(), []))
    rows = read["sections"]["claims"]["tables"]["Claims"]
    assert [row["word"] for row in rows] == ["holds", "does not hold", "not resolved"]
    assert set(rows[0]) == {field.name for field in fields(Decision)}
    assert (rows[0]["needed"], rows[0]["repeats"], rows[0]["margin"]) == (None, 10, None)
    assert isinstance(rows[2]["planned_may_resolve"], bool)
    check(read, the_schema(), the_schema())
    claim = the_schema()["$defs"]["claim"]
    assert set(claim["required"]) == set(rows[0])
    with pytest.raises(AssertionError):
        check(rows[0] | {"word": "perhaps"}, claim, the_schema())


def test_the_verdicts_say_that_they_are_a_second_family(results, sections):
    said = (
        "These comparisons are a second family, so that with both in at most 10 of 100 studies something false is said."
    )
    assert any(said in paragraph for paragraph in sections["verdict"].paragraphs(str))
    without = SECTIONS["verdict"](claimed([], factors=FACTORS, measures=MEASURES))
    assert not any("second family" in paragraph for paragraph in without.paragraphs(str))


def test_a_study_without_claims_has_no_section_and_does_not_mention_it():
    part = SECTIONS["claims"]
    obstacle = part.obstacle(claimed([], factors=FACTORS, measures={}))
    assert obstacle
    assert all(need.silent for need in part.needs)


def test_what_would_resolve_a_claim_is_said():
    measures = {"test_score": noisy(lambda levels: 0.8 if levels["norm"] == "with" else 0.0)}
    factors = {"norm": FACTORS["norm"]}
    made = claimed([CLAIM | {"more": ["with"]}], factors=factors, measures=measures, repeats=4, plan={"repeats": 5})
    (card,) = SECTIONS["claims"](made).cards
    assert "The planned 5 repeats will probably resolve it." in card.words(str)


def test_later_claims_diverged_runs_and_exact_words_are_told(monkeypatch):
    from hpsearch.objectives import FAMILIES

    def diverges(levels, repeat):
        return levels["norm"] == "without"

    made = claimed(
        [CLAIM | {"more": ["with"]}], factors=FACTORS, measures=MEASURES, plan={"claims": []}, diverged=diverges
    )
    (card,) = SECTIONS["claims"](made).cards
    text = card.words(str)
    assert "20 runs diverged and count as worst. Not all numbers are finite, so only their order counts." in text
    assert "The claim was not in the plan" in text
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", True)
    exact = claimed([CLAIM | {"more": ["with"]}], factors=FACTORS, measures=MEASURES, repeats=1)
    (card,) = SECTIONS["claims"](exact).cards
    assert "exact, since nothing is random" in card.words(str)
    assert SECTIONS["answer"](exact).paragraphs(str)[0].startswith("The claim ")
    assert not any("not resolved" in paragraph for paragraph in SECTIONS["answer"](exact).paragraphs(str))


def test_an_effect_as_text_has_the_digits_of_its_interval(results):
    one = replace(decided(results)[0], effect=0.12345, low=0.1, high=0.15)
    assert effect_text(one) == "more by 0.123 (0.100 to 0.150)"
    share = replace(one, effect_is="share", effect=0.875, low=0.7, high=1.05)
    assert effect_text(share) == "88 % of the 2 cells agree (70 to 100 %)"
    assert effect_text(replace(one, effect=None, effect_is="order", won=4, lost=1)) == "4 repeats agree, 1 contradict"


def test_an_effect_against_the_claim_is_said_in_its_own_direction(results):
    one = replace(decided(results)[0], effect=-0.123, low=-0.15, high=0.1, direction="more")
    assert effect_text(one) == "less by 0.12, against the claim (−0.15 to 0.10 in its direction)"
    assert effect_text(replace(one, direction="less")).startswith("more by 0.12, against the claim")
    assert effect_text(replace(one, direction="equal", margin=None)).startswith("different by −0.12 (")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("layers.saturated.last", "share of saturated outputs in the last layer"),
        ("layers.std.2", "standard deviation of the outputs in layer 2"),
        ("best.learning_rate", "learning_rate of the best trial"),
        ("diagnostic.fit", "share of searches of which the diagnostic 'fit' warns"),
        ("crossings.y", "number of times that the path crosses y = 0"),
        ("weights.near_zero", "share of weights near zero"),
        ("train_score", "training accuracy"),
        ("my_own", "my own"),
    ],
)
def test_measures_have_words(results, name, words):
    assert measure_name(replace(results, metric="accuracy"), name) == words


def test_a_first_page_about_claims_alone_has_no_scores_and_no_advice(results, sections):
    page = sections["answer"]
    assert page.tables == ()
    assert not any(word in text for text in page.paragraphs(str) for word in ("simple model", "Expect", "use "))
    searched = SECTIONS["answer"](replace(results, untuned=frozenset()))
    assert searched.paragraphs(str)[0] == page.paragraphs(str)[0]
    assert "until it is, use with" in searched.paragraphs(str)[1]
