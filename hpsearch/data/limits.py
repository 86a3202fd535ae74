"""Largest tables and files that are read: at most about 2 GB in memory at peak."""

MOST_FILE_BYTES = 300_000_000
"""Maximum size of a table's file, packed or unpacked."""

MOST_CELLS = 25_000_000
"""Maximum number of values of a table: rows × columns."""

MOST_ROWS = 10_000_000
MOST_COLUMNS = 10_000

MOST_LINE_BYTES = 10_000_000
"""Maximum size of a line, and of a value."""

MOST_NAME_CHARACTERS = 1_000
"""Maximum length of a column's name."""

MOST_ARRAY_BYTES = 800_000_000
"""Maximum size of an array in an npz file."""

MOST_ARRAY_NUMBERS = 100_000_000
"""Maximum number of values of an array in an npz file; each becomes float32."""

MOST_DIRECTORY_BYTES = 1_000_000
"""Maximum size of the list of members in a zip file: some 10,000 members."""

MOST_PACKING_BYTES = 256_000_000
"""Maximum memory that unpacking needs: the dictionary of an xz file."""
