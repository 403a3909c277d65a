"""How long tests wait for what must happen: a hang guard, so generous that no busy machine reaches it."""

from __future__ import annotations

PATIENCE = 300  # seconds; less than pytest's own limit for a test
