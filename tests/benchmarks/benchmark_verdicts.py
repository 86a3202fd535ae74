"""How often verdicts are wrong and how often they find what is there, however often they are looked at.

    python -m tests.benchmarks.benchmark_verdicts [--count N] [--seed N]

Prints tables in Markdown, in per cent of the simulated studies, with a mark where a number keeps its limit. The rule is
the vectorised copy in `tests/analysis/comparison/simulated.py`, which a test compares with the product. The values of a
level have a standard deviation of √½, so that a paired difference has 1; all levels share one reference.
"""

import argparse
import math
import sys
import time

import numpy as np
from scipy import stats

from tests.analysis.comparison.simulated import Plan, Sums, failures, over_rows, tell

REPEATS = 100
CHUNK = 500  # studies at once: 36 MB an array with nine comparisons
FIRST = 2  # place of the first look, at three repeats
SOME = (4, 9, 19, 39)  # places of the looks at 5, 10, 20 and 40 repeats
COMPARISONS = (1, 3, 9)
PLANS = (Plan(), Plan(5), Plan(10), Plan(20), Plan(40), Plan(40, until=True))


def lognormal(rng, size):
    return np.exp(rng.normal(size=size)) / math.sqrt(2 * math.e * (math.e - 1))


SHAPES = {
    "normal": lambda rng, size: rng.normal(size=size) * math.sqrt(0.5),
    "lognormal": lognormal,
    "steps of ⅓": lambda rng, size: np.round(rng.normal(size=size) * math.sqrt(0.5) * 3) / 3,
    "t with 2 df": lambda rng, size: rng.standard_t(2, size),
    "half are ties": lambda rng, size: np.where(rng.random(size) < 0.7, 0.0, rng.normal(size=size)),
    "−2 … 2": lambda rng, size: np.round(rng.normal(size=size) * 0.6),
    "0 or 1": lambda rng, size: rng.integers(0, 2, size).astype(float),
    "fails 10 %": lambda rng, size: rng.normal(size=size) * math.sqrt(0.5),
}
FAILING = {"fails 10 %": 0.1}


def chunks(count, size=CHUNK):
    return [min(size, count - start) for start in range(0, count, size)]


def simulate(rng, shape, studies, comparisons, shifts=(), repeats=REPEATS):
    """Return the differences of each level to the reference, and which runs failed; the first levels are shifted."""
    values = SHAPES[shape](rng, (studies, comparisons + 1, repeats))
    for place, shift in enumerate(shifts, 1):
        values[:, place] += shift
    failed = rng.random(values.shape) < FAILING.get(shape, 0.0)
    measured = np.where(failed, np.nan, values)
    return measured[:, 1:] - measured[:, :1], failed


def percent(events):
    return 100 * float(np.mean(events))


def error(share, count):
    """Standard error in per cent of a share in per cent."""
    return math.sqrt(max(share * (100 - share), 1.0) / count)


class Table:
    """A table in Markdown, and how many of its limits were not kept."""

    def __init__(self, title, *heads):
        self.missed = 0
        print(f"\n## {title}\n\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}", flush=True)

    def row(self, *cells):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)

    def at_most(self, share, limit):
        self.missed += share > limit
        return f"{share:.1f} {'✓' if share <= limit else '✗'}"

    def at_least(self, share, limit):
        self.missed += share < limit
        return f"{share:.1f} {'✓' if share >= limit else '✗'}"


def false_alarms(rng, count):
    title = "Random against random: any false better or worse; every look from 3 to 100 / at 5, 10, 20, 40; limit 5"
    table = Table(title, "values", "comparisons", *map(str, PLANS))
    for shape in SHAPES:
        for comparisons in COMPARISONS:
            wrong = {plan: [] for plan in PLANS}
            for studies in chunks(count):
                x, failed = simulate(rng, shape, studies, comparisons)
                sums = Sums(x)
                rates = failures(failed[:, 1:], failed[:, :1], comparisons) if shape in FAILING else 0
                for plan in PLANS:
                    said = ((tell(sums, plan, comparisons).side != 0) | (rates != 0)).any(axis=1)
                    wrong[plan].append(np.stack([said[:, FIRST:].any(axis=1), said[:, SOME].any(axis=1)]))
            shares = {plan: [percent(looks) for looks in np.concatenate(said, axis=1)] for plan, said in wrong.items()}
            table.row(shape, comparisons, *(f"{table.at_most(a, 5)} / {b:.1f}" for a, b in shares.values()))
    return table.missed


