"""The ``fake-sge`` command: cells in a shell."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Callable, NoReturn

from . import cell_options, cli_words, kept, place
from .cell import Cell
from .client.link import Link
from .errors import CellError
from .faults import FaultKind
from .launch import running_cells
from .layout import Layout
from .real.cell import RealCell, is_real
from .signals import FirstSignal, handlers

USAGE_ERROR, FAILURE = 2, 1
HOST_ACTIONS = ("crash", "down", "up", "disable", "enable", "load")
AddVerb = Callable[..., argparse.ArgumentParser]  # (name, text, directory=True): whether a DIR is given
_FAULT_HELP = "kinds of faults: " + ", ".join(kind.value for kind in FaultKind)


def _add_host_verbs(verb: AddVerb) -> None:
    verb("hosts", "List the execution hosts, as JSON lines.")
    made = verb("host", "Take an execution host down, bring it back, or change its load.")
    made.add_argument("name", metavar="NAME")
    made.add_argument("action", choices=HOST_ACTIONS)
    made.add_argument("values", nargs="*", metavar="NAME=VALUE", help="with load: what it reports")


def _add_fault_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("kind", choices=[kind.value for kind in FaultKind], metavar="KIND")
    made.add_argument("--tool", default="*", help="the command concerned (all)")
    made.add_argument("--times", type=int, default=1, help="how many calls; 0: until cleared (default 1)")
    made.add_argument("--skip", type=int, default=0, help="calls that go well before")
    made.add_argument("--seconds", type=float, default=0.0, help="for silent, slow, accounting-late")
    made.add_argument("--code", type=int, default=1, help="exit code, or what failed says")
    made.add_argument("--out", default="", help="stdout, banner or text")
    made.add_argument("--err", default="", help="stderr")
    made.add_argument("--at", type=int, default=0, help="byte position")
    made.add_argument("--job", type=int, default=0, help="job number for hide-job and shepherd")


class _Version(argparse.Action):
    """``--version``; who has not installed the package is told so."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        try:
            text = version("drmaa-cli")
        except PackageNotFoundError:
            text = "(not installed)"
        print(f"{parser.prog} {text}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="fake-sge", description="A whole fake Grid Engine cell for tests.")
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, text: str, directory: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        if directory:
            made.add_argument("directory", metavar="DIR", help="the cell's directory")
        return made

    _add_cell_verbs(add)
    _add_fault_verbs(add)
    _add_job_verbs(add)
    _add_host_verbs(add)
    _add_setting_verbs(add)
    return parser


def _add_cell_verbs(verb: AddVerb) -> None:
    cell_options.add(verb("start", "Make a cell in DIR, or start the one that is there."))
    made = verb("env", 'Print the shell commands that put the cell on PATH: eval "$(fake-sge env DIR)".')
    made.add_argument("--shell", choices=cli_words.SHELLS, default="sh", help="for which shell (default sh)")
    verb("list", "List the cells that run on this machine: directory, process id, jobs.", directory=False)
    verb("status", "Print what the cell does, as JSON; exit 1 when no qmaster runs.")
    made = verb("stop", "End the qmaster and all jobs.")
    made.add_argument("--remove", action="store_true", help="delete DIR, too")
    made = verb("run", "Run a command in a fresh cell, then remove the cell.", directory=False)
    cell_options.add(made)
    made.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its arguments"
    )
    made = verb("shell", "Start a shell in the cell in DIR, or in a fresh one.", directory=False)
    made.add_argument("directory", nargs="?", metavar="DIR", help="the cell's directory")
    cell_options.add(made)
    made = verb("qmaster", "Stop, kill or start the qmaster alone: an outage.")
    made.add_argument("action", choices=("stop", "kill", "start"))


def _add_fault_verbs(verb: AddVerb) -> None:
    _add_fault_options(verb("fault", "Have something go wrong; prints the fault's number. " + _FAULT_HELP))
    verb("faults", "List the faults in force, as JSON lines.")
    made = verb("clear", "Clear one fault, or all.")
    made.add_argument("number", nargs="?", type=int)


