"""Dates and local time."""
