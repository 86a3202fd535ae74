import dataclasses

import pytest

from hpsearch.analysis.comparison.pairings import baseline, pairings
from tests.analysis.comparison.compared import of_strategies
from tests.example_results import case

# The study's strategies, the kinds that its file gives labels, and the pairings that follow.
STUDIES = [
    ("random", {}, []),
    ("random tpe", {}, ["tpe random"]),
    ("tpe narrowing random", {}, ["tpe random", "narrowing random", "narrowing tpe"]),
    ("random narrowing tpe gp", {}, ["narrowing random", "tpe random", "gp random", "narrowing tpe"]),
    ("tpe narrowing gp", {}, ["narrowing tpe", "gp tpe"]),
    ("narrowing tpe", {}, ["tpe narrowing"]),
    ("a b", {"b": "random"}, ["a b"]),
    ("random n5 t", {"n5": "narrowing", "t": "tpe"}, ["n5 random", "t random", "n5 t"]),
    ("random n5 narrowing tpe", {"n5": "narrowing"}, ["n5 random", "narrowing random", "tpe random", "narrowing tpe"]),
]


@pytest.mark.parametrize(("strategies", "kinds", "expected"), STUDIES)
def test_what_is_compared(strategies, kinds, expected):
    settings = {"strategies": {label: {"strategy": named} for label, named in kinds.items()}}
    results = dataclasses.replace(case("usual"), **of_strategies(strategies.split()), settings=settings)
    assert [f"{pair.level} {pair.against}" for pair in pairings(results)] == expected


NAMELESS = [
    {},
    {"strategies": {}},
    {"strategies": {"a": {"round": 5}}},
    {"strategies": {"a": 3}},
    {"strategies": ["a"]},
]


@pytest.mark.parametrize("settings", NAMELESS)
def test_a_label_without_settings_is_its_own_kind(settings):
    results = dataclasses.replace(case("usual"), **of_strategies("ab"), settings=settings)
    assert results.strategy_of("a") == "a"
    assert baseline(results) == "a"


def test_a_study_without_strategies_compares_nothing():
    assert pairings(dataclasses.replace(case("usual"), **of_strategies(()))) == ()
