"""Claims of a study file: what is wrong is refused in one line, and what is left out is filled in."""

import pytest
import tomli_w

from hpsearch.errors import UsageError
from hpsearch.run.comparable import content_hash
from hpsearch.study.config import StudyFile
from hpsearch.study.plan import plan, plan_of
from hpsearch.study.prepared import as_stored
from tests.commands import call
from tests.factor_files import BASE, written

FACTORS = {
    "optimizer": {"key": "model.optimizer", "values": ["sgd", "adam", "rmsprop"]},
    "decay": {"key": "model.weight_decay", "values": [0.0, 0.001, 0.01]},
}
CLAIM = {"text": "Adam is better", "more": ["adam"], "than": "sgd"}


def file(tmp_path, *claims, **tables):
    return written(tmp_path, changes={"factors": FACTORS, "claims": list(claims), **tables})


def claims_of(path):
    return plan(path).content["claims"]


def test_factor_labels_and_margin_are_filled_in(tmp_path):
    path = file(
        tmp_path,
        CLAIM,
        {"text": "a", "less": 0.01, "than": "0.0", "where": {"optimizer": "sgd"}},
        {"text": "b", "equal": ["adam"], "than": "rest"},
        {"text": "c", "more": [], "than": 0.9, "measure": "train_score"},
        {"text": "d", "more": [], "than": "train_score", "measure": "validation_score"},
        report={"margin": 0.02},
    )
    first, second, third, fourth, fifth = claims_of(path)
    assert (first["factor"], first["more"], first["than"], first["across"], first["margin"]) == (
        "optimizer", ["adam"], "sgd", "every", None,
    )  # fmt: skip
    assert (second["factor"], second["less"], second["than"], second["where"]) == (
        "decay", ["0.01"], "0", {"optimizer": ["sgd"]},
    )  # fmt: skip
    assert (third["margin"], third["than"]) == (0.02, "rest")
    assert (fourth["factor"], fourth["than"], fifth["than"]) == (None, 0.9, "train_score")


def test_a_study_without_factors_has_claims_about_its_strategies(tmp_path):
    path = written(
        tmp_path,
        changes={
            "search": {"strategies": ["random", "tpe"]},
            "claims": [{"text": "t", "more": "tpe", "than": "random"}],
        },
    )
    assert claims_of(path)[0]["factor"] == "strategy"


def test_the_plan_stores_the_rules_and_not_the_words(tmp_path):
    (run, *_) = plan(file(tmp_path, CLAIM | {"source": "somewhere"})).runs()
    (rule,) = run.plan["claims"]
    assert rule["more"] == ["adam"]
    assert not {"text", "source"} & rule.keys()


def test_a_study_without_claims_is_stored_as_before(tmp_path):
    made = plan(written(tmp_path, changes={"factors": FACTORS}))
    assert "claims" not in made.content
    assert "claims" not in made.runs()[0].plan


def test_claims_may_change_without_making_trials_incomparable(tmp_path):
    one, other = (
        plan(written(tmp_path, changes={"claims": [{"text": text, "more": [], "than": 0.5}]})).runs()[0].content
        for text in ("a", "b")
    )
    assert content_hash(one) == content_hash(other)


def test_workers_plan_the_same_claims(tmp_path):
    made = plan(file(tmp_path, CLAIM))
    again = plan_of(StudyFile.model_validate(as_stored(made)["tables"]), "stored", None)
    assert again.content["claims"] == made.content["claims"]


