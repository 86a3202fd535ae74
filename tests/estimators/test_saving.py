import io
import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from hpsearch.errors import DataError, UsageError
from hpsearch.estimators import MLPClassifier, MLPRegressor
from tests.estimators.tables import ESTIMATORS, RICH, one_epoch, outputs, problem

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)

LEARNED = ["loss_curve_", "validation_scores_", "n_iter_", "best_epoch_", "n_features_in_"]


def fitted(kind, rows=60, **given):
    return ESTIMATORS[kind](**({"epochs": 3, "random_state": 0} | given)).fit(*problem(kind, rows))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.of.mine"


# --- Round trip -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, RICH, {"early_stopping": True}], ids=["defaults", "rich", "stopped early"])
@every_estimator
def test_what_is_loaded_is_what_was_saved(kind, given, path):
    original = fitted(kind, **given)
    original.save(path)
    assert [file.name for file in path.parent.iterdir()] == ["model.of.mine"]
    loaded = type(original).load(path)
    assert loaded.get_params() == original.get_params()
    x, y = problem(kind)
    for _ in range(2):  # as loaded, and after another epoch
        assert [getattr(loaded, name) for name in LEARNED] == [getattr(original, name) for name in LEARNED]
        np.testing.assert_array_equal(outputs(kind, loaded, x), outputs(kind, original, x))
        np.testing.assert_array_equal(loaded.predict(x), original.predict(x))
        for estimator in (loaded, original):
            one_epoch(kind, estimator, x, y)


@every_estimator
def test_the_file_holds_no_pickle(kind, path):
    fitted(kind).save(str(path))
    with np.load(path, allow_pickle=False) as archive:
        assert all(not archive[name].dtype.hasobject for name in archive.files)


@every_estimator
def test_feature_names_are_kept(kind, path):
    x, y = problem(kind)
    frame = pd.DataFrame(x, columns=["größe", "b", "c", "d"])
    original = ESTIMATORS[kind](epochs=1, random_state=0).fit(frame, y)
    original.save(path)
    loaded = type(original).load(path)
    np.testing.assert_array_equal(loaded.feature_names_in_, original.feature_names_in_)
    np.testing.assert_array_equal(loaded.predict(frame), original.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame[["d", "c", "b", "größe"]])
    fitted(kind).save(path)
    assert not hasattr(type(original).load(path), "feature_names_in_")


LABELS = {
    "text": np.array(["a", "bäh", "c\n"]),
    "numbers": np.array([-3, 5, 2**60]),
    "floats": np.array([0.0, 1.0, 7.0], dtype=np.float32),
    "truth values": np.array([False, True]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_kept(kind, path):
    y = np.resize(LABELS[kind], 60)
    original = MLPClassifier(epochs=1).fit(problem("classifier", 60)[0], y)
    original.save(path)
    loaded = MLPClassifier.load(path)
    assert loaded.classes_.dtype == original.classes_.dtype
    np.testing.assert_array_equal(loaded.classes_, original.classes_)


def test_several_outputs_are_kept(path):
    x, y = problem("regressor")
    original = MLPRegressor(epochs=1).fit(x, np.column_stack([y, y / 1e5]))
    original.save(path)
    np.testing.assert_array_equal(MLPRegressor.load(path).predict(x), original.predict(x))


@every_estimator
def test_arguments_of_numpy_become_pythons(kind, path):
    given = {"hidden_layer_sizes": np.array([5, 6]), "learning_rate": np.float64(0.01), "batch_size": np.int64(8)}
    fitted(kind, **given, random_state=np.int64(3)).save(path)
    loaded = ESTIMATORS[kind].load(path)
    expected = {"hidden_layer_sizes": (5, 6), "learning_rate": 0.01, "batch_size": 8, "random_state": 3}
    assert {name: loaded.get_params()[name] for name in expected} == expected


@pytest.mark.parametrize("maker", [np.random.RandomState, np.random.default_rng])
@every_estimator
def test_a_random_state_that_is_no_number_is_saved_as_none(kind, maker, path):
    original = fitted(kind, random_state=maker(0))
    original.save(path)
    assert ESTIMATORS[kind].load(path).random_state is None
    assert original.random_state is not None


@every_estimator
def test_arguments_that_were_set_after_fit_do_not_change_what_was_learned(kind, path):
    original = fitted(kind, hidden_layer_sizes=(7,))
    original.set_params(hidden_layer_sizes=(9, 9)).save(path)
    loaded = type(original).load(path)
    assert loaded.hidden_layer_sizes == (9, 9)
    x, _ = problem(kind)
    np.testing.assert_array_equal(loaded.predict(x), original.predict(x))


# --- Errors of save ---------------------------------------------------------------------------------------------------


@every_estimator
def test_what_is_not_fitted_can_not_be_saved(kind, path):
    with pytest.raises(NotFittedError):
        ESTIMATORS[kind]().save(path)
    assert not path.exists()


@every_estimator
def test_a_place_that_can_not_be_written(kind, tmp_path):
    with pytest.raises(DataError, match="can't be written"):
        fitted(kind).save(tmp_path / "missing" / "model")


@every_estimator
def test_an_argument_that_json_does_not_have(kind, path):
    with pytest.raises(UsageError, match=r"holds numbers, text, true, false and None; got \{1\}"):
        fitted(kind).set_params(epochs={1}).save(path)
    assert not path.exists()


# --- Errors of load ---------------------------------------------------------------------------------------------------


def refused(path, cls=MLPClassifier):
    with pytest.raises(DataError) as error:
        cls.load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("saved", "asked"), [("classifier", "regressor"), ("regressor", "classifier")])
def test_the_other_kind_of_estimator_is_refused(saved, asked, path):
    fitted(saved).save(path)
    right, wrong = ESTIMATORS[saved].__name__, ESTIMATORS[asked].__name__
    said = refused(path, ESTIMATORS[asked])
    assert said.endswith(f"holds an estimator of class {right}, load it with {right}.load, not {wrong}.load")


def test_foreign_files_are_refused(path):
    assert refused(path) == f"{path}: can't be read: No such file or directory"
    refused(path.parent)
    foreign = [b"", b"hello", pickle.dumps(MLPClassifier()), bytes_of(np.save, np.ones(3))]
    for content in foreign:
        path.write_bytes(content)
        assert "no npz file" in refused(path)
    np.savez(path.with_suffix(".npz"), x=np.ones(3))
    assert "it has no array" in refused(path.with_suffix(".npz"))


def bytes_of(write, *arguments):
    file = io.BytesIO()
    write(file, *arguments)
    return file.getvalue()


@every_estimator
def test_a_file_that_was_cut_off_is_refused(kind, path):
    fitted(kind).save(path)
    whole = path.read_bytes()
    for share in (0.01, 0.1, 0.5, 0.9, 0.99, 0.9999):
        path.write_bytes(whole[: int(share * len(whole))])
        assert "has been cut off" in refused(path, ESTIMATORS[kind])


@every_estimator
def test_a_damaged_file_is_refused_or_loads_as_it_was(kind, path):
    original = fitted(kind, hidden_layer_sizes=(3,), optimizer="sgd")
    original.save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    x, _ = problem(kind)
    n_refused = 0
    for place in rng.integers(len(whole), size=150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            loaded = ESTIMATORS[kind].load(path)
        except DataError:
            n_refused += 1
        else:  # a bit that is not read, such as a date
            np.testing.assert_array_equal(outputs(kind, loaded, x), outputs(kind, original, x))
    assert n_refused > 75


def test_a_file_that_says_it_is_encrypted_is_refused(path):
    fitted("classifier").save(path)
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"PK\x01\x02") + 8] ^= 1  # the encryption flag in the first entry of the central directory
    path.write_bytes(whole)
    assert "encrypted" in refused(path)


