"""Model files as a stranger may change them."""

import io
import json
import zipfile

import numpy as np
import pytest

from hpsearch.errors import DataError
from hpsearch.estimators.saving import DESCRIPTION
from hpsearch.estimators.tabular import TabularModel
from tests.estimators.saved_models import model_of


def rewrite(path, change):
    """Change description and arrays in a saved file."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays[DESCRIPTION].tobytes())
    change(description, arrays)
    arrays[DESCRIPTION] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def rewrite_skops(path, change, *, compression=zipfile.ZIP_STORED, more=()):
    """Change schema and members of the skops part; `more` are written after them, whatever their names."""

    def changed(_, arrays):
        with zipfile.ZipFile(io.BytesIO(arrays["skops"].tobytes())) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        schema = json.loads(members.pop("schema.json"))
        text = change(schema, members)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            for name, data in [*members.items(), ("schema.json", text or json.dumps(schema)), *more]:
                archive.writestr(name, data)
        arrays["skops"] = np.frombuffer(file.getvalue(), np.uint8)

    rewrite(path, changed)


def npy(array, **options):
    """Return an array as bytes of a file."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def attributes(schema):
    """Return the attributes of the estimator, by name."""
    return schema["content"]["content"]


def nodes_of(schema, loader):
    """Return all parts of a schema that a loader of skops makes."""
    if isinstance(schema, dict):
        here = [schema] if schema.get("__loader__") == loader else []
        return here + [node for value in schema.values() for node in nodes_of(value, loader)]
    return [node for value in schema for node in nodes_of(value, loader)] if isinstance(schema, list) else []


def change_array(members, node, change):
    """Change the array that a part of the schema refers to."""
    array = np.load(io.BytesIO(members[node["file"]])).copy()
    members[node["file"]] = npy(change(array))


def saved(path, name, **settings):
    model = model_of(name, **settings)
    model.save(path)
    return model


def refused(path):
    """Return the message of the refusal."""
    with pytest.raises(DataError) as raised:
        TabularModel.load(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < len(str(path)) + 1000
    return message
