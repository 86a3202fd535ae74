import os
import threading
from multiprocessing import get_context

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hpsearch.blas import OneThread
from hpsearch.estimators import MLPClassifier


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_limit_is_put_back_by_the_last_to_leave():
    one_thread = OneThread()
    with threadpool_limits(2, user_api="blas"):
        first, second = one_thread.hold(), one_thread.hold()
        first.__enter__()
        second.__enter__()
        assert blas_threads() == {1}
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}
        with one_thread.hold():
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_any_thread_may_be_the_one_that_sets_or_puts_back():
    one_thread, seen = OneThread(), []

    def hold():
        with one_thread.hold():
            seen.append(blas_threads())

    with threadpool_limits(2, user_api="blas"):
        held = one_thread.hold()
        held.__enter__()
        run(hold)
        run(lambda: held.__exit__(None, None, None))
        assert blas_threads() == {2}
        run(hold)
        hold()
        assert blas_threads() == {2}
    assert seen == [{1}] * 3


def test_a_process_that_was_forked_off_inside_puts_the_limit_back_once():
    one_thread = OneThread()
    with threadpool_limits(2, user_api="blas"):
        with one_thread.hold():
            one_thread.start_anew()
            with one_thread.hold():
                assert blas_threads() == {1}
            assert blas_threads() == {2}
        assert blas_threads() == {2}
        with one_thread.hold():
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def run(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def fitted(n_threads):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(512, 784)), rng.integers(0, 10, 512)
    with threadpool_limits(n_threads, user_api="blas"):
        return MLPClassifier((256,), epochs=2, batch_size=128, random_state=0).fit(x, y).predict_proba(x)


def test_the_same_bits_whatever_number_of_threads_there_is():
    np.testing.assert_array_equal(fitted(1), fitted(2))


def test_threads_can_predict_with_one_estimator_at_the_same_time():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 20)), rng.integers(0, 3, 300)
    estimator = MLPClassifier((300, 300), epochs=1, random_state=0).fit(x, y)
    parts = [rng.normal(size=(400, 20)) for _ in range(8)]
    alone = [estimator.predict_proba(part) for part in parts]
    together = [[] for _ in parts]

    def predict(number):
        together[number] += [estimator.predict_proba(parts[number]) for _ in range(10)]

    threads = [threading.Thread(target=predict, args=(number,)) for number in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, got in zip(alone, together, strict=True):
        assert len(got) == 10
        for one in got:
            np.testing.assert_array_equal(one, expected)


def test_the_same_bits_beside_a_thread_that_sets_the_number_of_threads():
    """At most one of five may differ: a call that is in OpenBLAS while the limit is set can finish after it."""
    expected, stop = fitted(2), threading.Event()

    def flip():
        while not stop.wait(0.001):
            with threadpool_limits(2, user_api="blas"):
                stop.wait(0.003)

    other = threading.Thread(target=flip)
    other.start()
    try:
        assert sum(np.array_equal(fitted(2), expected) for _ in range(5)) >= 4
    finally:
        stop.set()
        other.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_forked_off_while_a_thread_predicts_can_predict():
    x, y = np.random.default_rng(0).normal(size=(2000, 50)), np.arange(2000) % 3
    estimator, stop = MLPClassifier((200,), epochs=1, random_state=0).fit(x, y), threading.Event()

    def predict():
        while not stop.is_set():
            estimator.predict(x)

    busy = threading.Thread(target=predict)
    busy.start()
    try:
        for _ in range(5):
            child = get_context("fork").Process(target=estimator.predict, args=(x[:5],), daemon=True)
            child.start()
            child.join(20)
            hung = child.is_alive()
            child.kill()
            assert not hung
            assert child.exitcode == 0
    finally:
        stop.set()
        busy.join()
