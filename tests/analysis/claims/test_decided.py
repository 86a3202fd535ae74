"""Words on planted claims: what is planted is what is said."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.claims import decided
from hpsearch.objectives import FAMILIES
from tests.claim_results import claimed, noisy

FACTORS = {"norm": ("with", "without"), "scale": ("large", "middle", "small")}
CLAIM = {"text": "with is better", "factor": "norm", "more": ["with"], "than": "without", "measure": "test_score"}


def planted(effects, sd=1.0, **claim):
    """Return the decision on a claim, where *with* is better by these effects at the three scales."""
    by_scale = dict(zip(FACTORS["scale"], effects, strict=True))
    mean = noisy(lambda levels: by_scale[levels["scale"]] if levels["norm"] == "with" else 0.0, sd)
    (decision,) = decided(claimed([CLAIM | claim], factors=FACTORS, measures={"test_score": mean}))
    return decision


@pytest.mark.parametrize(
    ("effects", "across", "word"),
    [
        ((4, 4, 4), "every", "holds"),
        ((4, 4, -4), "every", "does not hold"),
        ((4, 4, 0), "every", "not resolved"),
        ((-4, -4, 0), "any", "not resolved"),
        ((-4, -4, 4), "any", "holds"),
        ((-4, -4, -4), "any", "does not hold"),
        ((4, 4, -4), "most", "holds"),
        ((4, -4, -4), "most", "does not hold"),
    ],
)
def test_planted_effects_get_their_words(effects, across, word):
    decision = planted(effects, across=across)
    assert decision.word == word
    assert (decision.reason == "") == (word != "not resolved")
    assert decision.cells == 3
    mirrored = planted([-effect for effect in effects], across=across, more=["without"], than="with")
    assert mirrored.word == planted(effects, across=across, more=None, less=["without"], than="with").word


def test_the_opposite_effect_gets_the_opposite_word():
    assert planted((4, 4, 4)).word == "holds"
    assert planted((-4, -4, -4)).word == "does not hold"
    assert planted((4, 4, 4), more=None, less=["with"]).word == "does not hold"


def test_every_shows_the_least_and_any_the_most_favourable_cell():
    every, any_ = planted((3, 4, 6)), planted((-6, 4, -3), across="any")
    assert (every.cell, any_.cell) == ("scale large", "scale middle")
    assert every.low < 3 < every.high
    assert any_.low < 4 < any_.high
    refuted = planted((3, -4, 6))
    assert (refuted.word, refuted.cell, refuted.cells_for) == ("does not hold", "scale middle", 2)
    assert refuted.high < 0


def test_most_counts_the_share_of_cells_in_each_repeat():
    decision = planted((2, 4, -0.5), across="most")
    assert decision.effect_is == "share"
    assert decision.effect == pytest.approx(2.3 / 3, abs=0.15)
    assert 0.5 < decision.low < decision.effect < decision.high
    assert decision.word == "holds"


def test_where_leaves_cells_out():
    assert planted((4, 4, -4), where={"scale": ["large", "middle"]}).word == "holds"
    assert planted((4, 4, -4), where={"scale": ["small"]}).word == "does not hold"


def test_the_interval_of_one_cell_is_students_at_the_level_over_the_claims():
    differences = np.array([0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0])
    measures = {"test_score": lambda levels, repeat: differences[repeat] if levels["norm"] == "with" else 0.0}
    factors = {"norm": FACTORS["norm"]}
    for count, ends in ((1, (0.2663766, 1.0136234)), (3, (0.1616135, 1.1183865))):
        made = claimed([CLAIM | {"text": str(n)} for n in range(count)], factors=factors, measures=measures)
        decision = decided(made)[0]
        assert (decision.low, decision.high) == pytest.approx(ends, abs=1e-6)
        assert (decision.rule, decision.level_percent, decision.claims) == ("planned", 4.0, count)
    without = decided(claimed([CLAIM], factors=factors, measures=measures, plan=None))[0]
    assert (without.low, without.high) == pytest.approx((0.0371738, 1.2428262), abs=1e-6)
    assert (without.rule, without.level_percent) == ("anytime", 5.0)
    longer = decided(claimed([CLAIM], factors=factors, measures=measures, plan={"repeats": 20}))[0]
    assert (longer.low, longer.high) == pytest.approx((-0.1813803, 1.4613803), abs=1e-6)
    assert (longer.word, longer.level_percent) == ("not resolved", 1.0)
    assert longer.planned_may_resolve


def test_a_refuting_cell_is_tested_at_the_level_over_the_cells():
    differences = -np.array([0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0])
    scales = tuple(map(str, range(9)))
    shift = {"8": 0.0}

    def value(levels, repeat):
        if levels["norm"] == "without":
            return 0.0
        return differences[repeat] + shift.get(levels["scale"], 5.0)

    made = claimed([CLAIM], factors={"norm": FACTORS["norm"], "scale": scales}, measures={"test_score": value})
    decision = decided(made)[0]
    assert (decision.low, decision.high) == pytest.approx((-1.2266426, -0.0533574), abs=1e-6)
    assert decision.word == "does not hold"


def test_claims_added_later_have_no_planned_look_and_are_marked():
    measures = {"test_score": noisy(lambda levels: 2.0 if levels["norm"] == "with" else 0.0)}
    first = CLAIM | {"where": {"scale": ["large"]}}
    changed = CLAIM | {"where": {"scale": ["small"]}}
    rules = [{key: value for key, value in first.items() if key != "text"}]
    made = claimed([first, changed], factors=FACTORS, measures=measures, plan={"claims": rules})
    one, two = decided(made)
    assert (one.planned, one.rule, one.claims, one.level_percent) == (True, "planned", 1, 4.0)
    assert (two.planned, two.rule, two.claims, two.level_percent) == (False, "anytime", 2, 1.0)
    reworded = claimed([first | {"text": "other words"}], factors=FACTORS, measures=measures, plan={"claims": rules})
    assert decided(reworded)[0].planned


def test_a_claim_over_levels_added_later_is_not_as_planned():
    measures = {"test_score": noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)}
    factors = {"norm": ["with", "without"], "scale": ["large", "middle"], "strategy": ["random"]}
    every, one = CLAIM, CLAIM | {"where": {"scale": ["large"]}}
    made = decided(claimed([every, one], factors=FACTORS, measures=measures, plan={"factors": factors}))
    assert [each.planned for each in made] == [False, True]


def test_the_rest_is_each_other_level():
    factors = {"optimizer": ("sgd", "momentum", "adagrad", "adam")}
    means = {"sgd": 4.0, "momentum": 0.0, "adagrad": -3.0, "adam": 0.0}
    claim = {"text": "SGD is slowest", "factor": "optimizer", "more": ["sgd"], "than": "rest", "measure": "test_loss"}
    measures = {"test_loss": noisy(lambda levels: means[levels["optimizer"]], 0.5)}
    assert decided(claimed([claim], factors=factors, measures=measures))[0].word == "holds"
    adam = claim | {"more": ["adam"]}
    (decision,) = decided(claimed([adam], factors=factors, measures=measures))
    assert (decision.word, decision.cells, decision.cell) == ("does not hold", 3, "than sgd")
    two = claim | {"more": ["momentum", "adam"], "than": "adagrad"}
    assert decided(claimed([two], factors=factors, measures=measures))[0].word == "holds"


def test_numbers_and_measures_are_compared_with():
    measures = {"train_score": noisy(lambda levels: 3.0), "test_score": noisy(lambda levels: 0.0, seed=1)}
    wide = {"text": "t", "measure": "train_score"}
    one_level = {"less": ["with"], "factor": "norm", "than": 9}
    words = {
        "holds": [{"more": [], "than": 1.0}, {"more": [], "than": "test_score"}, one_level],
        "does not hold": [{"less": [], "than": 1.0}, {"less": [], "than": "test_score"}],
    }
    for word, claims in words.items():
        for decision in decided(claimed([wide | each for each in claims], factors=FACTORS, measures=measures)):
            assert decision.word == word
            assert decision.cells in (3, 6)


def test_equal_is_decided_by_the_margin():
    claim = {"more": None, "equal": ["with"], "sd": 0.2}
    near, far = planted((0.1, 0, 0), **claim, margin=1.0), planted((0.1, 0, 3), **claim, margin=1.0)
    between = planted((0.1, 0, 1), **claim, margin=1.0)
    assert [each.word for each in (near, far, between)] == ["holds", "does not hold", "not resolved"]
    assert -1 < near.low < near.high < 1
    assert far.low > 1
    assert planted((3, 0, 3), **claim, margin=1.0, across="any").word == "holds"
    assert planted((0, 0, 3), **claim, margin=1.0, across="most").word == "holds"


def test_differences_of_one_size_need_as_many_repeats_as_signs_do():
    def decision(repeats, **claim):
        measures = {"test_score": lambda levels, repeat: 1.0 if levels["norm"] == "with" else 0.0}
        return decided(claimed([CLAIM | claim], factors={"norm": FACTORS["norm"]}, measures=measures, repeats=repeats))[
            0
        ]

    few, enough = decision(5), decision(6)
    assert (few.word, enough.word) == ("not resolved", "holds")
    assert (few.rule, few.effect, few.won, few.needed) == ("signs", 1.0, 5, 10)
    equal = {"more": None, "equal": ["with"]}
    assert decision(5, **equal, margin=2.0).word == "not resolved"
    assert decision(6, **equal, margin=2.0).word == "holds"
    assert decision(6, **equal, margin=0.5).word == "does not hold"


@pytest.mark.parametrize(("across", "sides"), [("any", (1, -1, -1, -1)), ("every", (-1, 1, 1, 1))])
def test_the_repeats_that_are_needed_do_resolve_what_one_of_several_cells_decides(across, sides):
    by_scale = dict(zip("abcd", sides, strict=True))
    factors = {"norm": FACTORS["norm"], "scale": tuple("abcd")}

    def decision(repeats):
        score = {"test_score": lambda levels, _: by_scale[levels["scale"]] if levels["norm"] == "with" else 0.0}
        claim = CLAIM | {"across": across}
        return decided(claimed([claim], factors=factors, measures=score, repeats=repeats, plan={"repeats": 5}))[0]

    early = decision(6)
    assert early.word == "not resolved"
    assert decision(early.needed - 1).word == "not resolved"
    assert decision(early.needed).word == ("holds" if across == "any" else "does not hold")


def test_too_few_repeats_are_not_resolved_and_say_how_many_are_needed():
    measures = {"test_score": noisy(lambda levels: 9.0 if levels["norm"] == "with" else 0.0)}
    two = decided(claimed([CLAIM], factors=FACTORS, measures=measures, repeats=2, plan=None))[0]
    assert (two.word, two.reason, two.needed) == ("not resolved", "there are too few repeats", 6)
    ahead = decided(claimed([CLAIM], factors=FACTORS, measures=measures, repeats=2, plan={"repeats": 5}))[0]
    assert (ahead.word, ahead.needed, ahead.planned_may_resolve) == ("not resolved", 5, True)
    unclear = planted((0.6, 4, 4))
    assert unclear.word == "not resolved"
    assert unclear.needed is None or unclear.needed > 10


def test_reaching_a_value_is_compared_by_order_if_one_side_never_does():
    def curve(levels, repeat):
        rate = 0.2 if levels["norm"] == "with" else 0.05
        return np.minimum(rate * np.arange(6) + 0.001 * repeat, 0.99)

    claim = CLAIM | {"measure": "test_score", "more": None, "less": ["with"], "reduce": {"reaches": 0.5}}
    factors = {"norm": FACTORS["norm"]}
    (decision,) = decided(claimed([claim], factors=factors, measures={"test_score": curve}))
    assert (decision.word, decision.effect_is, decision.effect, decision.won) == ("holds", "order", None, 10)
    assert decision.diverged == 0
    turned = claim | {"less": ["without"], "than": "with"}
    (other,) = decided(claimed([turned], factors=factors, measures={"test_score": curve}))
    assert other.word == "does not hold"
    both = claim | {"reduce": {"reaches": 2.0}}
    (never,) = decided(claimed([both], factors=factors, measures={"test_score": curve}))
    assert (never.word, never.drawn) == ("not resolved", 10)


@pytest.mark.parametrize(("name", "direction"), [("test_loss", "less"), ("test_score", "more")])
def test_a_diverged_run_is_worst_and_losses_are_compared_by_order(name, direction):
    good, bad = (0.1, 90.0) if name == "test_loss" else (90.0, 0.1)
    values = {"with": good, "without": bad}
    claim = {"text": "t", "factor": "norm", direction: ["with"], "than": "without", "measure": name}
    noise = noisy(lambda levels: values[levels["norm"]], 0.01)

    def result(diverges, **other):
        made = claimed([claim], factors={"norm": FACTORS["norm"]}, measures={name: noise}, diverged=diverges, **other)
        return decided(made)[0]

    never = result(lambda levels, repeat: False)
    assert (never.word, never.effect_is, never.diverged) == ("holds", "difference", 0)
    rival = result(lambda levels, repeat: levels["norm"] == "without" and repeat < 3)
    assert (rival.word, rival.effect_is, rival.diverged, rival.won) == ("holds", "order", 3, 10)
    own = result(lambda levels, repeat: levels["norm"] == "with")
    assert (own.word, own.diverged) == ("does not hold", 10)
    half = result(lambda levels, repeat: levels["norm"] == "with" and repeat % 2 == 0)
    assert (half.word, half.won, half.lost) == ("not resolved", 5, 5)
    both = result(lambda levels, repeat: True)
    assert (both.word, both.drawn) == ("not resolved", 10)


def test_a_number_that_is_not_finite_is_a_divergence():
    def value(levels, repeat):
        return math.nan if levels["norm"] == "with" and repeat == 0 else float(levels["norm"] == "without") + repeat

    (decision,) = decided(claimed([CLAIM], factors={"norm": FACTORS["norm"]}, measures={"test_score": value}))
    assert (decision.word, decision.diverged, decision.effect_is) == ("does not hold", 1, "order")


def test_failed_retrainings_are_not_averaged_away():
    made = claimed(
        [CLAIM | {"measure": None}],
        factors={"norm": FACTORS["norm"]},
        measures={},
        test=lambda levels, repeat: [0.9 + 0.001 * repeat] if levels["norm"] == "with" else [0.5 + 0.002 * repeat],
    )
    (sound,) = decided(made)
    assert (sound.measure, sound.word, sound.effect_is) == ("test", "holds", "difference")
    failed = [int(variant == "with") for variant in made.runs["variant"]]
    (broken,) = decided(replace(made, runs=made.runs.assign(test_failed=failed)))
    assert (broken.word, broken.diverged) == ("does not hold", 10)


def test_the_spread_over_a_factor_is_compared():
    slope = {"with": 0.1, "without": 2.0}

    def value(levels, repeat):
        place = FACTORS["scale"].index(levels["scale"])
        return slope[levels["norm"]] * place + noisy(lambda _: 0.0, 0.05)(levels, repeat)

    claim = CLAIM | {"more": None, "less": ["with"], "reduce": {"spread_over": "scale"}}
    (decision,) = decided(claimed([claim], factors=FACTORS, measures={"test_score": value}))
    assert (decision.word, decision.cells) == ("holds", 1)
    assert decision.effect == pytest.approx(2 * 1.9, abs=0.1)
    two = claim | {"where": {"scale": ["large", "middle"]}}
    (other,) = decided(claimed([two], factors=FACTORS, measures={"test_score": value}))
    assert other.effect == pytest.approx(1.9, abs=0.1)


def test_layers_are_compared():
    keys = [("digits", norm, repeat, 0) for norm in FACTORS["norm"] for repeat in range(10)]
    rows = [
        (*key, 0, "activation", position, {1: 1.0, 2: 0.1}[position] ** (key[1] == "without") + 0.001 * key[2])
        for key in keys
        for position in (1, 2)
    ]
    layers = pd.DataFrame(
        rows, columns=["task", "variant", "repeat", "number", "step", "kind", "position", "gradient_norm"]
    )
    claim = CLAIM | {"measure": "layers.gradient_norm.last"}
    (last, first) = decided(
        claimed(
            [claim, claim | {"measure": "layers.gradient_norm.1"}],
            factors={"norm": FACTORS["norm"]},
            measures={},
            layers=layers,
        )
    )
    assert (last.word, last.effect) == ("holds", pytest.approx(0.9))
    assert (first.word, first.drawn) == ("not resolved", 10)


def test_a_deterministic_family_is_decided_by_one_repeat(monkeypatch):
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", True)
    value = {"with": 2.0, "without": 1.0}
    measures = {"test_score": lambda levels, repeat: value[levels["norm"]]}

    def decision(repeats=1, **claim):
        return decided(claimed([CLAIM | claim], factors=FACTORS, measures=measures, repeats=repeats))[0]

    assert (decision().word, decision().exact, decision().effect, decision().low) == ("holds", True, 1.0, None)
    assert decision(more=["without"], than="with").word == "does not hold"
    assert decision(more=["without"], than=1.0).word == "does not hold", "equal is not more"
    assert decision(more=None, equal=["without"], than=1.0, margin=0.0).word == "holds"
    assert decision(across="most").word == "holds"
    assert decision(repeats=3).exact
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", False)
    assert (decision().word, decision().exact) == ("not resolved", False)


@pytest.mark.parametrize(
    ("effects", "across", "word"),
    [
        ((1, -1, -1), "any", "holds"),
        ((0, -1, -1), "any", "does not hold"),
        ((1, 0, -1), "most", "does not hold"),
        ((1, 0, 0), "most", "holds"),
        ((1, 1, 0), "every", "does not hold"),
    ],
)
def test_exact_cells_are_combined_and_a_tie_is_half_a_cell(effects, across, word, monkeypatch):
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", True)
    decision = planted(effects, sd=0.0, across=across)
    assert (decision.word, decision.exact) == (word, True)


def test_a_search_is_random_whatever_the_family_says(monkeypatch):
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", True)
    measures = {"test_score": lambda levels, repeat: 1.0 if levels["norm"] == "with" else 0.0}
    made = claimed([CLAIM], factors=FACTORS, measures=measures, repeats=1)
    assert decided(made)[0].exact
    assert not decided(replace(made, untuned=frozenset()))[0].exact


def test_repeats_that_differ_are_not_exact_whatever_the_family_says(monkeypatch):
    monkeypatch.setattr(FAMILIES["mlp"], "deterministic", True)
    made = claimed([CLAIM], factors=FACTORS, measures={"test_score": noisy(lambda levels: 0.0)})
    assert not decided(made)[0].exact


def test_only_the_unbroken_repeats_of_complete_runs_count():
    measures = {"test_score": noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)}

    def done(levels, repeat):
        return not (levels["norm"] == "with" and levels["scale"] == "small" and repeat == 4)

    (decision,) = decided(claimed([CLAIM], factors=FACTORS, measures=measures, complete=done))
    assert (decision.repeats, decision.word) == (4, "not resolved")
    (nothing,) = decided(claimed([CLAIM], factors=FACTORS, measures=measures, complete=lambda *_: False))
    assert (nothing.word, nothing.reason, nothing.repeats) == ("not resolved", "no repeat is complete", 0)
    (other,) = decided(claimed([CLAIM | {"measure": "test_loss"}], factors=FACTORS, measures=measures))
    assert (other.word, other.reason) == ("not resolved", "no run has recorded test_loss")


def test_a_level_of_the_plan_without_runs_leaves_it_unresolved():
    measures = {"test_score": noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)}
    made = claimed([CLAIM], factors=FACTORS, measures=measures)
    kept = {variant: levels for variant, levels in made.levels.items() if levels["scale"] != "small"}
    part = replace(
        made,
        variants=tuple(kept),
        levels=kept,
        factors={**made.factors, "scale": ("large", "middle")},
        runs=made.runs[made.runs["variant"].isin(list(kept))],
    )
    (decision,) = decided(part)
    assert (decision.word, decision.reason) == ("not resolved", "a cell has no complete repeat")


def test_another_number_of_trials_than_the_plans_decides_nothing():
    measures = {"test_score": noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)}
    (decision,) = decided(claimed([CLAIM], factors=FACTORS, measures=measures, plan={"trials": 7}))
    assert (decision.word, decision.reason) == ("not resolved", "the plan has another number of trials")


def test_runs_that_went_on_are_decided_as_the_plan_has_them():
    better = noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)
    worse = noisy(lambda levels: -4.0 if levels["norm"] == "with" else 0.0)
    longer, cut = (claimed([CLAIM], factors=FACTORS, measures={"test_score": each}) for each in (worse, better))
    (decision,) = decided(replace(longer, at_plan=cut))
    assert decision.word == "holds"


def test_tasks_are_cells():
    mean = noisy(lambda levels: 4.0 if levels["norm"] == "with" else 0.0)
    made = claimed([CLAIM], factors={"norm": FACTORS["norm"]}, measures={"test_score": mean}, tasks=("one", "two"))
    (decision,) = decided(made)
    assert (decision.cells, decision.word) == (2, "holds")
    assert decision.cell in ("one", "two")


def test_a_study_without_claims_decides_nothing():
    assert decided(claimed([], factors=FACTORS, measures={})) == ()
