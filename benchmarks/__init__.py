"""Measurements of drmaa_cli beside bare Grid Engine commands and beside the real libdrmaa.

`python -m benchmarks` (`make bench`) runs them all on a private real cell and writes docs/benchmarks.md. The
figures to look at are the ratios of two sides measured in turn in one run; times depend on the machine.
"""
