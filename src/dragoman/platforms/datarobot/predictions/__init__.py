"""Structured predictions: from a CSV to the answers of its rows."""
