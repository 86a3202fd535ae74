"""False alarms of the diagnostics on clean studies, and the share of planted faults that they find.

    python -m tests.benchmarks.benchmark_diagnostics [--count N] [--seed N] [--jobs N] [--save FILE] [--before FILE]

Prints tables in Markdown: alarms in percent, of how many studies. Of a clean study everything but the row is drawn at
random: parameters, noise, kind of score, trials, runs, shape of the learning curves. `--save` stores the counts;
`--before` prints those of an earlier version beside them.
"""

import argparse
import json
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from hpsearch.analysis.diagnostics import DIAGNOSTICS, TaskSearch
from tests.benchmarks.simulated_search import Design, simulate

PARAMETERS = (1, 2, 3, 5, 8, 10)
NOISES = (0.02, 0.1, 0.3)
TRIALS = (20, 50, 100, 200)
SCORES = ("accuracy", "r2", "loss")
SLOW = "parameters"  # the forests of fANOVA take most of the time
BEFORE = Path(__file__).with_name("diagnostics_before.json")

FAULTS = {  # rule, name of the fault, and what it changes of a clean design
    "edge: best at the end of a range": ("edge", {"edge": 1.0}),
    "stability: best beside divergence": ("stability", {"edge": 0.68, "cliff": 0.7}),
    "density: 12 trials": ("density", {"trials": 12, "runs": 1}),
    "density: a narrow peak": ("density", {"needle": True, "trials": 50, "runs": 1}),
    "narrowing: by the strategy, away from the best": ("narrowing", {"edge": 0.7, "narrowed": (0.0, 0.4)}),
    "narrowing: as the file says": ("narrowing", {"edge": 0.7, "report": (("narrowed", {"p0": [0.0, 0.4]}),)}),
    "infeasible: a third diverges": ("infeasible", {"cliff": 0.67, "edge": 0.3}),
    "epochs: still rising at the end": ("epochs", {"shape": "rising"}),
    "epochs: best at the start": ("epochs", {"shape": "falling"}),
    "fit: training rows not fitted": ("fit", {"best": 0.6, "gap": 0.02, "baseline": 0.25}),
    "fit: training rows not fitted, no baselines": ("fit", {"best": 0.6, "gap": 0.02, "baseline": None}),
    "fit: validation loss rises": ("fit", {"loss_rise": 1.0}),
    "fit: memorised, training 1.00, validation 0.79": ("fit", {"best": 0.79, "memorised": 1.0}),
    "steps: noise between epochs": ("steps", {"step": 2.0}),
    "seeds: noise between trainings": ("seeds", {"noise": 2.0}),
    "rows: 20 validation rows": ("rows", {"rows": 20}),
    "rows: 10 rows, many ties": ("rows", {"rows": 10, "best": 0.99}),
    "optimism: test far worse": ("optimism", {"shift": 0.1}),
    "parameters: one of them idle": ("parameters", {"idle": 1}),
}


def applies(rule, design, name):
    """Whether the fault can be there in a design of these parameters and this score."""
    if rule == "rows":
        return design.score == "accuracy"
    if name.startswith(("fit: training", "fit: memorised")):
        return design.score != "loss"
    return rule != "parameters" or design.parameters > 1


def draw(rng, **fixed):
    """Draw a clean design."""
    design = Design(
        parameters=int(rng.choice(PARAMETERS)),
        trials=int(rng.choice(TRIALS)),
        noise=float(rng.choice(NOISES)),
        score=str(rng.choice(SCORES)),
        shape=str(rng.choice(["flat", "sloped"])),
        runs=int(rng.choice([1, 1, 3, 5])),
        rows=int(rng.choice([500, 2000])),
        diverging=float(rng.choice([0.0, 0.05])),
        gap=float(rng.choice([0.02, 0.05])),
        baseline=[None, -0.03, -0.01][int(rng.integers(3))],
    )
    if design.score != "loss" and rng.random() < 0.5:
        design = replace(design, best=0.75)  # labels or targets are noisy
    return replace(design, **fixed)


def alarms(results, rules):
    """Return, by rule, 1 if it fires, and its level."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rule in rules:
            found[rule] = DIAGNOSTICS[rule](TaskSearch(results, "t")).level
    return found


def study(task):
    """Simulate one study: the fault's name or None, the design, the seed, the rules to apply."""
    name, design, seed, rules = task
    return name, design, alarms(simulate(design, np.random.default_rng(seed)), rules)


