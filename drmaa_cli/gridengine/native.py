"""qsub's option words in a native specification, a job category or an option file.

Sources: qsub(1), capture help.qsub.

Which options exist, what each takes, what is passed over in silence and the texts of the refusals are those
of libdrmaa 8.1.9, option by option (observed: every option alone, with a good and with a bad value).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from drmaa_cli.typed import NamedTuple, Optional

__all__ = [
    "Include",
    "Native",
    "NativeError",
    "Option",
    "analyse",
    "names_and_values",
    "read_options",
    "split",
    "split_file",
]

Option = tuple[str, tuple[str, ...]]
Include = Callable[[str], Optional[str]]

BLANKS = " \t\n\r\v\f"
QUOTES = "'\""
MAX_INCLUDES = 10  # option files within option files

FLAGS = frozenset({"-clear", "-cwd", "-h", "-hard", "-notify", "-soft", "-V"})
_NAMES = """
    -a -A -ac -ar -binding -c -C -ckpt -dc -dl -e -hold_jid -hold_jid_ad -i -js -jsv -l -m -M -masterq -N -o
    -p -P -q -S -sc -tc -v -w -wd
"""
WITH_ARGUMENT = frozenset(_NAMES.split())
_SINGLE = "-a -A -b -C -dl -h -j -N -now -P -pe -r -R -shell -w"
WITH_SWITCH = frozenset({"-b", "-j", "-now", "-r", "-R", "-shell"})
# Given twice, the last counts, with a warning; the others add up, or replace each other without a word.
SINGLE = frozenset(_SINGLE.split())
# What libdrmaa takes and ignores; and what it understands but refuses for jobs.
IGNORED_FLAGS = frozenset({"-help", "-terse", "-verify"})
IGNORED_WITH_ARGUMENT = frozenset({"-t", "-u"})
IGNORED_WITH_SWITCH = frozenset({"-sync", "-pty"})
REFUSED_FLAGS = frozenset({"-inherit", "-noshell", "-nostdin", "-verbose"})
REFUSED_WITH_ARGUMENT = frozenset({"-display", "-ot", "-suspend_remote"})
REFUSED_WITH_SWITCH = frozenset({"-he"})

BINDING_TARGETS = frozenset({"env", "pe", "set"})
YES = frozenset({"y", "yes"})
SWITCH = YES | {"n", "no"}
VERIFY_LEVELS = frozenset("enwpv")
VERIFY_ONLY = frozenset("pv")

MISSING = {
    "-ac": "a context_list list argument",
    "-dc": "a simple_context_list list argument",
    "-masterq": "queue list argument",
    "-pe": "pe_name argument",
    "-q": "queue list argument",
    "-S": "path_name argument",
    "-sc": "context list argument",
    "-t": "a list of task id ranges",
    "-u": "a list usernames",
    "-v": "variable list argument",
    "-@": "file argument",
}
MISSING_TEXT = "{} option must have {}\n"
SECOND_MISSING_TEXT = "-pe option must have range as 2nd argument\n"
NO_JOB_ARGUMENTS_TEXT = "-- option must be followed by job arguments\n"
BAD_OPTION_TEXT = 'invalid option argument "{}"\n'
UNKNOWN_OPTION_TEXT = "Unknown option {}\n"
NAME_WITH_SLASH_TEXT = "argument to -N option must not contain / \n"
VERIFY_ONLY_TEXT = "-w {} only verifies and submits no job: use -w e, -w w or -w n\n"
INCLUDE_DEPTH_TEXT = "-@ {}: option files are nested more than {} deep\n"


class NativeError(ValueError):
    """The words are no submission options; the text is libdrmaa's, with its newline at the end."""