def false_sizes(rng, count):
    title = "A difference of exactly the margin: said at any look from 3 to 100; limit 5"
    table = Table(title, "values", "margin", "false", *map(str, PLANS[1:]))
    for shape in ("normal", "lognormal", "t with 2 df", "steps of ⅓", "fails 10 %"):
        for margin in (0.5, 1.0, 1.5):
            shares = {}
            for plan in PLANS[1:]:
                declared = Plan(plan.repeats, plan.until, margin)
                equivalent, by_margin = [], []
                for studies in chunks(count):
                    # a tenth of a billionth: the margin itself is outside by rule, a rounded difference might not be
                    x, _ = simulate(rng, shape, studies, 1, (margin * (1 + 1e-10),))
                    told = tell(Sums(x), declared, 1)
                    equivalent.append(told.equivalent[:, 0, FIRST:].any(axis=1))
                    by_margin.append(told.by_margin[:, 0, FIRST:].any(axis=1))
                shares[plan] = percent(np.concatenate(equivalent)), percent(np.concatenate(by_margin))
            for place, name in enumerate(("equivalent", "by the margin")):
                table.row(shape, margin, name, *(table.at_most(share[place], 5) for share in shares.values()))
    return table.missed


def power(rng, count):
    plans = (Plan(), Plan(10), Plan(20), Plan(40), Plan(40, until=True))
    title = "Power of one comparison among so many, looking after every repeat: said by 10 / 20 / 40 repeats"
    table = Table(title, "comparisons", "deviations", *map(str, plans))
    for comparisons, shift in ((1, 0.5), (1, 0.8), (1, 1.2), (3, 0.8), (9, 0.8)):
        found = {plan: [] for plan in plans}
        for studies in chunks(count):
            x, _ = simulate(rng, "normal", studies, comparisons, (shift,), repeats=40)
            sums = Sums(x)
            for plan in plans:
                found[plan].append((tell(sums, plan, comparisons).side[:, 0] > 0).cumsum(axis=1)[:, (9, 19, 39)] > 0)
        shares = {plan: 100 * np.concatenate(each).mean(axis=0) for plan, each in found.items()}
        has_limit = (comparisons, shift) == (1, 0.8)
        cells = [
            f"{a:.0f} / {b:.0f} / {table.at_least(c, 90) if has_limit else format(c, '.0f')}"
            for a, b, c in shares.values()
        ]
        table.row(comparisons, shift, *cells)
    return table.missed


def against_holm(rng, count):
    title = (
        "Power at the planned 10 repeats at 1.2 deviations; limit: that of Holm's correction at 3 %, less two standard "
        "errors, unless all differ"
    )
    table = Table(title, "comparisons", "of them differ", "planned interval", "Holm")
    for comparisons in COMPARISONS:
        for differing in sorted({1, math.ceil(comparisons / 2), comparisons}):
            planned, holm = [], []
            for studies in chunks(count):
                x, _ = simulate(rng, "normal", studies, comparisons, (1.2,) * differing, repeats=10)
                planned.append(tell(Sums(x), Plan(10), comparisons).side[:, :differing, -1] > 0)
                holm.append(_by_holm(x)[:, :differing])
            ours, theirs = percent(np.concatenate(planned)), percent(np.concatenate(holm))
            is_most = differing == comparisons > 1
            cell = f"{ours:.1f}" if is_most else table.at_least(ours, theirs - 2 * error(theirs, count))
            table.row(comparisons, differing, cell, f"{theirs:.1f}")
    return table.missed


