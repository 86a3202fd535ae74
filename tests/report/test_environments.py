"""The sentence on environments, in the report and in its summary."""

import dataclasses
import json

from hpsearch.report.environments import environments_sentence
from hpsearch.report.sections import SECTIONS
from hpsearch.report.summary import summary
from tests.example_results import make_results

ONE = {"numpy": "2.4.5", "processor": "{a}"}
OTHER = {"numpy": "2.4.6", "processor": "{a}"}


def made(*environments, counts=(0, 0)):
    results = make_results(strategies=("random",), repeats=2, trials=2)
    return dataclasses.replace(results, environments=environments, runs=results.runs.assign(environments=list(counts)))


def test_one_environment_or_none_needs_no_sentence():
    facts = {}
    assert environments_sentence(made(), facts) == environments_sentence(made(ONE), facts) == ""
    assert facts == {}


def test_several_are_named_with_what_differs():
    facts = {}
    text = environments_sentence(made(ONE, OTHER, counts=(1, 1)), facts).format(**facts)
    assert "2 environments, which differ in numpy (2.4.5 and 2.4.6)" in text
    assert "went on" not in text
    text = environments_sentence(made(ONE, OTHER, counts=(1, 2)), facts).format(**facts)
    assert text.endswith(" 1 run began in one and went on in another.")


def test_the_section_on_the_question_and_the_summary_have_them():
    results = made(ONE, OTHER, counts=(2, 2))
    section = SECTIONS["question"](results)
    assert any("{environment_differences}" in text for text in section.prose)
    read = json.loads(summary(results, [section], []))
    assert read["study"]["environments"] == [ONE, OTHER]
