"""Parquet files, read by pyarrow in bounded memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hpsearch.data.limits import MOST_ARRAY_BYTES
from hpsearch.data.reading.problems import Problems
from hpsearch.data.reading.shape import check_shape
from hpsearch.errors import DataError, quoted
from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd

MAGIC = b"PAR1"
"""How a Parquet file begins."""

_MOST_TYPE = 100  # characters of a type in a message


def read_parquet(content: bytes, source: object) -> pd.DataFrame:
    """Return the rows of a Parquet file. Texts are categories, so that one that is repeated is held once.

    Raises
    ------
    DataError
        If pyarrow is not installed, or the file can't be read or is larger than the limits.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(f"{source}: Parquet needs pyarrow: pip install 'hpsearch[parquet]'") from error
    try:
        with pq.ParquetFile(io.BytesIO(content)) as file:
            schema, metadata = file.schema_arrow, file.metadata
            check_shape(metadata.num_rows, len(schema), source)
            _check_bytes(metadata, source)
            _check_types(schema, source)
        texts = [field.name for field in schema if _is_text(field.type)]
        with pq.ParquetFile(io.BytesIO(content), read_dictionary=texts) as file:
            table = file.read(use_threads=False)
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, date_as_object=False, use_threads=False)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError) as error:
        if isinstance(error, DataError):
            raise
        reason = shorten(plain(str(error)), 300)
        raise DataError(f"{source}: can't be read as Parquet, damaged or cut off: {reason}") from error
    return frame


def _check_bytes(metadata: Any, source: object) -> None:
    total = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if total > MOST_ARRAY_BYTES:
        raise DataError(f"{source}: holds {total:,} bytes when unpacked, and at most {MOST_ARRAY_BYTES:,} are read")


def _check_types(schema: Any, source: object) -> None:
    """Refuse nested columns and others that are neither numbers, truths, texts nor dates."""
    from pyarrow import types

    accepted = (
        types.is_integer, types.is_floating, types.is_boolean, types.is_date, types.is_timestamp, types.is_decimal,
        types.is_null, _is_text,
    )  # fmt: skip
    problems = Problems(source)
    for field in schema:
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        if not any(accepts(kind) for accepts in accepted):
            problems.add(f"column {quoted(field.name)} holds {str(kind)[:_MOST_TYPE]}, neither numbers, text nor dates")
    problems.refuse()


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))
