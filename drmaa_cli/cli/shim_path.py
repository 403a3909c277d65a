"""``drmaa-cli shim-path``: the directory for PYTHONPATH."""

from __future__ import annotations

import click

from drmaa_cli.cli.parser import Command


@click.command(
    "shim-path",
    cls=Command,
    examples=[
        (
            'PYTHONPATH="$(drmaa-cli shim-path)${PYTHONPATH:+:$PYTHONPATH}" snakemake',
            "a program of whose start exec cannot be a part",
        )
    ],
)
def command() -> int:
    """Print the directory that holds drmaa_cli's 'drmaa' and 'DRMAA' and nothing else."""
    from drmaa_cli.compat.install import shim_path  # noqa: PLC0415  # not for --help

    print(shim_path())
    return 0
