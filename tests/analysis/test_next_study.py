import dataclasses
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.distributions import IntDistribution

from hpsearch.analysis.next_study import describe, followed, next_study, toml_text
from hpsearch.nn import Hyperparameters
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.study import config
from hpsearch.study.plan import plan
from tests.analysis.diagnostics.planted import (
    SPACE,
    bump,
    chapter,
    clean,
    diverging,
    drawn,
    flipped,
    of,
    planted,
    search,
)
from tests.example_results import CASES, case

STUDIES = Path(config.__file__).parents[2] / "studies"


def changes(results):
    return {".".join(change.path): change.value for change in next_study(results).changes}


def test_nothing_wrong_nothing_changed():
    following = next_study(clean())
    assert not any(change.path[0] == "model" for change in following.changes)
    assert not any(change.path[0] == "search" for change in following.changes)


def test_the_chapter_s_search_gets_a_wider_learning_rate():
    results = chapter()
    asked = changes(results)
    assert asked["space.learning_rate.high"] > 0.01
    assert "space.weight_decay" not in asked  # narrowing it is unsafe, and so is fixing it
    text = toml_text(next_study(results))
    table = tomllib.loads(text)
    assert table["space"]["learning_rate"]["high"] == asked["space.learning_rate.high"]
    assert table["report"]["follows"] == "planted"
    assert len(table["report"]["changes"]) == len(asked)
    comments = [line for line in text.splitlines() if line.startswith("# - ")]
    assert comments == [f"# - {describe(change)}" for change in next_study(results).changes]


def test_the_next_study_keeps_the_margin_of_the_plan():
    planned = replace(planted("edge"), first_plan={"margin": 0.01})
    assert next_study(planned).content["report"]["margin"] == 0.01


def test_what_diverged_is_cut_off_and_the_rest_kept():
    results = diverging(0.55, rate=0.2)
    trials = results.trials
    feasible = trials.loc[~trials["diverged"], "params_learning_rate"].max()
    assert feasible < changes(results)["space.learning_rate.high"] < 2 * feasible


def test_what_hardly_matters_is_fixed():
    content = next_study(planted("parameters")).content
    assert list(content["space"]) == ["learning_rate"]
    assert 0 <= content["model"]["l1"] <= 1


def test_a_preparation_that_hardly_matters_is_fixed_in_the_data():
    params, places = drawn()
    categories = [{"data.max_categories": 5 + round(40 * each.pop("l1")), **each} for each in params]
    space = {"data.max_categories": IntDistribution(5, 45), "learning_rate": SPACE["learning_rate"]}
    results = search(bump(places, share=None).tolist(), categories, space=space)
    content = next_study(results).content
    assert list(content["space"]) == ["learning_rate"]
    assert 5 <= content["data"]["max_categories"] <= 45
    assert "[data] max_categories = " in " ".join(content["report"]["changes"])
    assert tomllib.loads(toml_text(next_study(results)))["data"] == content["data"]


def test_less_is_better_asks_for_the_same():
    results = planted("edge")
    assert changes(flipped(results))["space.learning_rate.high"] == changes(results)["space.learning_rate.high"]


def test_without_a_file_the_changes_are_words_only():
    following = next_study(dataclasses.replace(planted("edge"), settings={}))
    assert "[space] learning_rate.high: 1 → 100" in describe(following.changes[0])
    assert following.content == {}
    assert toml_text(following) == ""


@pytest.mark.parametrize(
    ("name", "after"), [("digits", "digits-next"), ("digits-next", "digits-next-2"), ("a-next-9", "a-next-10")]
)
def test_the_next_study_s_name(name, after):
    assert next_study(dataclasses.replace(planted("edge"), name=name)).name == after


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_file_can_be_read_and_planned(path, tmp_path):
    """Shipped studies, with results in which the best lie at an edge and much else is wrong."""
    content = config.read(str(path)).tables()
    names = [name for name, held in content["space"].items() if isinstance(held, dict) and "low" in held][:2]
    if len(names) < 2:
        pytest.skip("fewer than two ranges in its own space")
    base = of(rate=1.0, rise=0.05, best_epoch=19)
    model = SearchedModel(Hyperparameters, content["model"], content["space"])
    trials = base.trials.rename(
        columns=dict(zip(("params_learning_rate", "params_l1"), (f"params_{n}" for n in names), strict=True))
    )
    space = {name: model.space[name] for name in names}
    for name, held in space.items():
        low, high = trials[f"params_{name}"].min(), trials[f"params_{name}"].max()
        share = (trials[f"params_{name}"] - low) / (high - low)
        trials[f"params_{name}"] = held.low + share**3 * (held.high - held.low)
    results = dataclasses.replace(base, name=path.stem, settings=content, space=space, trials=trials)
    text = toml_text(next_study(results))
    assert text
    written = tmp_path / "next.toml"
    written.write_text(text, encoding="utf-8")
    read = config.read(str(written))
    assert read.name == f"{path.stem}-next"
    if content["data"].get("source") != "mnist":
        assert plan(str(written)).name == read.name


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_a_next_study(name):
    following = next_study(case(name))
    for change in following.changes:
        assert "\n" not in describe(change)
    text = toml_text(following)
    assert bool(text) == bool(following.content)
    tomllib.loads(text)


def test_what_the_study_before_was_and_what_changed():
    results = planted("edge")
    assert followed(results) == ("", ())
    content = tomllib.loads(toml_text(next_study(results)))
    after = dataclasses.replace(results, settings=content)
    assert followed(after) == ("planted", tuple(describe(change) for change in next_study(results).changes))


def test_the_next_study_runs_and_its_report_says_what_changed(tmp_path):
    from hpsearch.execution import execute
    from hpsearch.report.sections.next import next_section
    from hpsearch.results.load import load_results
    from hpsearch.storage import opened

    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    execute(plan("digits", {"trials": 6, "repeats": 1}), storage, jobs=1)
    with opened(storage, existing=True) as here:
        following = next_study(load_results(here, "digits"))
    assert following.changes
    written = tmp_path / "next.toml"
    written.write_text(toml_text(following), encoding="utf-8")
    execute(plan(str(written), {"trials": 2, "repeats": 1}), storage, jobs=1)
    with opened(storage, existing=True) as here:
        section = next_section(load_results(here, "digits-next"))
    assert "This study follows digits" in section.paragraphs(str)[0]
    assert [row[0] for row in section.tables[0].rows()] == [describe(change) for change in following.changes]