class Native(NamedTuple):
    """Options that concern the job, in their order, and what they add up to.

    Attributes:
        options: (name, arguments) of each option that is neither ignored nor cancelled by a later ``-clear``.
        leading: what follows ``--``: arguments of the job, before those of the template.
        ignored: options that libdrmaa passes over.
    """

    options: tuple[Option, ...] = ()
    leading: tuple[str, ...] = ()
    ignored: tuple[Option, ...] = ()

    def words(self) -> list[str]:
        """The options as words of a command line."""
        return [word for name, arguments in self.options for word in (name, *arguments)]

    def last(self, name: str) -> str | None:
        """The argument of the last option of this name; None when it is not given."""
        given = (arguments for option, arguments in reversed(self.options) if option == name)
        return next((arguments[-1] for arguments in given if arguments), None)

    def last_ignored(self, name: str) -> str | None:
        """The argument of the last use of an option that libdrmaa passes over; None when it is not given."""
        given = (arguments for option, arguments in reversed(self.ignored) if option == name)
        return next((arguments[-1] for arguments in given if arguments), None)

    def has(self, name: str) -> bool:
        """Whether the option is given."""
        return any(option == name for option, _ in self.options)

    @property
    def cleared(self) -> bool:
        """Whether ``-clear`` cancels everything before these options."""
        return self.has("-clear")

    @property
    def binary(self) -> bool | None:
        """What ``-b`` says; None when it is not given."""
        value = self.last("-b")
        return None if value is None else value.lower() in YES

    @property
    def hold(self) -> bool:
        """Whether ``-h`` asks for a user hold."""
        return self.has("-h")

    @property
    def soft(self) -> bool:
        """Whether a request after these options would be a soft one."""
        return next((name for name, _ in reversed(self.options) if name in ("-hard", "-soft")), "") == "-soft"

    def without(self, name: str) -> Native:
        """The same, less all options of this name."""
        return self._replace(options=tuple(option for option in self.options if option[0] != name))

    def last_of_each(self) -> Native:
        """The same, with only the last of options of which qsub takes no more than one (all: observed)."""
        kept: list[Option] = []
        seen: set[str] = set()
        for option in reversed(self.options):
            if option[0] not in seen:
                kept.append(option)
            if option[0] in SINGLE:
                seen.add(option[0])
        return self._replace(options=tuple(reversed(kept)))

    def then(self, later: Native) -> Native:
        """These options with others after them; both keep their meaning, so ``-soft`` does not reach over."""
        between: tuple[Option, ...] = (("-hard", ()),) if self.soft and later.options else ()
        return Native(
            later.options if later.cleared else self.options + between + later.options,
            self.leading + later.leading,
            self.ignored + later.ignored,
        )


def split(text: str) -> list[str]:
    r"""Words as libdrmaa reads them: separated by blanks, tabs and line ends, ``'`` and ``"`` quote.

    A quote that is not closed ends with the text; a backslash and ``#`` are ordinary characters.

    >>> split("-N 'a b'c -wd \"\" \\x")
    ['-N', 'a bc', '-wd', '', '\\x']
    """
    words: list[str] = []
    word: list[str] = []
    is_begun = False
    quote = ""
    for character in text:
        if character == quote:
            quote = ""
        elif quote:
            word.append(character)
        elif character in BLANKS:
            if is_begun:
                words.append("".join(word))
            word, is_begun = [], False
        else:
            is_begun = True
            if character in QUOTES:
                quote = character
            else:
                word.append(character)
    return [*words, "".join(word)] if is_begun else words


def split_file(text: str) -> list[str]:
    """Words of an option file (``-@``, sge_request(5)): :func:`split` less lines that begin with ``#``."""
    lines = text.splitlines(keepends=True)
    return split("".join(line for line in lines if not line.lstrip().startswith("#")))


def embedded_options(text: str, prefix: str, include: Include | None = None) -> Native:
    """The options that a script brings along: on its lines that begin with a prefix (``#$``; ``qsub -C``).

    What qsub would refuse in them is left for qsub to report: it may be an option of another flavour's, which
    does not hide those beside it.

    Args:
        text: the script.
        prefix: what its lines begin with that are options; '' for none.
        include: as of :func:`analyse`; qsub reads ``-@ FILE`` in a script, too (observed).
    """
    words: list[str] = []
    for line in text.splitlines() if prefix else ():
        if line.startswith(prefix):
            words += split(line[len(prefix) :])
    try:
        return read_options(words, include)
    except NativeError:
        return _readable(words, include)


def _readable(words: Sequence[str], include: Include | None) -> Native:
    native = Native()
    position = 0
    while position < len(words):
        name = words[position]
        count = 0
        try:
            count = len(_arguments(name, words[position + 1 : position + 3]))
            native = native.then(read_options(words[position : position + 1 + count], include))
        except NativeError:
            pass
        position += 1 + count
    return native


