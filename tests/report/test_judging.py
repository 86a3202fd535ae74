"""The report says of test values what they are, by what the study's trials were drawn from."""

import re
from dataclasses import replace

import pytest

from hpsearch.report.markdown import markdown
from tests.combinations import more
from tests.example_results import SETTINGS, make_results
from tests.report.built import applicable

TABLES = {"source": "table", "tables": ["a", "b"], "fingerprint": ["#a", "#b"]}
REFERENCE = {name: {"best": 0.02, "median": 0.5} for name in ("a", "b")}
DATA = {
    "network": SETTINGS["data"],
    "every seed": TABLES,  # as versions before 0.1 stored them
    "held out": TABLES | {"held_out": [2, 1]},
}
ADVISING = ("diagnostics", "next")  # to confirm on fresh seeds, which is no claim
SAID = {
    "network": {
        "variants": [
            "training each run's best hyperparameters again on fresh seeds; the search never saw the test data",
            "of trainings made after their hyperparameters were among the best",
        ],
        "best": ["Trained again on 3 fresh seeds, these hyperparameters have a test error of"],
        "question": ["train the best trials of their run again", "which no search has chosen"],
        "verdict": [],
    },
    "every seed": {
        "variants": ["means over all seeds of a table, including the searched ones"],
        "best": ["By all seeds of the table, including the searched ones, they have a test error of"],
        "question": ["look up the best trials of their run again"],
        "verdict": [],
    },
    "held out": {
        "variants": [
            "means over held-out seeds of a table, which no trial of the repeat could look up",
            "below 0",
        ],
        "best": ["By the held-out seeds of the table they have a test error of"],
        "question": ["look up the best trials of their run again"],
        "verdict": ["Best and median are of the means over all seeds of a table", "below 0"],
    },
}


def report_on(kind):
    tables = kind != "network"
    return make_results(
        strategies=("random", "confirmed"),
        tasks=("a", "b"),
        direction="minimize",
        metric="error",
        confirm={"confirmed": 2},
        reference=REFERENCE if tables else None,
        settings=SETTINGS | {"data": DATA[kind]},
        families={("a", "random"): "table" if tables else "mlp"},
    )


@pytest.fixture(scope="module", params=["network", more("every seed"), "held out"])
def kind_and_text(request):
    results = report_on(request.param)
    sections = applicable(results)
    return request.param, {key: " ".join(section.paragraphs(str)) for key, section in sections.items()}, sections


@pytest.mark.parametrize("key", ["variants", "best", "question", "verdict"])
def test_a_section_says_what_is_true_of_the_study_and_nothing_that_is_true_of_others(kind_and_text, key):
    kind, text, _ = kind_and_text
    for said in SAID[kind][key]:
        assert said in text[key]
    for other in SAID.keys() - {kind}:
        for said in set(SAID[other][key]) - set(SAID[kind][key]):
            assert said not in text[key], other


def test_fresh_seeds_and_unseen_data_are_claimed_of_retrainings_alone(kind_and_text):
    kind, _, sections = kind_and_text
    claiming = [replace(section, cards=()) for key, section in sections.items() if key not in ADVISING]  # cards advise
    claims = re.search(r"fresh seed|never saw|no search has chosen", markdown(report_on(kind), claiming))
    assert (claims is not None) == (kind == "network")
