import struct

import numpy as np


def idx_bytes(values):
    """An IDX file of `values` (uint8), written from the format's description."""
    header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()
