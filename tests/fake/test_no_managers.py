"""What qconf tells who may not change anything, as a real 8.1.9 told nobody."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tables import each_row

from .pure import PureCell

NO_MANAGER = 'denied: "grid2" must be manager for this operation\n'
UNREADABLE = 'error: error opening file "nosuch" for reading: No such file or directory\n'
NO_OPERATOR = NO_MANAGER.replace("manager", "operator")


@each_row(
    "line, said",
    [
        # The command finds its faults before the qmaster is asked.
        ("-mattr queue slots 3 all.q", NO_MANAGER),
        ("-mattr x y z w", 'Modification of object "x" not supported\n'),
        (
            "-mattr queue pe_list NONE all.q",
            '"NONE" is not a valid list attribute value for -mattr.  Try using -rattr instead.\n',
        ),
        (
            "-rattr pe slots -1 smp",
            'parameter "slots" must be a positive number\nerror reading file: "TEMPORARY"\n',
        ),
        (
            "-Aattr pe nosuch smp",
            UNREADABLE + 'error: invalid option argument "nosuch"\nUsage: qconf -help\n',
        ),
        (
            "-purge queue slots all.q@localhost",
            'Attribute name ("slots") and/or value ("localhost") not found\n',
        ),
        (
            "-Ap nosuch",
            UNREADABLE + "error reading in file\n",
        ),
        ("-du x nosuch", 'access list "nosuch" doesn\'t exist\n'),
        # These are the operators'; for each user of -au one is told.
        ("-au x,y list", NO_OPERATOR * 2),
        ("-dul list", NO_OPERATOR),
        # Hosts are not looked for.
        ("-ds nosuch.invalid", NO_MANAGER),
        ("-dh nosuch.invalid", NO_MANAGER),
        ("-ds ,", NO_MANAGER),
        # After some no further option is looked at.
        ("-dq no.q -ss", NO_MANAGER),
        ("-dhgrp @g -ss", NO_MANAGER),
    ],
)
def test_who_may_not_change_the_cell(tmp_path: Path, line: str, said: str) -> None:
    _, out, err = PureCell(tmp_path).run(["qconf", *line.split()])
    assert out == ""
    assert re.sub(r"(?<=file: \")/tmp/[^\"]+", "TEMPORARY", err) == said
