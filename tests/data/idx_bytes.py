import struct

import numpy as np


def idx_bytes(values):
    """Encode `values` (uint8) as an IDX file, following the description of the format."""
    header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()
