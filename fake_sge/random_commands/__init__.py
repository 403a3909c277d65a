"""Command lines made at random, and two cells that they are tried on."""
