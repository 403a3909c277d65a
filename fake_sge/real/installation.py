"""The Grid Engine that is installed on this machine: where its daemons, commands and data are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import CellError

ROOT_VARIABLE = "FAKE_SGE_REAL_ROOT"
DEBIAN_BINARIES = Path("/usr/lib/gridengine")
DEBIAN_DATA = Path("/usr/share/gridengine")
DEBIAN_ARCH = "lx-amd64"  # what Debian's build calls itself, whatever the processor
DEBIAN_PACKAGES = "gridengine-master gridengine-exec gridengine-client"
DAEMONS = ("sge_qmaster", "sge_execd", "sge_shepherd")
COMMANDS = ("qsub", "qstat", "qdel", "qconf")
TOOLS = ("spooldefaults", "spoolinit", "gethostname")
COMPLEXES = "util/resources/centry"
USERSETS = "util/resources/usersets"


class NotInstalledError(CellError):
    """This machine has no Grid Engine that could be started; the text says what is missing."""


@dataclass(frozen=True)
class Installation:
    """A Grid Engine with its daemons.

    Attributes:
        arch: what it calls this kind of machine, ``lx-amd64``.
        binaries: the directory of daemons and commands.
        tools: the directory of ``spoolinit`` and the like.
        libraries: the directory of its shared libraries.
        util: its directory ``util``.
    """

    arch: str
    binaries: Path
    tools: Path
    libraries: Path
    util: Path

    def missing(self) -> list[str]:
        """The files that a cell needs and that are not there; empty when all are."""
        programs = [self.binaries / name for name in (*DAEMONS, *COMMANDS)]
        programs += [self.tools / name for name in TOOLS]
        data = [self.util.parent / name for name in (COMPLEXES, USERSETS)]
        lacking = [path for path in programs if not os.access(path, os.X_OK)]
        return [str(path) for path in (*lacking, *(path for path in data if not path.is_dir()))]


def debian() -> Installation:
    """Where the packages of Debian and Ubuntu put it: everything in one directory."""
    return Installation(DEBIAN_ARCH, DEBIAN_BINARIES, DEBIAN_BINARIES, DEBIAN_BINARIES, DEBIAN_DATA / "util")


def below(root: Path) -> Installation:
    """The one in an SGE_ROOT: ``bin/ARCH``, ``utilbin/ARCH``, ``lib/ARCH`` and ``util``.

    Raises:
        NotInstalledError: there are no daemons.
    """
    found = sorted(path.parent.name for path in root.glob("bin/*/sge_qmaster"))
    if not found:
        raise NotInstalledError(f"there is no bin/ARCH/sge_qmaster in {root}")
    arch = found[0] if len(found) == 1 else _arch_of_this_machine(root, found)
    return Installation(
        arch, root / "bin" / arch, root / "utilbin" / arch, root / "lib" / arch, root / "util"
    )


def _arch_of_this_machine(root: Path, found: list[str]) -> str:
    try:
        done = subprocess.run([str(root / "util" / "arch")], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotInstalledError(
            f"{root} has daemons for {', '.join(found)}, and util/arch does not say which: {error}"
        ) from error
    if done.stdout.strip() not in found:
        raise NotInstalledError(f"{root} has daemons for {', '.join(found)}, not for {done.stdout.strip()}")
    return done.stdout.strip()


def find(root: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ) -> Installation:
    """The Grid Engine to start.

    Args:
        root: its SGE_ROOT; None: that in the variable FAKE_SGE_REAL_ROOT, else Debian's or Ubuntu's packages.
        environ: the environment.

    Raises:
        NotInstalledError: there is none, or a part of it is missing.
    """
    chosen = root or environ.get(ROOT_VARIABLE)
    installation = below(Path(chosen).absolute()) if chosen else debian()
    missing = installation.missing()
    if missing:
        advice = (
            "is it a whole installation?"
            if chosen
            else f"install {DEBIAN_PACKAGES}, or name an SGE_ROOT that has daemons by {ROOT_VARIABLE}"
        )
        raise NotInstalledError(f"no real Grid Engine here: {', '.join(missing)} missing ({advice})")
    return installation
