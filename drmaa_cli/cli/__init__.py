"""The command ``drmaa-cli``: :mod:`drmaa_cli.cli.frame` names its sub-commands, each a module of its own."""

from __future__ import annotations

from drmaa_cli.cli.frame import COMMANDS, cli, main

__all__ = ["COMMANDS", "cli", "main"]
