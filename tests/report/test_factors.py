"""Reports of studies with factors."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.report.part import closing_line, left_out
from hpsearch.report.section import MOST
from hpsearch.report.sections import SECTIONS
from hpsearch.report.write import report_files
from tests.example_results import make_results
from tests.factor_runs import FILE, OPTIMIZERS, RATE, WIDE, loaded
from tests.report.built import applicable, sections_of


def text(results):
    return {key: " ".join(section.paragraphs(str)) for key, section in applicable(results).items()}


def test_a_verdict_names_the_levels_and_what_it_is_averaged_over():
    first, second, *_ = SECTIONS["verdict"](loaded()).paragraphs(str)
    assert first.startswith(
        "Whether Adam is better than SGD is not resolved: the effect on the test accuracy, averaged over the 3 levels "
        "of initializer, is 0.0"
    )
    assert second.startswith("Whether initializer xavier is better than initializer he is not resolved")


def test_of_several_factors_the_combinations_are_averaged():
    factors = {"optimizer": OPTIMIZERS, "initializer": ("he", "std"), "strategy": ("random", "tpe")}
    sentence = SECTIONS["verdict"](loaded(factors=factors, repeats=2)).paragraphs(str)[0]
    assert "averaged over the 4 combinations of initializer and strategy, is" in sentence


def test_a_study_of_strategies_speaks_of_strategies_and_one_with_factors_of_variants():
    strategies, variants = (SECTIONS["variants"](each) for each in (make_results(repeats=2), loaded()))
    assert strategies.title == "Score and cost of each strategy"
    assert strategies.tables[0].columns[0].heading == "Strategy"
    assert variants.title == "Score and cost of each variant"
    assert variants.tables[0].columns[0].heading == "Variant"
    assert not any("P(better" in column.heading for column in variants.tables[0].columns)


def test_what_does_not_apply_is_one_closing_line():
    results = loaded(factors={"optimizer": OPTIMIZERS}, untuned=OPTIMIZERS)
    reasons = left_out(SECTIONS, results)
    assert {reasons[key] for key in ("best_so_far", "diagnostics", "next", "importances", "plane")} == {
        "nothing is searched"
    }
    files = report_files(results)
    assert json.loads(files["summary.json"])["left_out"] == reasons
    closing = closing_line(SECTIONS, reasons)
    assert closing.count("nothing is searched") == 1
    assert closing in files["report.html"].decode()
    assert "Not shown" in files["report.md"].decode()
    assert "next.toml" not in files
    assert "does not apply" not in files["report.md"].decode()


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"strategies": ("tpe",)}, "verdict", "the study has one strategy"),
        ({"strategies": ("tpe", "gp")}, "expected_best", "no strategy of the study draws its trials independently"),
        ({"curves": False}, "learning_curves", "no trial reports its epochs"),
        ({"space": {}}, "isolation", "no hyperparameter is searched"),
    ],
)
def test_a_section_says_what_it_needs(changes, key, reason):
    assert left_out(SECTIONS, make_results(repeats=1, trials=2, **changes))[key].startswith(reason)


def test_variants_that_search_nothing_are_said_so():
    words = text(loaded(factors={"optimizer": OPTIMIZERS}, untuned=("Adam",), repeats=2))
    assert "1 searches nothing: one training per run" in words["question"]
    assert "All 22 trials are finished." in words["question"]
    assert "A variant that searches nothing is trained once in each repeat" in words["variants"]
    assert "over 2 paired repeats, too few" in words["verdict"]
    assert "ecdf" not in words


def test_what_a_factor_sets_is_not_called_the_same_for_all():
    section = SECTIONS["question"](loaded(repeats=1))
    by_caption = {table.caption: table.frame for table in section.tables}
    fixed = by_caption["Settings that are the same for all"]
    assert "optimizer" not in set(fixed["key"])
    assert {"epochs", "scaling"} <= set(fixed["key"])
    assert by_caption["What is compared"]["reference"].tolist() == ["SGD", "he"]


def test_spaces_that_differ_are_shown_for_each_objective():
    section = SECTIONS["question"](loaded(factors={"optimizer": OPTIMIZERS}, spaces={"Adam": WIDE}, repeats=1))
    frame = next(table.frame for table in section.tables if table.caption == "The search space")
    assert frame["task"].tolist() == ["SGD", "Adam"]
    assert frame["range"].tolist() == ["0.0001 to 1", "0.01 to 10"]


@pytest.mark.long
@pytest.mark.usefixtures("without_pixels")
def test_sixty_four_variants_stay_legible_and_light():
    factors = {"optimizer": tuple(f"o{i}" for i in range(8)), "scale": tuple(map(str, range(8)))}
    results = loaded(factors=factors, repeats=2, trials=3)
    files = report_files(results)
    assert len(files["report.html"]) < 1_500_000
    section = SECTIONS["ranks"](results)
    assert len(section.drawing.figure.axes[0].lines) == MOST
    assert "the data files also have the other 52" in " ".join(section.paragraphs(str))
    assert section.alt(str).endswith("and 59 others.")
    assert len([each for each in SECTIONS["verdict"](results).paragraphs(str) if ": " in each]) <= MOST + 2


def at_the_edge(**changes):
    """A study whose best learning rates all lie at the upper end."""
    results = loaded(factors={"optimizer": OPTIMIZERS}, repeats=4, trials=25, **changes)
    rate = results.trials["params_learning_rate"].astype(float)
    results.trials["value"] = results.trials["value"].mask(rate.notna(), 0.1 * rate.rank(pct=True))
    return results


def test_a_range_of_the_base_file_is_changed_for_all():
    following = next_study(at_the_edge())
    assert tomllib.loads(toml_text(following))["space"]["learning_rate"]["high"] > 1.0
    assert following.content["factors"] == FILE["factors"]
    assert following.withheld == ()


def test_a_range_that_a_level_sets_is_not_changed_in_the_file():
    levels = {"SGD": {"space": {"learning_rate": {"high": 1.0}}}, "Adam": {"model": {"optimizer": "adam"}}}
    results = at_the_edge(file=FILE | {"factors": {"optimizer": {"levels": levels}}})
    following = next_study(results)
    assert ("space", "learning_rate", "high") in {change.path for _, change in following.withheld}
    assert all(change.path[0] != "space" for change in following.changes)
    section = SECTIONS["next"](results)
    assert "settings that levels of a factor set: make them there by hand." in " ".join(section.paragraphs(str))
    assert "Changes in the levels" in {table.caption for table in section.tables}


def wanting_trials(results):
    """The same study with a threshold that makes a rule ask for more trials, which is no change of the family."""
    return replace(results, settings=dict(results.settings) | {"report": {"few_trials": 1000}})


def test_a_family_that_accepts_no_change_keeps_its_model_and_space():
    following = next_study(wanting_trials(at_the_edge(family="table")))
    assert {change.path[0] for change in following.changes} <= {"search"}
    assert {table: following.content[table] for table in ("model", "space")} == {
        table: FILE[table] for table in ("model", "space")
    }


def test_where_one_family_accepts_no_change_none_is_made_and_the_file_keeps_its_tables():
    results = wanting_trials(at_the_edge())
    mixed = {key: "svc" if key[1] == "Adam" else "mlp" for key in results.families}
    following = next_study(replace(results, families=mixed))
    assert {change.path[0] for change in following.changes} == {"search"}
    assert {"model", "space"} <= set(following.content)


NUMBERS = json.loads(Path(__file__).with_name("numbers_of_strategies.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers_of_a_study_without_factors_are_those_before_there_were_factors(name):
    sections = sections_of(name)
    assert set(NUMBERS[name]) <= set(sections)
    for key, numbers in NUMBERS[name].items():
        facts = sections[key].facts
        assert {fact: facts.get(fact) for fact in numbers} == pytest.approx(numbers, rel=1e-6), key


def test_conditional_parameters_are_no_trouble():
    space = RATE | {"momentum": WIDE["learning_rate"]}
    results = loaded(factors={"optimizer": OPTIMIZERS}, spaces=dict.fromkeys(OPTIMIZERS, space), when=WHEN)
    half = results.trials["number"] % 2 == 0
    results.trials["params_momentum"] = results.trials["params_momentum"].mask(half)
    sections = applicable(results)
    section = sections["importances"]
    assert set(section.data["importances"]["parameter"]) == {"learning_rate"}
    assert "Conditional hyperparameters are left out" in " ".join(section.paragraphs(str))
    assert "learning_rate = 0.5 or 1" in str(sections["question"].tables[1].rows())


WHEN = {"momentum": {"learning_rate": [0.5, 1]}}
