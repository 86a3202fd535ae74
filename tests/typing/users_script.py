"""A user's script, which mypy checks; it is not run."""

import optuna
import pandas as pd

import hpsearch


def bowl(trial: optuna.Trial) -> float:
    return (trial.suggest_float("x", -5, 5) - 1) ** 2


def searched() -> float:
    result = hpsearch.search(bowl, direction="minimize", trials=5, options={"round": 5}, progress=True)
    for name, value in result.best_params.items():
        text: str = f"{name} = {value}"
        print(text)
    print(result.confirmed, result.study.best_trial.number, len(result.trials))
    return result.best_value


def compared() -> list[str]:
    objectives = {"small": hpsearch.MLPObjective("wine", model={"epochs": 2}), "large": hpsearch.MLPObjective("wine")}
    factors = {"optimizer": {"key": "model.optimizer", "values": ["sgd", "adam"]}}
    comparison = hpsearch.compare(objectives, factors=factors, trials=2, progress=lambda done, planned: None)
    print(comparison.table, comparison.report, str(comparison))
    lines = [
        f"{verdict.level} {verdict.verdict} {verdict.against}: {verdict.effect} ({verdict.low}, {verdict.high})"
        for verdict in hpsearch.verdicts(comparison)
    ]
    return lines + [f"{claim.text}: {claim.word} ({claim.effect})" for claim in hpsearch.claims(comparison)]


def modelled(frame: pd.DataFrame) -> pd.DataFrame:
    space = {"learning_rate": hpsearch.Float(1e-4, 1e-1, log=True)}
    objective = hpsearch.MLPObjective({"frame": frame, "target": "churned", "test": 0.3}, space=space)
    model = hpsearch.search(objective, trials=2).best_model
    model.save("mine.model")
    names: tuple[str, ...] = model.class_names
    print(names)
    return model.predictions(frame)


def cross_validated(estimator: object, frame: pd.DataFrame, labels: list[str]) -> float:
    space = {
        "C": hpsearch.Float(1e-3, 1e3, log=True),
        "kernel": hpsearch.Choice(["rbf", "poly"]),
        "degree": hpsearch.Int(2, 4, when={"kernel": "poly"}),
    }
    search = hpsearch.SearchCV(estimator, space, strategy="narrowing", trials=5, cv=3, progress=True)
    search.fit(frame, labels)
    print(
        search.best_params_, search.best_index_, search.n_splits_, search.study_.best_value, search.report("svc").name
    )
    return max(search.best_score_, search.score(frame, frame.index))
