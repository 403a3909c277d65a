"""``drmaa-cli shim-path``: the directory for PYTHONPATH."""

from __future__ import annotations

import argparse

from drmaa_cli.compat.install import shim_path

NAME = "shim-path"
SUMMARY = "print the directory in which 'drmaa' and 'DRMAA' are drmaa_cli, for PYTHONPATH"


def configure(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001  # as every sub-command
    """Print the directory that holds drmaa_cli's 'drmaa' and 'DRMAA' and nothing else.

    For instance: PYTHONPATH="$(drmaa-cli shim-path)${PYTHONPATH:+:$PYTHONPATH}" snakemake ...
    """
    print(shim_path())
    return 0
