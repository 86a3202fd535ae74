import pytest

from hpsearch.errors import UsageError
from hpsearch.study.config import StudyFile
from hpsearch.study.plan import plan
from hpsearch.study.variations import varied

FILE = StudyFile.model_validate(
    {
        "name": "mine",
        "question": "Which?",
        "data": {"source": "mnist", "validation": 1000, "test": 0.2, "train": 5000, "scaling": "none"},
        "model": {"epochs": 21, "decay_epochs": 10.0, "batch_size": 100, "evaluate_every": 10},
        "factors": {
            "length": {"levels": {"short": {"model": {"epochs": 5}}, "long": {"search": {"first": "drawn"}}}},
            "steps": {"key": "model.steps", "values": [0, 7]},
        },
        "search": {"strategies": ["random"], "trials": 42, "repeats": 5},
    }
)


def test_a_quick_study_has_two_repeats_and_a_fifth_of_all_lengths():
    quick = varied(FILE, quick=True)
    assert (quick.search.repeats, quick.search.trials) == (2, 9)
    assert quick.model == {"epochs": 5, "decay_epochs": 2.0, "batch_size": 100, "evaluate_every": 10}
    assert quick.factors["length"]["levels"]["short"] == {"model": {"epochs": 1}}
    assert quick.factors["length"]["levels"]["long"] == {"search": {"first": "drawn"}}
    assert quick.factors["steps"]["values"] == [0, 2]


def test_a_quick_study_has_a_name_of_its_own_and_says_that_its_words_are_weak():
    quick = varied(FILE, quick=True)
    assert quick.name == "mine-quick"
    assert "quick" in quick.title
    assert quick.question.startswith("Which? ")
    assert "weak" in quick.question


def test_a_quick_study_trains_no_simple_models():
    assert any(run.trains_baselines for run in plan("digits").runs())
    assert not any(run.trains_baselines for run in plan("digits", quick=True).runs())


def test_what_the_user_asks_for_stays_in_a_quick_study():
    given = FILE.model_copy(update={"search": FILE.search.model_copy(update={"repeats": 4})})
    quick = varied(given, quick=True, given={"repeats": 4, "trials": None})
    assert (quick.search.repeats, quick.search.trials) == (4, 9)


def test_another_data_set_gets_a_name_and_rows_that_suffice():
    other = varied(FILE, data="digits")
    assert other.name == "mine-digits"
    assert other.data == {"source": "digits", "validation": 359, "test": 0.2, "train": 5000, "scaling": "minmax"}
    for words in ("digits", "1,797 rows", "validation = 359 rows", "0 … 1"):
        assert words in other.question


def test_both_variations_combine():
    assert varied(FILE, quick=True, data="digits").name == "mine-digits-quick"


def test_a_study_in_which_nothing_is_random_is_not_shortened():
    exact = FILE.model_copy(update={"model": {"family": "function", "steps": 30}, "factors": {}})
    quick = varied(exact, quick=True)
    assert (quick.name, quick.model, quick.search) == ("mine-quick", exact.model, exact.search)
    assert "whole study" in quick.question


def test_without_variations_the_file_is_the_same():
    assert varied(FILE) is FILE


@pytest.mark.parametrize(
    ("source", "tables", "message"),
    [
        ("csv", {}, "--data: .*'csv'.*digits"),
        ("nowhere", {}, "--data: .*'nowhere'.*digits"),
        ("digits", {"data": {}}, "is on digits already"),
        ("digits", {"model": {"family": "table"}}, "has no data set: its family is 'table'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(source, tables, message):
    with pytest.raises(UsageError, match=message):
        varied(FILE.model_copy(update=tables), data=source)


def test_the_plan_keeps_the_variation_for_later_commands():
    ready = plan("optimizers", quick=True, data="wine")
    assert ready.name == "optimizers-wine-quick"
    assert ready.variation == {"quick": True, "data": "wine"}
    assert plan("optimizers").variation == {}
    [run, *_] = ready.runs()
    assert run.plan["quick"] is True
    assert "quick" not in plan("optimizers").runs()[0].plan
