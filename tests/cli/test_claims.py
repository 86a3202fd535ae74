"""What the command line prints of claims, and what Python returns."""

from dataclasses import replace
from io import StringIO

from optuna.storages import InMemoryStorage
from rich.console import Console

import hpsearch
from hpsearch.analysis.claims import decided
from hpsearch.cli.claims import print_claims, print_claims_left
from hpsearch.execution import execute
from hpsearch.execution.until_resolved import execute_until_resolved
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan
from tests.claim_results import claimed, noisy
from tests.factor_files import over, written

CLAIM = {"text": "[bold]with[/] is better", "factor": "norm", "than": "without", "measure": "test_score"}


def printed(write, *arguments):
    console = Console(file=StringIO(), width=80)
    write(console, *arguments)
    return console.file.getvalue()


def test_the_counts_and_a_line_for_each_claim_are_printed():
    mean = noisy(lambda levels: 3.0 if levels["norm"] == "with" else 0.0)
    claims = [CLAIM | {"more": ["with"]}, CLAIM | {"more": ["with"], "text": "again"}, CLAIM | {"less": ["with"]}]
    made = claimed(claims, factors={"norm": ("with", "without")}, measures={"test_score": mean})
    text = printed(print_claims, decided(made))
    first, second, *_ = text.splitlines()
    assert first == "claims: 2 of 3 hold, 1 does not"
    assert second.startswith("  holds: [bold]with[/] is better – more by ")
    open_ = [replace(decided(made)[0], word="not resolved", needed=12)]
    assert "claims: 0 of 1 hold, 1 is not resolved" in printed(print_claims, open_)
    assert "; about 12 repeats would probably resolve it" in printed(print_claims, open_)
    assert printed(print_claims, ()) == ""
    assert printed(print_claims_left, 7, open_) == "after 7 repeats 0 of 1 claims are resolved\n"


def test_claims_of_a_study_that_ran_are_in_its_plan_and_decided(tmp_path):
    claim = {"text": "More than nothing", "more": [], "than": 0.01, "measure": "train_score"}
    changes = over("model.optimizer", "sgd", "adam") | {"space": {}, "claims": [claim], "search": {"repeats": 6}}
    storage = InMemoryStorage()
    execute(plan(written(tmp_path, changes=changes)), storage, jobs=1)
    results = load_results(storage, "small")
    (decision,) = hpsearch.claims(results)
    assert (decision.word, decision.planned, decision.cells, decision.repeats) == ("holds", True, 2, 6)
    added = changes | {"claims": [claim, claim | {"than": 0.02}]}
    execute(plan(written(tmp_path, changes=added)), storage, jobs=1)
    assert [each.planned for each in hpsearch.claims(load_results(storage, "small"))] == [True, False]


def test_repeats_are_added_until_the_claims_are_resolved(tmp_path):
    claim = {"text": "More than nothing", "more": [], "than": 0.01, "measure": "train_score"}
    changes = over("model.optimizer", "sgd", "adam") | {"space": {}, "claims": [claim], "search": {"repeats": 20}}
    storage, looks = InMemoryStorage(), []
    made = replace(plan(written(tmp_path, changes=changes)), until_resolved=True)
    execute_until_resolved(made, storage, looked=lambda repeats, found: looks.append((repeats, found)), jobs=1)
    assert looks[-1][1][0].word == "holds"
    assert looks[-1][0] < 20