BAD = {
    "an unknown level": ({"more": ["adm"]}, "claims.2.more: unknown level 'adm' (did you mean 'adam'?): choose from"),
    "an unknown level of the factor": (
        {"factor": "optimizer", "more": ["0.01"]},
        "claims.2.more: unknown level '0.01': choose from adam, rmsprop, sgd",
    ),
    "levels of two factors": ({"more": ["adam", "0.01"]}, "claims.2.more: must be levels of one factor"),
    "an unknown factor": (
        {"factor": "optimiser"},
        "claims.2.factor: unknown factor 'optimiser' (did you mean 'optimizer'?): choose from decay, optimizer",
    ),
    "two directions": ({"less": ["adam"]}, "claims.2: must have exactly one of more, less, equal, got more and less"),
    "no direction": ({"more": None}, "claims.2: must have exactly one of more, less, equal, got none of them"),
    "no than": ({"than": None}, "claims.2.than: is missing"),
    "than itself": ({"than": "adam"}, "claims.2.than: must be another level than those of more: 'adam'"),
    "an unknown than": ({"than": "sdg"}, "claims.2.than: unknown level or measure 'sdg' (did you mean 'sgd'?)"),
    "a level without one to compare": (
        {"more": []},
        "claims.2.more: must name the levels that are compared with 'sgd'",
    ),
    "than a table": ({"than": {"a": 1}}, 'claims.2.than: must be a level, "rest", a finite number'),
    "than not finite": ({"than": float("nan")}, "claims.2.than: must be a level"),
    "no other level": (
        {"more": ["adam", "sgd", "rmsprop"], "than": "rest"},
        "claims.2.than: there is no other level of optimizer than adam, sgd, rmsprop",
    ),
    "an unknown measure": (
        {"measure": "train_scor"},
        "claims.2.measure: unknown measure 'train_scor' (did you mean 'train_score'?): choose from",
    ),
    "a measure that is not recorded": (
        {"measure": "batch_loss"},
        "claims.2.measure: batch_loss needs loss in [record]",
    ),
    "layers that are not recorded": (
        {"measure": "layers.mean.first"},
        "claims.2.measure: layers.mean.first needs [record] layers = true",
    ),
    "an unknown column": ({"measure": "layers.men.first"}, "claims.2.measure: unknown column of layers 'men'"),
    "an unknown place": ({"measure": "layers.mean.0"}, "claims.2.measure: unknown place in layers '0'"),
    "an unknown hyperparameter": ({"measure": "best.rate"}, "claims.2.measure: unknown searched number 'rate'"),
    "an unknown diagnostic": ({"measure": "diagnostic.fitt"}, "unknown diagnostic 'fitt' (did you mean 'fit'?)"),
    "an unknown factor in where": ({"where": {"x": "a"}}, "claims.2.where: unknown factor 'x': choose from"),
    "an unknown level in where": ({"where": {"decay": "2"}}, "claims.2.where.decay: unknown level '2': choose from"),
    "where that leaves the level out": (
        {"where": {"optimizer": "sgd"}},
        "claims.2.more: 'adam' is not among the levels that where keeps, sgd",
    ),
    "where that is a list": ({"where": ["sgd"]}, "claims.2.where: must be a table such as"),
    "an unknown across": ({"across": "all"}, "claims.2.across: unknown word 'all': choose from any, every, most"),
    "an unknown reduction": ({"reduce": "max"}, "claims.2.reduce: unknown reduction 'max': choose from"),
    "a reduction of one number": (
        {"measure": "test", "reduce": "mean"},
        "claims.2.reduce: has no effect, since the measure 'test' is one number, no curve",
    ),
    "the same claim twice": ({}, "claims.2: is the same as claims.1"),
    "a negative step": ({"reduce": -1}, "claims.2.reduce: must be one of mean, end, a step number"),
    "a reduction without value": ({"reduce": {"reaches": "x"}}, "claims.2.reduce: must be one of"),
    "a spread over itself": (
        {"reduce": {"spread_over": "optimizer"}},
        "claims.2.reduce: spread_over must be another factor than the one compared, 'optimizer'",
    ),
    "a spread over no factor": ({"reduce": {"spread_over": "scale"}}, "claims.2.reduce: unknown factor 'scale'"),
    "a margin without equal": ({"margin": 0.1}, "claims.2: must have a margin with equal only"),
    "equal without margin": (
        {"more": None, "equal": ["adam"]},
        "claims.2.margin: must be > 0 with equal, here or in [report], got 0.0",
    ),
    "a negative margin": ({"more": None, "equal": ["adam"], "margin": -1.0}, "claims.2.margin: must be"),
    "an unknown key": ({"mor": ["adam"]}, "claims.2.mor: unknown key 'mor' (did you mean 'more'?): choose from across"),
    "a level twice": ({"more": ["adam", "adam"]}, "claims.2.more: must name each level once"),
    "a level that is a list": ({"more": [["adam"]]}, "claims.2.more: must be the label of a level"),
    "no text": ({"text": None}, "claims.2.text: is missing"),
    "an empty text": ({"text": ""}, "claims.2.text: must have at least 1 character, got ''"),
    "a number as text": ({"text": 3}, "claims.2.text: must be a valid string, got 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_malformed_claims_are_refused_in_one_line(name, tmp_path):
    changes, words = BAD[name]
    claim = {key: value for key, value in (CLAIM | changes).items() if value is not None}
    path = file(tmp_path, CLAIM, claim)
    with pytest.raises(UsageError) as error:
        plan(path)
    message = str(error.value)
    assert message.startswith(f"{path}: claims.2")
    assert words in message
    assert "\n" not in message
    assert len(message) < 1_000 + len(path)


@pytest.mark.parametrize("claims", [3, "a", [3], {"text": "a"}])
def test_claims_that_are_no_list_of_tables_are_refused(claims, tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(f"{tomli_w.dumps({'claims': claims})}\n{BASE}")
    with pytest.raises(UsageError, match=r"claims"):
        plan(str(path))


def test_levels_that_two_factors_have_need_the_factor(tmp_path):
    same = {name: {"levels": {"a": {}, "b": {"model": {key: 0.5}}}} for name, key in (("x", "l1"), ("y", "dropout"))}
    claim = {"text": "t", "more": "a", "than": "b"}
    path = written(tmp_path, changes={"factors": same, "claims": [claim]})
    with pytest.raises(UsageError, match=r"claims.1.factor: must say which factor has the levels, one of x, y"):
        plan(path)
    assert (
        claims_of(written(tmp_path, changes={"factors": same, "claims": [claim | {"factor": "y"}]}))[0]["factor"] == "y"
    )


def test_the_command_line_ends_with_2_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = file(tmp_path, CLAIM | {"more": ["adm"]})
    result = call("study", path, "--storage", f"sqlite:///{tmp_path / 'a.db'}", columns=2_000)
    assert result.returncode == 2
    assert result.stderr.startswith(f"hpsearch: {path}: claims.1.more: unknown level 'adm'")
    assert result.stderr.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["small.toml"]
