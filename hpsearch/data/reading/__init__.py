"""Reading of tables: unpacked, decoded, parsed by pandas, and its columns brought to few kinds."""