def _by_holm(x):
    """Return which comparisons Holm's correction at 3 % resolves, as earlier versions did."""
    p = stats.ttest_1samp(x, 0, axis=-1).pvalue
    order = np.argsort(p, axis=1)
    ascending = np.take_along_axis(p, order, axis=1)
    steps = np.arange(p.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(ascending * steps, axis=1)
    resolved = np.empty(p.shape, dtype=bool)
    np.put_along_axis(resolved, order, adjusted < 0.03, axis=1)
    return resolved


def equivalence(rng, count):
    title = "No difference and a margin of one deviation: equivalent at the planned look"
    table = Table(title, "comparisons", "plan of 5", "plan of 10", "plan of 20")
    for comparisons in COMPARISONS:
        shares = []
        for repeats in (5, 10, 20):
            said = []
            for studies in chunks(count):
                x, _ = simulate(rng, "normal", studies, comparisons, repeats=repeats)
                said.append(tell(Sums(x), Plan(repeats, margin=1.0), comparisons).equivalent[..., -1])
            shares.append(percent(np.concatenate(said)))
        table.row(comparisons, *(f"{share:.1f}" for share in shares))
    return table.missed


def right_rows(rng, studies, comparisons, repeats, rows, of_repeats, of_rows):
    """Draw which rows each level has right in each repeat, and the true differences to the reference.

    A row is right if the sum of its difficulty (shared), what the level finds hard (`of_rows`), the level's repeat
    (`of_repeats`) and the training of the row is positive. All are normal, so that the true share is Φ(mean / sd).
    """
    size = (studies, comparisons + 1)
    means = 1.5 + 0.3 * (np.arange(comparisons + 1) % 2)
    latent = means[:, None, None] + rng.normal(size=(*size, repeats, rows), scale=0.5)
    latent += 1.5 * rng.normal(size=(studies, 1, 1, rows))
    latent += of_rows * rng.normal(size=(*size, 1, rows)) + of_repeats * rng.normal(size=(*size, repeats, 1))
    shares = stats.norm.cdf(means / math.sqrt(0.5**2 + 1.5**2 + of_rows**2 + of_repeats**2))
    return latent > 0, shares[1:] - shares[0]


def rows_intervals(rng, count):
    title = (
        "Interval over repeats and test rows, both drawn: any misses the true difference; limit 5, plus two standard "
        "errors, since where rows decide it misses in 5 % by design"
    )
    studies_a_row = max(count // 5, 1)
    limit = 5 + 2 * error(5, studies_a_row)
    plans = [Plan(5), Plan(10), Plan(20)]
    table = Table(title, "rows", "spread of repeats / rows", "comparisons", *map(str, plans))
    for rows in (50, 360):
        for of_repeats, of_rows in ((0.1, 0.3), (0.3, 0.3), (0.1, 1.0), (0.5, 0.1)):
            for comparisons in (1, 3):
                shares = []
                for plan in plans:
                    missed = []
                    for studies in chunks(studies_a_row, 100):
                        drawn = studies, comparisons, plan.repeats, rows
                        right, true = right_rows(rng, *drawn, of_repeats, of_rows)
                        by_row = right[:, 1:].astype(float) - right[:, :1]
                        low, high = over_rows(tell(Sums(by_row.mean(axis=-1)), plan, comparisons), by_row)
                        missed.append(((true < low) | (high < true)).any(axis=1))
                    shares.append(percent(np.concatenate(missed)))
                spreads = f"{of_repeats} / {of_rows}"
                table.row(rows, spreads, comparisons, *(table.at_most(share, limit) for share in shares))
    return table.missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="studies a row")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun = time.perf_counter()
    print(f"{arguments.count:,} studies a row, seed {arguments.seed}: a share of 5 % has a standard error of ", end="")
    print(f"{error(5, arguments.count):.2f} points.")
    parts = (false_alarms, false_sizes, power, against_holm, equivalence, rows_intervals)
    streams = np.random.default_rng(arguments.seed).spawn(len(parts))
    missed = sum(part(rng, arguments.count) for part, rng in zip(parts, streams, strict=True))
    print(f"\n{missed} limits not kept; {time.perf_counter() - begun:.0f} s.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
