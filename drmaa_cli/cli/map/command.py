"""``drmaa-cli map``: the command line."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from drmaa_cli.cli.completing import directories, files
from drmaa_cli.cli.ends import BadInput, of_system
from drmaa_cli.cli.map import lines, plan
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.parser import PROGRAM, Command, following_options, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.request import name_of, request_of, request_options
from drmaa_cli.typed import Any, NamedTuple

FENCE = "drmaa_cli.map.fence"
GIVEN = "drmaa_cli.map.given"
ONCE = ("resume", "fresh", "detach")  # options that are not for going on with a run


class _Map(Command):
    """Keeps what was typed: a ``--`` tells a command from a file, and the options are those to go on with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        ctx.meta[FENCE] = "--" in args
        typed, _, _ = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[GIVEN] = {name: value for name, value in typed.items() if name != "words"}
        return super().parse_args(ctx, args)

    def typed(self, ctx: click.Context) -> list[str]:
        """The options that are for going on with a run, as words of a command line."""
        words = []
        for option in self.params:
            value = ctx.meta[GIVEN].get(option.name)
            if value is None or option.name in ONCE:
                continue
            for one in value if option.multiple else [value]:
                words += [option.opts[0]] if one is True else [option.opts[0], one]
        return words


@click.command(
    "map",
    cls=_Map,
    usage="[OPTIONS] FILE | [OPTIONS] -- COMMAND [ARGUMENT ...] [::: VALUE ...]",
    examples=[
        ("drmaa-cli map commands.txt", "each line of the file is a command of the shell, and a task"),
        ("drmaa-cli map --resume commands.txt", "only those that have not ended well"),
        ("drmaa-cli map -T 30 -R 4 --retry 2 --retry-with 'time=x2,memory:mem=x2' commands.txt",
         "failed ones twice again, with twice the time, and twice the memory where that was the reason"),
        ("drmaa-cli map --bundle 20 commands.txt", "twenty very short commands a task"),
        ("drmaa-cli map -- gzip -9 {} ::: a.txt b.txt", "a command for each value"),
        ("ls *.fq | drmaa-cli map -- ./align --in {} --out {.}.bam", "for each line of standard input"),
    ],
)  # fmt: skip
@request_options
@click.option("--resume", is_flag=True, help="Run only what has not ended well; go on with what runs.")
@click.option("--fresh", is_flag=True, help="Begin anew, whatever became of the run before.")
@click.option("--retry", type=click.IntRange(0), metavar="N", help="Try failed commands N times again.")
@click.option(
    "--retry-with",
    multiple=True,
    metavar="RULES",
    help="What they ask for then: [WHEN:]time=x2,mem=+4,slots=8; WHEN is any, memory, time, exit, exit=N,"
    " signal or lost.",
)
@click.option("--bundle", type=click.IntRange(1), default=1, metavar="N", help="N commands in a task.")
@click.option("--at-most", type=click.IntRange(1), metavar="N", help="At most N tasks at the same time.")
@click.option("--shell", default="/bin/sh", metavar="SHELL", help="What reads the commands: /bin/sh.")
@click.option(
    "--log-dir",
    metavar="DIR",
    shell_complete=directories,
    help="Outputs and job log; the default is FILE.map here.",
)
@following_options(
    detach="Submit, print the ids of the jobs, and do not wait.",
    interrupt="What ctrl-C does with the jobs; where nobody can be asked, they are ended.",
    quiet="Show no progress.",
)
@session_options
@json_option
@click.argument(
    "words", metavar="FILE", nargs=-1, type=click.UNPROCESSED, required=True, shell_complete=files
)
@click.pass_context
def command(context: click.Context, /, words: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401  # click's
    """Run many commands, as the tasks of as few array jobs as possible, and follow them all.

    Each line of FILE is a command for the shell; - is standard input; empty lines and those that begin with #
    are left out. With -- it is one command, run for each VALUE, or each line of standard input, in the place
    of {} ({.} without extension, {/} base name, {/.} that without extension, {//} directory, {#} number).

    All commands are checked before anything is submitted. The outputs and a job log are kept in FILE.map. At
    the end each failed command is shown with the reason and its last lines. The exit code is 0 when all ended
    well, 1 when some failed, 2 for bad input. A map that was killed goes on with --resume: nothing runs
    twice.
    """
    place = SessionPlace.of(options["session"], options["contact"])
    request = request_of(options, is_here=place.is_here)
    if options["at_most"]:
        request = request._replace(native=f"-tc {options['at_most']} {request.native}".strip())
    work = _work(words, options, context, is_here=place.is_here)
    rules = plan.parse_rules(options["retry_with"], request)
    times = options["retry"] if options["retry"] is not None else int(bool(rules))
    if options["resume"] and options["fresh"]:
        raise BadInput("--resume and --fresh exclude each other")
    from drmaa_cli.cli.map.running import run  # noqa: PLC0415  # not for --help

    return run(work, place, request, times, rules, options)


class Again(NamedTuple):
    """Command lines with which one goes on.

    Attributes:
        line: the one that runs what has not ended well.
        site: the options that name the submit host; none for the usual one.
    """

    line: str
    site: Sequence[str] = ()

    def about(self, command: str, job: str) -> str:
        """The one by which a command tells of a job."""
        return shlex.join([PROGRAM, command, *self.site, job])


class MapWork(NamedTuple):
    """What is to be done.

    Attributes:
        items: the commands.
        source: where they come from.
        directory: where outputs and job log are kept.
        name: a name for the jobs.
        again: the command lines that go on with it.
    """

    items: list[Item]
    source: str
    directory: Path
    name: str
    again: Again


def _work(words: Sequence[str], options: dict[str, Any], context: click.Context, *, is_here: bool) -> MapWork:
    """Read and judge the commands."""
    log_dir, fenced = options["log_dir"], context.meta[FENCE]
    if fenced:
        command_words, values = lines.split_values(words)
        if not command_words:
            raise BadInput("there is no command before :::")
        found = lines.values_of(sys.stdin.buffer.read()) if values is None else values
        items = lines.of_values(command_words, found, "standard input" if values is None else "the values")
        source = f"-- {shlex.join(command_words)}"
        name = name_of(command_words[0])
        place = f"{name}-{hashlib.sha256(os.fsencode(source)).hexdigest()[:6]}"
    else:
        if len(words) != 1:
            raise BadInput(
                "say one FILE of commands, or a command: drmaa-cli map -- COMMAND {} ::: VALUE ..."
            )
        file = words[0]
        source = "-" if file == "-" else os.path.realpath(file)
        shown = "standard input" if file == "-" else file
        items = lines.read_lines(_content(file), shown)
        if is_here:
            lines.check_syntax(items, options["shell"], shown)
        place = "stdin" if file == "-" else Path(file).name
        name = f"map-{name_of(place)}"
    directory = Path(log_dir) if log_dir else Path(f"{place}.map")
    return MapWork(items, source, directory.absolute(), name, _again(words, context))


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as trouble:
        raise BadInput(of_system(trouble)) from None


def _again(words: Sequence[str], context: click.Context) -> Again:
    """How one goes on: with the options of now, for what is tried again asks for what they say."""
    assert isinstance(context.command, _Map)
    fence = ["--"] if context.meta[FENCE] else []
    line = shlex.join([PROGRAM, "map", "--resume", *context.command.typed(context), *fence, *words])
    contact = context.meta[GIVEN].get("contact")
    return Again(line, ["--contact", contact] if contact else [])
