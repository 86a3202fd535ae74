import math

import numpy as np
import pytest

from hpsearch.analysis.statistics.anytime import half_width
from hpsearch.analysis.statistics.needed import gap, needed, planned_may_resolve

MEAN, SD = 0.64, 0.4926120854


def test_the_number_by_hand():
    effect = (1 - 3 / 35) * MEAN / SD
    assert gap(MEAN, SD, 10) == pytest.approx(effect - 1.15 * math.sqrt(0.1 + effect**2 / 20))
    assert needed(MEAN, SD, 10, 0.01) == needed(-MEAN, SD, 10, 0.01) == 45
    widths = [(half_width(n, 0.01) + 0.85) / math.sqrt(n) for n in (44, 45)]
    assert widths[1] <= gap(MEAN, SD, 10) < widths[0]


def test_a_margin_far_away_resolves_it_too():
    assert gap(0.05, 1.0, 20) < 0 < gap(0.05, 1.0, 20, margin=1.0)
    assert needed(0.05, 1.0, 20, 0.05) is None
    assert 20 < needed(0.05, 1.0, 20, 0.05, margin=1.5) < needed(0.05, 1.0, 20, 0.05, margin=1.1)


@pytest.mark.parametrize(("mean", "sd", "n"), [(9.0, 1.0, 7), (0.0, 1.0, 20), (0.3, 1.0, 10), (1.0, 0.0, 20)])
def test_there_is_no_number_from_few_pairs_without_a_spread_or_above_a_hundred(mean, sd, n):
    assert needed(mean, sd, n, 0.05) is None


def test_the_planned_number_may_do():
    assert planned_may_resolve(MEAN, SD, 10, 20, 0.04)
    assert not planned_may_resolve(MEAN, SD, 10, 12, 0.04)
    assert not planned_may_resolve(MEAN, SD, 10, 20, 0.0004)
    assert not planned_may_resolve(MEAN, SD, 10, 10, 0.04)
    assert not planned_may_resolve(MEAN, SD, 7, 20, 0.04)


def test_most_promises_are_kept():
    rng, kept = np.random.default_rng(0), []
    for effect in rng.normal(size=150):
        x = effect + rng.normal(size=100)
        promised = needed(x[:10].mean(), x[:10].std(ddof=1), 10, 0.05)
        if promised:
            looks = [(abs(x[:n].mean()) / x[:n].std(ddof=1) * math.sqrt(n), n) for n in range(11, promised + 1)]
            kept.append(any(t > half_width(n, 0.05) for t, n in looks))
    assert len(kept) > 20
    assert np.mean(kept) > 0.85
