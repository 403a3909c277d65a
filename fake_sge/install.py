"""Making the files of a cell: SGE_ROOT, the commands, the client that they run."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from . import compiled
from .cli_words import csh_quoted
from .launch import PROGRAMS
from .layout import ARCHITECTURE, CELL_NAME, NOT_SIMULATED, TOOLS, Layout
from .options import CellOptions

PACKAGE = str(Path(__file__).resolve().parent.parent)
CLIENT_FILES = ("__init__.py", "wire.py", "client/__init__.py", "client/client.py")
_CLIENT = """import sys
sys.path[:0] = [{library!r}]
from _fake_sge.client.client import {function}
{function}({package!r})
"""
# Appended: a package named as a standard module must not stand before that. No garbage is collected among
# modules, which stay. The interpreter's own end is left out: it takes longer than the end of a cell.
_PROGRAM = """import gc, os, sys
gc.disable()
sys.path.append({package!r})
from {module} import main
gc.freeze()
gc.enable()
code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""


def install_guard(layout: Layout) -> None:
    """Make what a cell's guard needs, before anything else of the cell."""
    layout.make(os.geteuid())
    _write_daemon(layout, "fake-guard")


def install_daemons(layout: Layout, options: CellOptions) -> None:
    """Make what the daemons of a cell need; options of one that is there already stay as they are."""
    layout.make(os.geteuid())
    if not layout.settings.exists():
        layout.settings.write_text(json.dumps(options.to_json()))
    for program in PROGRAMS:
        _write_daemon(layout, program)
    layout.protect(os.geteuid())


def install_commands(layout: Layout) -> None:
    """Make what the commands of a cell need; its daemons may be on their way already."""
    host = CellOptions.from_json(json.loads(layout.settings.read_text())).host_names[0]
    common = layout.common
    (common / "act_qmaster").write_text(f"{host}\n")
    (common / "bootstrap").write_text(
        "admin_user              none\ndefault_domain          none\nignore_fqdn             true\n"
        "spooling_method         classic\nspooling_lib            libspoolc\n"
        f"spooling_params         {common};{layout.qmaster}\nbinary_path             {layout.bin}\n"
        f"qmaster_spool_dir       {layout.qmaster}\nsecurity_mode           none\n"
        "listener_threads        2\nworker_threads          2\nscheduler_threads       1\n"
    )
    _write_commands(layout)
    _write_settings(layout)
    layout.protect(os.geteuid())


def _write_settings(layout: Layout) -> None:
    """What a script of another host or of a job sources to have the commands, and where it looks for them."""
    binaries = layout.root / "bin" / ARCHITECTURE
    if not binaries.is_symlink():
        binaries.parent.mkdir(exist_ok=True)
        binaries.symlink_to(layout.bin)
    variables = {"SGE_ROOT": str(layout.root), "SGE_CELL": CELL_NAME}
    path = shlex.quote(str(binaries))
    lines = [f"{name}={shlex.quote(value)}; export {name}" for name, value in variables.items()]
    (layout.common / "settings.sh").write_text("\n".join([*lines, f'PATH={path}:"$PATH"; export PATH', ""]))
    lines = [f"setenv {name} {csh_quoted(value)}" for name, value in variables.items()]
    lines.append(f'setenv PATH {csh_quoted(str(binaries))}":$PATH"')
    (layout.common / "settings.csh").write_text("\n".join([*lines, ""]))


def _write_commands(layout: Layout) -> None:
    library = layout.library / "_fake_sge"
    for name in CLIENT_FILES:
        copy = library / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        source = Path(__file__).parent / name
        copy.write_bytes(b"" if name.endswith("__init__.py") else source.read_bytes())
    for function, path in (("main", layout.python_client), ("alone", Path(f"{layout.client}-alone"))):
        body = _CLIENT.format(library=str(layout.library), package=PACKAGE, function=function)
        _write_program(path, f"{_shebang()}{body}")
    if not use_compiled_client(layout):
        import py_compile  # noqa: PLC0415 most cells have the compiled client

        for name in CLIENT_FILES:  # each command would do it, and those of other users cannot keep it
            py_compile.compile(str(library / name), doraise=True)
        _write_tools(layout, layout.python_client)
    for tool in NOT_SIMULATED:  # instead of the machine's own, which would ask this cell's qmaster
        _write_program(
            layout.bin / tool, f"#!/bin/sh\necho 'fake_sge: {tool} is not simulated' >&2\nexit 1\n"
        )


def use_compiled_client(layout: Layout) -> bool:
    """Have the commands, also those of a cell that runs, use the compiled client; False if there is none."""
    ready = compiled.found()
    if ready is None:
        return False
    try:
        compiled.put(ready, layout.client)
    except OSError:
        return False  # it has just been removed from the cache
    _write_tools(layout, layout.client)
    return True


def _write_tools(layout: Layout, client: Path) -> None:
    for tool in TOOLS:
        _write_program(layout.bin / tool, _command(client, tool))


def _write_daemon(layout: Layout, program: str) -> None:
    text = _PROGRAM.format(package=PACKAGE, module=PROGRAMS[program])
    _write_program(layout.library / program, text)


def _write_program(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text)
    new.chmod(0o755)
    new.replace(path)


def _command(client: Path, tool: str) -> str:
    """``#!CLIENT TOOL``: the kernel adds this file's path and the arguments."""
    line = f"#!{client} {tool}\n"
    if _fits(line, client):
        return line
    return f'#!/bin/sh\nexec {shlex.quote(str(client))} {tool} "$0" "$@"\n'


def _shebang() -> str:
    """``#!PYTHON -IS``; through sh when the interpreter's path does not fit into a shebang line.

    The interpreter itself, not a virtual environment's link to it: that starts faster, and the client needs
    nothing but the standard library.
    """
    python = Path(sys.executable).resolve()
    line = f"#!{python} -IS\n"
    if _fits(line, python):
        return line
    return f"#!/bin/sh\n''':'\nexec '{python}' -IS \"$0\" \"$@\"\n'''\n"


def _fits(line: str, program: Path) -> bool:
    """Linux before 5.1 reads 127 bytes of a first line, and splits it at blanks."""
    return len(os.fsencode(line)) < 127 and not set(str(program)) & set(" \t")
