"""Objectives: what a trial trains and how it is judged."""
