import doctest

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages import InMemoryStorage

from hpsearch.errors import HpsearchError
from hpsearch.results import choose
from hpsearch.results.choose import folder, load_chosen
from tests.example_results import NASTY

OWN = {"study": "digits", "task": "t", "strategy": "random", "repeat": 0, "metric": "accuracy", "trials": 1}


def stored(*ours, others=()):
    storage = InMemoryStorage()
    for name in ours:
        study = optuna.create_study(study_name=f"{name}/random/00", storage=storage, direction="maximize")
        for key, value in (OWN | {"study": name, "content": {}}).items():
            study.set_user_attr(key, value)
    for name in others:
        optuna.create_study(study_name=name, storage=storage)
    return storage


def test_examples_in_docstrings_hold():
    assert doctest.testmod(choose).failed == 0


@pytest.mark.parametrize(
    ("ours", "others", "study", "names", "words"),
    [
        (["a", "b"], [], None, [], "holds several studies: name one of a, b"),
        ([], ["x", "y"], None, [], "name them with --study-name, one or more of x, y"),
        ([], [], None, [], "the storage is empty"),
        ([], [f"s{index}" for index in range(30)], None, [], "s9 and 20 more"),
        (["a"], ["x"], "x", [], "hpsearch did not make the study 'x': name it with --study-name"),
        (["a"], [], "c", [], "holds no run of the study 'c'"),
        (["a"], ["x"], "a", ["x"], "got 'a' and 'x'"),
        (["a"], ["x"], None, ["y"], "unknown study 'y'"),
    ],
)
def test_what_cannot_be_chosen_is_one_line_that_names_what_can(ours, others, study, names, words):
    with pytest.raises(HpsearchError, match=words) as caught:
        load_chosen(stored(*ours, others=others), study, names)
    assert "\n" not in str(caught.value)


def test_the_only_study_need_not_be_named():
    assert load_chosen(stored("a", others=["x"]), None, []).name == "a"
    assert load_chosen(stored("a", "b"), "b", []).name == "b"
    assert load_chosen(stored("a", others=["x"]), None, ["x"]).name == "x"


@given(st.text())
def test_a_folder_is_one_plain_part_of_a_path(name):
    made = folder(name)
    assert made.isascii()
    assert 0 < len(made) < 100
    assert not made.startswith((".", "-"))
    assert not set(made) & set('/\\:*?"<>| \n\0')


@pytest.mark.parametrize("names", [("a/b", "a.b/", "a b"), ("b" * 300, "b" * 301), (NASTY, NASTY + "!"), ("..", ".")])
def test_different_names_have_different_folders(names):
    assert len({folder(name) for name in names}) == len(names)
