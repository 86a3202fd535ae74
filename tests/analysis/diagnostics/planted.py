"""Searches in which one thing is wrong, and one in which nothing is."""

from functools import cache

import numpy as np
import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from tests.example_results import of_studies

SPACE = {"learning_rate": FloatDistribution(1e-4, 1.0, log=True), "l1": FloatDistribution(0.0, 1.0)}
EPOCHS = 20


def search(
    values,
    params,
    *,
    space=SPACE,
    diverged=(),
    curves=True,
    best_epoch=12,
    step=1e-4,
    train=0.99,
    rise=0.0,
    test=(-0.0003, -0.0006, 0.0),
    rows=10_000,
    report=None,
    strategy="random",
    direction="maximize",
    confirms=None,
    **changes,
):
    """One run of trials that end with the values; `test` is what retraining adds to the best."""
    study = optuna.create_study(study_name="planted/random/00", direction=direction)
    for key, value in {"study": "planted", "task": "t", "strategy": strategy, "repeat": 0, "seed": 0}.items():
        study.set_user_attr(key, value)
    sign = 1 if direction == "maximize" else -1
    for number, (value, given) in enumerate(zip(values, params, strict=True)):
        bad = number in diverged
        attributes = {"diverged": bad, "epochs": EPOCHS}
        if confirms and number in confirms:
            attributes["confirms"] = confirms[number]
        shown = {}
        if curves and not bad:
            shown, attributes["history"] = curve(value, best_epoch, step, train, rise, sign, number)
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE,
                value=(0.0 if sign > 0 else 1.0) if bad else value,
                params=given,
                distributions=space,
                user_attrs=attributes,
                intermediate_values=shown,
            )
        )
    if test and study.trials:
        best = study.best_trial
        study.set_user_attr("test", {"incumbent": best.number, "values": [best.value + sign * each for each in test]})
    settings = {
        "name": "planted",
        "data": {"source": "digits", "validation": rows},
        "model": {"epochs": EPOCHS},
        "space": {name: {"low": d.low, "high": d.high, "log": d.log} for name, d in space.items()},
        "search": {"strategies": [strategy], "trials": len(values), "repeats": 1, "seed": 0},
        "report": report or {},
    }
    known = {"name": "planted", "space": space, "settings": settings, "direction": direction}
    return of_studies([study], (strategy,), len(values), **(known | changes))


def curve(value, best_epoch, step, train, rise, sign, number):
    """A validation score that peaks at `best_epoch`, with alternating noise; losses that fall, and rise at the end."""
    epochs = np.arange(1, EPOCHS + 1)
    noise = step * np.where(epochs % 2, 1, -1) * (epochs != best_epoch)
    scores = value - sign * (1e-3 * np.abs(epochs - best_epoch) / EPOCHS + step) + noise
    losses = 1 / epochs
    validation = losses + rise * np.maximum(epochs - 5, 0)
    history = {
        "train_loss": losses.tolist(),
        "train_score": [train] * EPOCHS,
        "validation_loss": validation.tolist(),
    }
    return dict(zip(epochs.tolist(), scores.tolist(), strict=True)), history


def drawn(count=200, seed=0):
    """Uniform draws from SPACE, and their positions."""
    places = np.random.default_rng(seed).random((count, 2))
    return [{"learning_rate": float(10 ** (4 * a - 4)), "l1": float(b)} for a, b in places], places


def bump(places, rate=0.5, share=0.5, width=4.0):
    """Values best at the given positions; the best one leads clearly."""
    distance = (places[:, 0] - rate) ** 2 + (0 if share is None else (places[:, 1] - share) ** 2)
    values = 0.95 * np.exp(-width * distance)
    values[np.argmax(values)] += 0.015
    return values


def of(count=200, rate=0.5, share=0.5, width=4.0, **options):
    """A search by random draws over a bump."""
    params, places = drawn(count)
    return search(bump(places, rate, share, width).tolist(), params, **options)


def diverging(share, *, rate=0.5):
    """A search whose trials above a position diverge, so many that they make that share."""
    params, places = drawn()
    limit = np.quantile(places[:, 0], 1 - share)
    values = bump(places, rate)
    bad = set(np.flatnonzero(places[:, 0] > limit).tolist())
    return search(values.tolist(), params, diverged=bad)


PUBLISHED = [(0.83, 0.0092, 3.86e-7), (0.78, 0.00956, 6.04e-7), (0.77, 0.00571, 1.27e-6), (0.74, 0.00626, 1.43e-5)]
PUBLISHED += [(0.73, 0.0052, 8.97e-6)]
CHAPTER = {
    "learning_rate": FloatDistribution(1e-6, 1e-2, log=True),
    "weight_decay": FloatDistribution(1e-8, 1e-4, log=True),
}


def chapter(report=None):
    """The five best of section 6.5.3, and 95 worse ones drawn at random from its ranges."""
    rng = np.random.default_rng(0)
    worse = [(0.1 + 0.5 * a, 10 ** (3.7 * a - 6), 10 ** (4 * b - 8)) for a, b in rng.random((95, 2))]
    values, rates, decays = zip(*PUBLISHED, *worse, strict=True)
    params = [{"learning_rate": float(a), "weight_decay": float(b)} for a, b in zip(rates, decays, strict=True)]
    return search(values, params, space=CHAPTER, rows=100, report=report, curves=False, test=())


# What makes each rule fire, by its key.
_PLANTED = {
    "edge": lambda: of(rate=1.0),
    "stability": lambda: diverging(0.3, rate=0.7),
    "density": lambda: of(12, width=12.0),
    "narrowing": chapter,
    "infeasible": lambda: diverging(0.3, rate=0.2),
    "epochs": lambda: of(best_epoch=19),
    "fit": lambda: of(rise=0.05),
    "steps": lambda: of(step=0.05),
    "seeds": lambda: of(test=(-0.03, 0.03, 0.0)),
    "rows": lambda: of(rows=50),
    "optimism": lambda: of(test=(-0.05, -0.0503, -0.0506)),
    "parameters": lambda: of(share=None),
}


def flipped(results):
    """The same search where less is better: every value v becomes 1 − v."""
    trials = results.trials.assign(value=1 - results.trials["value"])
    curves = results.curves.assign(validation_score=1 - results.curves["validation_score"])
    tests = [[1 - each for each in values] for values in results.runs["test_values"]]
    observed = {name: 1 - results.runs[name] for name in ("value", "observed")}
    runs = results.runs.assign(test_values=tests, **observed)
    fields = {name: getattr(results, name) for name in results.__dataclass_fields__}
    changed = {"trials": trials, "curves": curves, "runs": runs, "direction": "minimize", "metric": "error"}
    return type(results)(**(fields | changed))


@cache
def planted(key):
    """A search that makes the rule fire, made once."""
    return _PLANTED[key]()


@cache
def clean():
    """A search in which nothing is wrong, made once."""
    return of()
