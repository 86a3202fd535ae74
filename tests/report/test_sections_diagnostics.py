import dataclasses
import tomllib

import pytest

from hpsearch.analysis.diagnostics import DIAGNOSTICS, diagnose
from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.report.figures import picture
from hpsearch.report.sections.diagnostics import diagnostics_section
from hpsearch.report.sections.importances import importances_section
from hpsearch.report.sections.next import next_section
from tests.analysis.diagnostics.planted import chapter, clean, of, planted
from tests.example_results import case
from tests.report.built import EXAMPLES

SECTIONS = {"diagnostics": diagnostics_section, "next": next_section, "importances": importances_section}


@pytest.mark.parametrize("key", SECTIONS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_section_stands_every_case(key, name):
    section = SECTIONS[key](case(name))
    assert section.key == key
    assert all(text.strip() for text in section.paragraphs(str))
    for card in section.cards:
        assert card.words(str).strip()
        assert "nan" not in card.words(str).split()


def test_cards_are_the_rules_that_fire_gravest_first():
    section = diagnostics_section(chapter())
    levels = [card.level for card in section.cards]
    assert levels == sorted(levels, key=("fail", "warn").index)
    titles = " ".join(card.title for card in section.cards)
    assert "learning_rate" in titles
    assert "Narrowing weight_decay is unsafe" in titles
    assert set(section.data["diagnostics"]["rule"]) == set(DIAGNOSTICS)
    assert section.facts["rules"] == len(DIAGNOSTICS)
    assert section.paragraphs(str)[0] == f"{len(section.cards)} of {len(DIAGNOSTICS)} checks found a problem."


def test_a_clean_search_has_no_card_but_says_what_is_in_order():
    section = diagnostics_section(clean())
    assert section.cards == ()
    assert f"None of {len(DIAGNOSTICS)} checks found a problem." in section.paragraphs(str)
    assert "best trials away from the edges of the ranges" in " ".join(section.paragraphs(str))


def test_several_tasks_share_a_card():
    results = of(rate=1.0)
    both = {name: getattr(results, name).assign(task="u") for name in ("trials", "curves", "runs")}
    joined = {
        name: type(frame)(list(getattr(results, name).to_dict("records")) + frame.to_dict("records"))
        for name, frame in both.items()
    }
    section = diagnostics_section(dataclasses.replace(results, **joined))
    edge = [card for card in section.cards if card.level == "fail"]
    assert len(edge) == 1
    assert "The same holds for u." in edge[0].words(str)


def test_two_problems_that_one_rule_finds_have_a_card_each(monkeypatch):
    results = clean()
    findings = diagnose(results)
    passed = next(each for each in findings if each.key == "fit")
    unfit = dataclasses.replace(passed, level="warn", title="Not fitted: this is not overfitting")
    overfit = dataclasses.replace(unfit, task="u", title="The best trials overfit")
    others = tuple(each for each in findings if each.key != "fit")
    monkeypatch.setattr("hpsearch.report.sections.diagnostics.diagnose", lambda _: (*others, unfit, overfit))
    cards = diagnostics_section(results).cards
    assert [card.title for card in cards] == ["Not fitted: this is not overfitting", "The best trials overfit"]
    assert not any("The same holds" in card.words(str) for card in cards)


def test_the_next_section_lists_the_changes_and_names_the_file():
    results = chapter()
    section = next_section(results)
    assert len(section.tables[0].rows()) == len(next_study(results).changes) > 0
    assert "next.toml" in section.paragraphs(str)[0]
    plain = next_section(dataclasses.replace(results, settings={}))
    assert "next.toml" not in plain.paragraphs(str)[0]


def test_a_study_that_follows_another_says_what_changed():
    results = planted("edge")
    content = tomllib.loads(toml_text(next_study(results)))
    section = next_section(dataclasses.replace(results, settings=content))
    assert "This study follows planted" in section.paragraphs(str)[0]
    assert section.tables[0].caption == "Changed since planted"
    assert len(section.tables[0].rows()) == len(content["report"]["changes"])


def test_importances_name_their_evaluators_and_the_first():
    section = importances_section(planted("parameters"))
    alt = section.alt(str)
    assert alt.startswith("learning_rate matters most")
    assert "fANOVA" in alt
    assert "PED-ANOVA" in alt
    assert picture(section.drawing.figure).svg
