import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.analysis.statistics.holm import holm

# statsmodels 0.14, multipletests(p, method="holm")
BY_STATSMODELS = {
    (0.01, 0.04, 0.03, 0.005, 0.2): [0.04, 0.09, 0.09, 0.025, 0.2],
}


@pytest.mark.parametrize("p_values", BY_STATSMODELS)
def test_as_an_independent_implementation(p_values):
    assert holm(p_values) == pytest.approx(BY_STATSMODELS[p_values])


def test_by_hand():
    # 0.01 · 3, then 0.04 · 2 = 0.08, then 0.05 · 1 is less than what came before
    assert holm([0.05, 0.01, 0.04]) == pytest.approx([0.08, 0.03, 0.08])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p_values):
    adjusted = np.array(holm(p_values))
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(len(p_values) * np.array(p_values), 1)).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()
