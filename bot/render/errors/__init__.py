"""Errors as sentences: the cause first, then what would be right."""