def tasks(count, slow, seed):
    """Yield the studies: for each number of parameters, noise and score, and for each fault."""
    rng = np.random.default_rng(seed)
    for parameters in PARAMETERS:
        for noise in NOISES:
            for score in SCORES:
                for place in range(count):
                    design = draw(rng, parameters=parameters, noise=noise, score=score)
                    rules = [rule for rule in DIAGNOSTICS if rule != SLOW or place < slow]
                    yield None, design, int(rng.integers(2**31)), rules
    for name, (rule, changes) in FAULTS.items():
        for parameters in PARAMETERS:
            for place in range(max(count * 3, 1)):
                if rule == SLOW and place >= 3 * slow:
                    continue
                design = draw(rng, parameters=parameters)
                if "best" not in changes:
                    design = replace(design, best=None)
                if "trials" not in changes:
                    design = replace(design, trials=int(rng.choice([50, 100, 200])))
                if rule == "rows":
                    design = replace(design, score="accuracy")
                if name.startswith("fit:") and design.score == "loss" and "loss" not in name:
                    design = replace(design, score=str(rng.choice(["accuracy", "r2"])))
                if applies(rule, design, name):
                    yield name, replace(design, **changes), int(rng.integers(2**31)), [rule]


def counts(outcomes):
    """Count alarms and studies by table, row and rule."""
    counted = defaultdict(lambda: [0, 0, 0])
    for name, design, levels in outcomes:
        rows = [("fault", name, str(design.parameters)), ("fault", name, "all")]
        if name is None:
            rows = [
                ("clean", "parameters", str(design.parameters)),
                ("clean", "noise", str(design.noise)),
                ("clean", "score", design.score),
                ("clean", "trials", str(design.trials)),
                ("clean", "curves", design.shape),
                ("clean", "runs", str(design.runs)),
            ]
        for row in rows:
            for rule, level in levels.items():
                cell = counted["|".join((*row, rule))]
                cell[0] += level in ("fail", "warn")
                cell[1] += level == "unknown"
                cell[2] += 1
    return dict(counted)


def cell(counted, key):
    fired, _, of = counted.get(key, (0, 0, 0))
    return f"{100 * fired / of:.1f} % of {of}" if of else "–"


def pair(before, after, key):
    return f"{cell(before, key)} → {cell(after, key)}" if before else cell(after, key)


def report(before, after):
    """Print the tables: clean rows, then faults."""
    heads = [("parameters", each) for each in PARAMETERS] + [("noise", each) for each in NOISES]
    heads += [("score", each) for each in SCORES] + [("trials", each) for each in TRIALS]
    heads += [("curves", each) for each in ("flat", "sloped")] + [("runs", each) for each in (1, 3, 5)]
    print(f"| false alarms | {' | '.join(DIAGNOSTICS)} |\n|{' --- |' * (len(DIAGNOSTICS) + 1)}")
    for kind, value in heads:
        cells = (pair(before, after, f"clean|{kind}|{value}|{rule}") for rule in DIAGNOSTICS)
        print(f"| {kind} {value} | {' | '.join(cells)} |")
    columns = [*map(str, PARAMETERS), "all"]
    print(f"\n| planted faults found, by parameters | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")
    for name, (rule, _) in FAULTS.items():
        cells = (pair(before, after, f"fault|{name}|{column}|{rule}") for column in columns)
        print(f"| {name} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="clean studies for each parameters × noise × score")
    parser.add_argument("--slow", type=int, default=10, help="of them, with importances, which take most of the time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--save", type=Path, help="file for the counts")
    parser.add_argument("--before", type=Path, default=BEFORE, help="counts of an earlier version")
    arguments = parser.parse_args()
    every = list(tasks(arguments.count, arguments.slow, arguments.seed))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        after = counts(pool.map(study, every, chunksize=20))
    if arguments.save:
        arguments.save.write_text(json.dumps(after, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    before = json.loads(arguments.before.read_text(encoding="utf-8")) if arguments.before.exists() else {}
    report(before, after)


if __name__ == "__main__":
    main()
