"""The environment of a host without Grid Engine, from which a cell is an ssh login away."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from tests.ssh.server import SSH, SshServer

ROOT = Path(__file__).resolve().parent.parent.parent


def environment_away(
    server: SshServer, folder: Path, exports: Mapping[str, str], contact: str = ""
) -> dict[str, str]:
    """The whole environment of a program there.

    Args:
        server: stands before the cell.
        folder: its home, with a short path; ssh is found in a new directory of it.
        exports: what the commands of the cell need.
        contact: how the server is reached, if not at its own port.
    """
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").symlink_to(SSH or "ssh")
    return {
        "DRMAA_CLI_CONTACT": contact or server.contact,
        "DRMAA_CLI_SSH_CONFIG": str(server.config),
        "DRMAA_CLI_SSH_SETUP": "; ".join(
            f"export {key}={shlex.quote(word)}" for key, word in exports.items()
        ),
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "HOME": str(folder),
        "PATH": f"{folder}/bin:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
    }
