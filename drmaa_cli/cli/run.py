"""``drmaa-cli run``: one job as if it ran here."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Mapping

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.completing import files
from drmaa_cli.cli.ends import Failure, complain
from drmaa_cli.cli.follow import home_of, is_here
from drmaa_cli.cli.parser import Command, following_options, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.request import Request, name_of, request_of, request_options, words_of
from drmaa_cli.cli.screen import print_json
from drmaa_cli.cli.shapes import job_shape
from drmaa_cli.errors import DrmaaException, NoResourceUsageException
from drmaa_cli.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drmaa_cli.gridengine.output_files import OutputFiles
    from drmaa_cli.session.job_session import JobSession


@click.command(
    "run",
    cls=Command,
    usage="[OPTIONS] -- COMMAND [ARGUMENT ...]",
    context_settings={"allow_interspersed_args": False},
    examples=[
        ("drmaa-cli run -- hostname", "its output appears here, and its exit code is the command's"),
        ("drmaa-cli run -T 90 -R 4 -c 8 -- ./align --threads 8 a.fq", "90 minutes, 8 slots of 4 GB each"),
        ("drmaa-cli run 'sort big | uniq -c > counts'", "one word with blanks is a line for the shell"),
        ("drmaa-cli run --detach -N nightly -- make all", "prints the id; see wait, logs and info"),
    ],
)
@request_options
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=files,
    help="Where its output is kept; the default is NAME.oID.",
)
@click.option(
    "-e",
    "--error",
    metavar="FILE",
    shell_complete=files,
    help="Where its errors are kept; the default is NAME.eID.",
)
@click.option("-j", "--join", is_flag=True, help="Keep errors with the output.")
@click.option(
    "--input", "input_file", metavar="FILE", shell_complete=files, help="What it reads on standard input."
)
@click.option(
    "--key", metavar="KEY", help="Submit it once only under this key; after that, take it up again."
)
@following_options(
    detach="Print the id, and do not wait.",
    interrupt="What ctrl-C does with the job; where nobody can be asked, it is ended.",
    quiet="Say nothing of its states.",
)
@session_options
@json_option
@click.argument(
    "words", metavar="COMMAND", nargs=-1, type=click.UNPROCESSED, required=True, shell_complete=files
)
def command(words: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401  # what click read
    """Run COMMAND as a job and wait for it, as if it ran here.

    Its states are told on standard error, its output is shown as it grows. The exit code is the command's;
    128+N when signal N ended it; 126 when it was aborted, that is could not start or was deleted; 125 when
    drmaa-cli could not submit it or lost sight of it. Ctrl-C asks whether to end the job or to leave it.
    The files of its output stay.
    """
    try:
        code = _run(words, options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (DrmaaException, NoResourceUsageException) as trouble:
        return complain(ends.of_drmaa(trouble), ends.OWN_FAILURE)
    except Failure as trouble:
        return complain(trouble.format_message(), ends.OWN_FAILURE)
    except OSError as trouble:
        return complain(ends.of_system(trouble), ends.OWN_FAILURE)


def _run(words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    place = SessionPlace.of(options["session"], options["contact"])
    request = request_of(options, is_here=place.is_here)
    argv, name = words_of(words), request.name or name_of(words[0])
    with place.begin() as session:
        request = request._replace(directory=request.directory or home_of(session))
        files = _files(session, request, name, options)
        template = request.template(session, argv, name)
        template.outputPath, template.joinFiles = f":{files.output[0]}", files.joined
        if files.error:
            template.errorPath = f":{files.error[0]}"
        if options["input_file"]:
            template.inputPath = f":{options['input_file']}"
        job = session.runJob(template, key=options["key"])
        if options["detach"]:
            _tell_id(session.name, job, name, options)
            return ends.OK
        output, error = files.paths(int(job), None, name, "")
        from drmaa_cli.cli.watch import WatchedJob  # noqa: PLC0415  # not for --help

        watch = WatchedJob(session, job, output, "" if files.joined else error, options)
        return watch.to_the_end()


def _tell_id(session: str, job: str, name: str, options: Mapping[str, Any]) -> None:
    """Say which job it is: where standard output cannot be written to, elsewhere, for it runs."""
    try:
        with ends.writing(sys.stdout):
            if options["as_json"]:
                print_json(job_shape(session, job, key=options["key"], name=name))
            else:
                print(job)
    except OSError:
        print(f"job {job} goes on: drmaa-cli wait -s {session} {job}", file=sys.stderr)
        raise


def _files(session: JobSession, request: Request, name: str, options: Mapping[str, Any]) -> OutputFiles:
    """Where the job's output goes, so that it is known as soon as the job has an id."""
    from drmaa_cli.gridengine.output_files import OutputFiles  # noqa: PLC0415  # not for --help
    from drmaa_cli.system.files import is_directory  # noqa: PLC0415

    directory = request.directory
    if is_here(session) and not options["output"] and not os.access(directory, os.W_OK):
        raise ends.BadInput(
            f"nothing can be written to {directory}, where the output would go: see -o and -d"
        )
    output = options["output"] or f"{name}.o$JOB_ID"
    error = options["error"] or f"{name}.e$JOB_ID"
    base = directory.replace("$", "$$")
    files = OutputFiles(
        directory,
        (posixpath.join(base, output),),
        () if options["join"] else (posixpath.join(base, error),),
        options["join"],
        session.host.home,
        session.host.user,
    )
    return files.with_directories(is_directory) if is_here(session) else files
