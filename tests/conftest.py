"""One thread of BLAS a process: pytest-xdist runs one on each core, and their threads would wait for each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("HPSEARCH_STORAGE", None)  # where the user's own trials are