def rewrite(path, change):
    """Apply `change` to the description and arrays of the file, and save it."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays["hpsearch_estimator"].tobytes())
    change(description, arrays)
    arrays["hpsearch_estimator"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)


CHANGES = {
    "a newer format": lambda d, a: d.update(format=99),
    "no format": lambda d, a: d.pop("format"),
    "an unknown argument": lambda d, a: d["arguments"].update(colour="red"),
    "no arguments": lambda d, a: d.pop("arguments"),
    "no model": lambda d, a: d.update(model=None),
    "another width": lambda d, a: d["model"].update(n_inputs=5),
    "no inputs": lambda d, a: d["model"].update(n_inputs=0),
    "another activation": lambda d, a: d["model"]["hyperparameters"].update(activation="cube"),
    "another random generator": lambda d, a: d["model"].update(rng={"bit_generator": "MT19937"}),
    "another optimizer state": lambda d, a: a.update(optimizer=np.zeros(3)),
    "no parameters": lambda d, a: a.pop("parameters"),
    "text for parameters": lambda d, a: a.update(parameters=a["parameters"].astype(str)),
    "no targets": lambda d, a: d.update(targets={}),
    "steps before the first": lambda d, a: d["model"].update(steps=-1),
    "steps that are no number": lambda d, a: d["model"].update(steps="a"),
    "no estimator": lambda d, a: d.pop("estimator"),
    "parameters that are not finite": lambda d, a: a["parameters"].fill(np.nan),
    "parameters too large for float32": lambda d, a: a.update(parameters=np.full(a["parameters"].shape, 1e300)),
    "parameters of another kind": lambda d, a: a.update(parameters=a["parameters"].astype(complex)),
    "more inputs than memory": lambda d, a: d["model"].update(n_inputs=10**13),
    "history of another kind": lambda d, a: d["model"].update(history=[[1]]),
}


@pytest.mark.parametrize("change", CHANGES)
@every_estimator
def test_a_description_that_makes_no_sense_is_refused(kind, change, path):
    fitted(kind).save(path)
    rewrite(path, lambda description, arrays: None)
    ESTIMATORS[kind].load(path)
    rewrite(path, CHANGES[change])
    refused(path, ESTIMATORS[kind])


def test_an_array_of_objects_is_not_unpickled(path):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("it was unpickled",)

    fitted("classifier").save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bomb.npy", bytes_of(np.save, np.array([Bomb()], dtype=object)))
    refused(path)


def test_an_array_that_says_it_is_larger_than_memory_is_refused(path):
    fitted("classifier").save(path)
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("huge.npy", bytes_of(np.lib.format.write_array_header_1_0, header))
    refused(path)


@pytest.mark.parametrize("place", [None, 5])
def test_what_is_no_path(place):
    with pytest.raises(UsageError, match="path must be the name of a file"):
        fitted("classifier").save(place)


def test_what_an_optimizer_remembers_may_be_infinite(path):
    x, y = problem("classifier")
    estimator = MLPClassifier(epochs=3, random_state=0).fit(x * 1e20, y)  # the gradients' squares overflow float32
    estimator.save(path)
    for again in (MLPClassifier.load(path), pickle.loads(pickle.dumps(estimator))):
        np.testing.assert_array_equal(again.predict_proba(x), estimator.predict_proba(x))


@pytest.mark.parametrize("header", [b"\x00", b"("])
def test_a_header_that_numpy_can_not_parse_is_refused(header, tmp_path):
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + bytes([64, 0]) + header.ljust(64))
    with pytest.raises(DataError, match="can't be read as a saved hpsearch estimator"):
        MLPClassifier.load(path)
