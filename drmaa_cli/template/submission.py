"""What a template becomes: a submission, with what it was made from and how it is marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import localtime, mktime, struct_time

from drmaa_cli.gridengine.native import Include
from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template.attributes import Text
from drmaa_cli.typed import NamedTuple, Optional

Category = Callable[[str], Optional[list[str]]]
Values = Mapping[bytes, Text]
LocalTime = Callable[[float], struct_time]
TimeFields = tuple[int, int, int, int, int, int, int, int, int]
MakeTime = Callable[[TimeFields], float]

CONTEXT = "drmaa_cli"  # the name under which the token stands in a job's context
CONTEXT_PREFIX = f"{CONTEXT}="
ACCOUNT_PREFIX = "drmaa_cli."  # of the account string that carries a token: it is kept in accounting


def nothing(_: str) -> None:
    """What a context answers that was given nothing to ask: there is no such category or file."""


class Environment(NamedTuple):
    """What a submission depends on besides the template.

    Attributes:
        home: the user's home directory where the job will run (password database).
        cwd: the directory in which qsub will run; ``-cwd`` in a native specification means it.
        env: the caller's environment.
        now: the present in epoch seconds.
        default_options: see :func:`drmaa_cli.gridengine.qtask.parse_default_options`.
        user: the user's name where the job will run.
        stdin_is_file: whether qsub's standard input is a file (of an option file that is a pipe it reads
            nothing, without a word: observed).
        is_begun_by_shell: whether a shell starts qsub: it passes on no variables of other than plain names.
    """

    home: str
    cwd: str
    env: Mapping[str, str]
    now: float
    default_options: frozenset[str] = frozenset()
    user: str = ""
    stdin_is_file: bool = False
    is_begun_by_shell: bool = False


class BuildContext:
    """What a template is read with; it counts what it is asked.

    Args:
        environment: what the command line depends on.
        category: the option words of a job category by its name, None when there is no such category.
        include: the text of the file that ``-@`` names; see :func:`drmaa_cli.gridengine.native.analyse`.
        script: the text of a script (``-b n``) by its path, None when it cannot be read.
        localtime: as :func:`time.localtime`, in the time zone of ``environment.env``.
        mktime: as :func:`time.mktime`, in the same time zone.

    Attributes:
        asked: how often one of the five was asked.
    """

    def __init__(
        self,
        environment: Environment,
        category: Category = nothing,
        include: Include = nothing,
        script: Include = nothing,
        localtime: LocalTime = localtime,
        mktime: MakeTime = mktime,
    ) -> None:
        self.environment, self.asked = environment, 0
        self._category, self._include, self._script = category, include, script
        self._localtime, self._mktime = localtime, mktime

    def category(self, name: str) -> list[str] | None:
        """The option words of a job category."""
        self.asked += 1
        return self._category(name)

    def include(self, path: str) -> str | None:
        """The text of an option file."""
        self.asked += 1
        return self._include(path)

    def script(self, path: str) -> str | None:
        """The text of a script."""
        self.asked += 1
        return self._script(path)

    def localtime(self, seconds: float) -> struct_time:
        """Local time of epoch seconds."""
        self.asked += 1
        return self._localtime(seconds)

    def mktime(self, fields: TimeFields) -> float:
        """Epoch seconds of local time."""
        self.asked += 1
        return self._mktime(fields)


class Submission(NamedTuple):
    """A qsub command.

    Attributes:
        argv: its words, the program's name first.
        env: its complete environment.
        stdin: what it reads; None for nothing.
        tasks: the tasks of a bulk job.
        job_name: the job's name, as far as it can be told: a script or a JSV may name it otherwise.
        has_start_time: whether the job may wait for a moment that was asked for.
        token: what marks the job; '' for nothing.
        in_account: whether it stands in the account string, too: accounting keeps that.
        files: where the job's output goes; one for each task where they differ.
        shown: the names of variables whose values everybody on the submit host can see for a moment.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    stdin: bytes | None
    tasks: TaskRange | None
    job_name: str
    has_start_time: bool = False
    token: str = ""
    in_account: bool = False
    files: Sequence[OutputFiles] = ()
    shown: Sequence[str] = ()

    def marked(self, token: str) -> Submission:
        """The same with another token in the place of its own."""
        argv = list(self.argv)
        for option, start in (("-ac", CONTEXT_PREFIX), ("-A", ACCOUNT_PREFIX)):
            for index, pair in enumerate(zip(self.argv, self.argv[1:]), 1):
                if pair == (option, start + self.token):
                    argv[index] = start + token
        return self._replace(argv=tuple(argv), token=token)


class Marks(NamedTuple):
    """How a job is marked, so that it is found again when the answer of qsub is lost.

    Attributes:
        token: the value of a variable in its context (``-ac``); no commas or line ends in it. '' for none.
        in_account: whether the account string may carry it, too, if the template asks for none.
    """

    token: str = ""
    in_account: bool = False


UNMARKED = Marks()
