"""A real Grid Engine with the interface of the fake one: a private cell, or the one of the site."""

from __future__ import annotations
