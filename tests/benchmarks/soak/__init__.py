"""Soak: what becomes of studies that are disturbed."""