def _add_job_verbs(verb: AddVerb) -> None:
    made = verb("advance", "Move the cell's clock forward.")
    made.add_argument("seconds", type=_word(cli_words.seconds), metavar="DURATION", help="90, 5m, 1h30m, 2d")
    made = verb("simulate", "Submit jobs without processes; prints their numbers.")
    made.add_argument("--count", type=int, default=1)
    made.add_argument("--name", default="simulated")
    made.add_argument(
        "--run-time",
        type=_word(cli_words.seconds),
        default=0.0,
        help="of the cell's clock: 90, 5m, 1h30m, 2d",
    )
    made.add_argument("--exit-status", type=int, default=0)
    made.add_argument("--signal", type=_word(cli_words.signal_number), default=0, help="11, SEGV, SIGSEGV")
    made.add_argument("--failed", type=int, default=0)
    made.add_argument("--user")


def _add_setting_verbs(verb: AddVerb) -> None:
    made = verb("set", "Change the global configuration of the running cell.")
    made.add_argument("values", nargs="+", metavar="NAME=VALUE")
    made = verb("next-id", "Set the number of the next job.")
    made.add_argument("number", type=int)
    verb("rotate", "Move the accounting file away, as log rotation does.")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; the exit code. 1: it did not work (reason on stderr), 2: usage."""
    if sys.stdout is None or sys.stderr is None:  # closed by the caller: nobody reads
        nobody = open(os.devnull, "w")  # noqa: SIM115, PTH123 for as long as the process lives
        sys.stdout, sys.stderr = sys.stdout or nobody, sys.stderr or nobody
    args = make_parser().parse_args(argv)
    try:
        code = _carry_out(args)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (CellError, ValueError, OSError) as error:
        print(f"fake-sge: {cli_words.reason(error)}", file=sys.stderr)
        return FAILURE
    return code


def _word(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """A converter whose ValueError argparse shows as it is."""

    def converted(text: str) -> Any:  # noqa: ANN401 what the converter gives
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def _carry_out(args: argparse.Namespace) -> int:
    if args.verb == "run":
        return _run(args)
    if args.verb == "start":
        with _ending_at_a_signal():
            _start(_cell(args), args)
        return 0
    if args.verb == "shell":
        return _shell(args)
    if args.verb == "list":
        return _list()
    _VERBS[args.verb](_cell(args), args)
    return 0


def _shell(args: argparse.Namespace) -> int:
    command = [os.environ.get("SHELL") or "/bin/sh"]
    if args.directory is None:
        args.command = command
        return _run(args)
    return subprocess.run(command, env=_existing(_cell(args)).env, check=False).returncode


def _run(args: argparse.Namespace) -> int:
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        print("fake-sge: run needs a command", file=sys.stderr)
        return USAGE_ERROR

    new = (RealCell if args.real else Cell)(None, **cell_options.given(args))
    with _ending_at_a_signal() as first, new as cell:
        try:
            return _run_in(cell, command)
        finally:
            first.ends = False  # the cell ends already


def _run_in(cell: Cell | RealCell, command: list[str]) -> int:
    # ctrl-C reaches the command, too, which decides; an exception here could lose its exit code in wait()
    with handlers({signal.SIGINT: lambda *_: None}):
        try:
            process = subprocess.Popen(command, env=cell.env)
        except OSError as error:
            print(f"fake-sge: {command[0]}: {error.strerror}", file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126
        try:
            code = process.wait()
        except SystemExit:
            process.terminate()
            process.wait()
            raise
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _ending_at_a_signal() -> Iterator[FirstSignal]:
    """What has been begun is ended; a signal that is ignored, as under nohup, stays so."""
    first = FirstSignal()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with handlers({number: first for number in numbers if signal.getsignal(number) != signal.SIG_IGN}):
        yield first


def _list() -> int:
    for directory, pid in running_cells():
        link = Link(Layout(directory))
        try:
            jobs = link.call({"call": "status"})["ok"]["jobs"]
        except (OSError, KeyError):
            jobs = "?"  # it is another user's, or has just ended
        finally:
            link.close()
        print(f"{directory}\t{pid}\t{jobs}")
    return 0


def _cell(args: argparse.Namespace) -> Any:  # noqa: ANN401 a cell of either kind
    """The cell in DIR."""
    starting = args.verb == "start"
    options = cell_options.given(args) if starting else {}
    if is_real(args.directory):
        cell = RealCell.existing(args.directory)
        kept.check(cell.options, options, cell.directory)
        return cell
    if starting and args.real:
        return RealCell(args.directory, guarded=False, **options)
    return Cell(args.directory, **options)


def _existing(cell: Any) -> Any:  # noqa: ANN401
    if isinstance(cell, Cell) and not cell.layout.settings.exists():
        raise CellError(f"no cell in {cell.directory}")
    return cell


def _start(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    if not is_real(args.directory):
        cell.start()
    elif cell.qmaster_pid is None:
        cell.start_qmaster()


def _env(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    print(cli_words.environment(_existing(cell).variables, str(cell.path), args.shell), end="")


def _stop(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    (cell if place.is_begun(cell.directory) else _existing(cell)).stop()
    if args.remove:
        cell.remove()


def _qmaster(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    _existing(cell)
    {"stop": cell.stop_qmaster, "kill": cell.kill_qmaster, "start": cell.start_qmaster}[args.action]()


def _fault(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    options = {name: getattr(args, name) for name in ("skip", "seconds", "code", "at", "job")}
    out, err = os.fsencode(args.out), os.fsencode(args.err)
    print(cell.fault(args.kind, args.tool, times=args.times or None, out=out, err=err, **options))


def _simulate(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    ends = {
        name: getattr(args, name) for name in ("count", "name", "exit_status", "signal", "failed", "user")
    }
    print("\n".join(map(str, cell.submit_simulated(args.run_time, **ends))))


def _faults(cell: Any, _args: argparse.Namespace) -> None:  # noqa: ANN401
    for fault in cell.faults():
        print(json.dumps(fault))


def _set(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    settings: dict[str, Any] = dict(cli_words.pairs(args.values))
    for name in ("queues", "scheduler"):
        if name in settings:
            raise ValueError(f"{name} are changed with qconf, such as: qconf -mattr queue slots 4 all.q")
    highest = settings.get("max_job_number")
    if highest is not None:
        settings["max_job_number"] = int(highest) if highest.isdigit() else highest
    cell.configure(**settings)


def _hosts(cell: Any, _args: argparse.Namespace) -> None:  # noqa: ANN401
    for status in cell.hosts():
        print(json.dumps(vars(status)))


def _host(cell: Any, args: argparse.Namespace) -> None:  # noqa: ANN401
    values: dict[str, Any] = dict(cli_words.pairs(args.values))
    if bool(values) != (args.action == "load"):
        raise ValueError("NAME=VALUE belongs to load, and only to it")
    getattr(cell.host(args.name), args.action)(**values)


_VERBS: dict[str, Callable[[Any, argparse.Namespace], object]] = {
    "env": _env,
    "status": lambda cell, _: print(json.dumps(vars(cell.status()))),
    "stop": _stop,
    "qmaster": _qmaster,
    "fault": _fault,
    "faults": _faults,
    "clear": lambda cell, args: cell.clear_faults(args.number),
    "advance": lambda cell, args: cell.advance(args.seconds),
    "simulate": _simulate,
    "set": _set,
    "hosts": _hosts,
    "host": _host,
    "next-id": lambda cell, args: cell.next_job_number(args.number),
    "rotate": lambda cell, _: print(cell.rotate_accounting()),
}


if __name__ == "__main__":
    sys.exit(main())