def analyse(words: Sequence[str], include: Include | None = None) -> Native:
    """Read option words from left to right, as libdrmaa does.

    Args:
        words: see :func:`split`.
        include: gives the text of the file named by ``-@ FILE``, None when it cannot be read (then the option
            means nothing, as with libdrmaa). Without it ``-@ FILE`` is left to qsub.

    Raises:
        NativeError: no such option, an argument that is missing or not allowed, a word that is no option, or
            ``-w v`` and ``-w p``, which submit nothing.
    """
    native = read_options(words, include)
    level = native.last("-w")
    if level in VERIFY_ONLY:
        raise NativeError(VERIFY_ONLY_TEXT.format(level))
    return native


def read_options(words: Sequence[str], include: Include | None = None) -> Native:
    """As :func:`analyse`, but ``-w v`` and ``-w p`` are options like any other."""
    return _read(words, include, MAX_INCLUDES)


def _read(words: Sequence[str], include: Include | None, depth: int) -> Native:
    native = Native()
    refused: list[str] = []
    position = 0
    while position < len(words):
        name = words[position]
        if name == "--":
            if position + 1 == len(words):
                raise NativeError(NO_JOB_ARGUMENTS_TEXT)
            native = native._replace(leading=native.leading + tuple(words[position + 1 :]))
            break
        if not name.startswith("-"):
            refused.append("script")
            break
        arguments = _arguments(name, words[position + 1 : position + 3])
        position += 1 + len(arguments)
        _check(name, arguments)
        if name in REFUSED_FLAGS or name in REFUSED_WITH_ARGUMENT or name in REFUSED_WITH_SWITCH:
            refused.append(" ".join((name, *arguments)))
        elif name == "-@" and include is not None:
            native = native.then(_included(arguments[0], include, depth))
        elif name == "-clear":
            native = native._replace(options=((name, arguments),))
        elif _is_ignored(name):
            native = native._replace(ignored=(*native.ignored, (name, arguments)))
        else:
            native = native._replace(options=(*native.options, (name, arguments)))
    if refused:
        raise NativeError("".join(map(UNKNOWN_OPTION_TEXT.format, refused)))
    return native


def _included(path: str, include: Include, depth: int) -> Native:
    if depth == 0:
        raise NativeError(INCLUDE_DEPTH_TEXT.format(path, MAX_INCLUDES))
    text = include(path)
    return Native() if text is None else _read(split_file(text), include, depth - 1)


def _is_ignored(name: str) -> bool:
    return name in IGNORED_FLAGS or name in IGNORED_WITH_ARGUMENT or name in IGNORED_WITH_SWITCH


def _arguments(name: str, following: Sequence[str]) -> tuple[str, ...]:
    """The option's arguments, which may begin with a dash; NativeError when there is no such option."""
    if name in FLAGS or name in IGNORED_FLAGS or name in REFUSED_FLAGS:
        return ()
    if name == "-pe" or (name == "-binding" and following and following[0] in BINDING_TARGETS):
        count = 2
    elif _takes_one(name):
        count = 1
    else:
        raise NativeError(BAD_OPTION_TEXT.format(name))
    if len(following) < count:
        if name == "-pe" and following:
            raise NativeError(SECOND_MISSING_TEXT)
        raise NativeError(MISSING_TEXT.format(name, MISSING.get(name, "argument")))
    return tuple(following[:count])


def _takes_one(name: str) -> bool:
    groups = (WITH_ARGUMENT, IGNORED_WITH_ARGUMENT, REFUSED_WITH_ARGUMENT)
    return name == "-@" or _is_switch(name) or any(name in group for group in groups)


def _is_switch(name: str) -> bool:
    return name in WITH_SWITCH or name in IGNORED_WITH_SWITCH or name in REFUSED_WITH_SWITCH


def _check(name: str, arguments: tuple[str, ...]) -> None:
    if _is_switch(name) and arguments[0].lower() not in SWITCH:
        raise NativeError(BAD_OPTION_TEXT.format(f"{name} {arguments[0]}"))
    if name == "-w" and arguments[0] not in VERIFY_LEVELS:
        raise NativeError(BAD_OPTION_TEXT.format(f"-w {arguments[0]}"))
    if name == "-N" and "/" in arguments[0]:
        raise NativeError(NAME_WITH_SLASH_TEXT)


def names_and_values(options: Iterable[Option]) -> frozenset[str]:
    """Each option's name, and its last use as one text: ``{"-N", "-N x", "-cwd"}``."""
    last = {name: " ".join((name, *arguments)) for name, arguments in options}
    return frozenset(last) | frozenset(last.values())
