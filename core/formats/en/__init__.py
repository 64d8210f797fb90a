"""Formats of the English pages: English month names, Indonesian order of day and month."""
