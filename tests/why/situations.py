"""All situations in which a job can wait."""

from tests.why import crowded, held, impossible, stuck
from tests.why.situation import SITUATIONS

__all__ = ["SITUATIONS", "crowded", "held", "impossible", "stuck"]
