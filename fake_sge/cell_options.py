"""The options of a cell on the command line of ``fake-sge``. Pure but for argparse."""

from __future__ import annotations

import argparse
from typing import Any

from . import cli_words
from .host_options import parse_hosts
from .options import FLAVOURS, PROFILES


def add(parser: argparse.ArgumentParser) -> None:
    """Options whose defaults are those of CellOptions: what is not there was not given."""
    parser.add_argument("--slots", type=int, help="slots of each queue (default 8)")
    parser.add_argument("--hosts", help="execution hosts, separated by commas (default localhost)")
    parser.add_argument(
        "--host",
        action="append",
        metavar="NAME[:SETTINGS]",
        help="an execution host, repeatable, in place of --hosts: big:slots=8,mem=64G,load=0.5",
    )
    parser.add_argument("--queue", action="append", metavar="NAME", help="cluster queue, repeatable (all.q)")
    parser.add_argument(
        "--pe", action="append", metavar="NAME", help="parallel environment, repeatable (smp)"
    )
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        help="fast: everything at once; stock: Grid Engine's own 15 s delays",
    )
    parser.add_argument(
        "--flavour",
        choices=FLAVOURS,
        help="the Grid Engine whose commands it speaks like",
    )
    parser.add_argument(
        "--real",
        action="store_true",
        help="the daemons of the Grid Engine that is installed here, in a private cell, instead of the fake",
    )
    parser.add_argument(
        "--complex",
        action="append",
        metavar="ENTRY",
        help="a resource as in qconf -sc, repeatable: 'gpu gpu INT <= YES YES 0 0'",
    )
    parser.add_argument("--complex-values", help="what the hosts have of them: gpu=2")
    parser.add_argument("--no-login-shells", action="store_true", help="job shells do not read ~/.profile")
    parser.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="global configuration value (qconf -sconf), e.g. max_u_jobs=5",
    )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The keywords of a cell's options that the command line gives."""
    found = {
        "slots": args.slots,
        "hosts": parse_hosts(args.host or (), args.hosts) if args.host or args.hosts else None,
        "profile": args.profile,
        "flavour": args.flavour,
        "queues": args.queue and {name: {} for name in args.queue},
        "parallel_environments": args.pe and {name: {} for name in args.pe},
        "complexes": args.complex and tuple(args.complex),
        "complex_values": args.complex_values,
        "login_shells": False if args.no_login_shells else None,
        "global_config": args.set and cli_words.pairs(args.set),
    }
    return {name: value for name, value in found.items() if value is not None}
