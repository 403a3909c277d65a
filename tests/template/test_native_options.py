"""qsub's option words. Expected texts: libdrmaa 8.1.9 asked with every option alone, and with bad values."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.gridengine import native
from drmaa_cli.gridengine.native import (
    Native,
    NativeError,
    analyse,
    names_and_values,
    read_options,
    split,
    split_file,
)
from tests.tables import each_row

DOCUMENTED = frozenset(  # the options that `qsub -help` of 8.1.9 names
    "-a -ac -Ap -astnode -at -A -b -binding -c -cwd -C -dc -dul -e -h -hard -he -help -hold_jid -hold_jid_ad "
    "-i -j -js -jsv -l -M -m -masterq -mattr -N -notify -now -o -ot -P -p -pe -q -r -sc -shell -soft -srqs "
    "-sync -S -t -v -verify -V -wd -@".split()
)
# In `qsub -help` because all clients share one text; qsub itself refuses them (libdrmaa asked, too).
NOT_FOR_JOBS = {"-Ap", "-astnode", "-at", "-dul", "-mattr", "-srqs"}
KNOWN = (
    *(native.FLAGS, native.WITH_ARGUMENT, native.WITH_SWITCH),
    *(native.IGNORED_FLAGS, native.IGNORED_WITH_ARGUMENT, native.IGNORED_WITH_SWITCH),
    *(native.REFUSED_FLAGS, native.REFUSED_WITH_ARGUMENT, native.REFUSED_WITH_SWITCH),
    frozenset({"-pe", "-@"}),
)
SWITCHES = native.WITH_SWITCH | native.IGNORED_WITH_SWITCH | native.REFUSED_WITH_SWITCH


@each_row(
    "text, words",
    [
        ("", []),
        (" \t\n", []),
        ("-N x", ["-N", "x"]),
        ("-N\tx\n-p -5\n", ["-N", "x", "-p", "-5"]),
        ("-N \"a\"b'c'", ["-N", "abc"]),
        ('-N ""x', ["-N", "x"]),
        ("-N 'it\"s'", ["-N", 'it"s']),
        ('-N "it\'s"', ["-N", "it's"]),
        ('a"b c"d', ["ab cd"]),
        ("x''", ["x"]),
        ('-wd ""', ["-wd", ""]),
        ("''", [""]),
        ('-N "unclosed', ["-N", "unclosed"]),
        ("-N 'x\n", ["-N", "x\n"]),
        ("-N a\\b", ["-N", "a\\b"]),
        ("-N x\\", ["-N", "x\\"]),
        ("-N x # comment", ["-N", "x", "#", "comment"]),
        ("-N $HOME *", ["-N", "$HOME", "*"]),
        ("-l 'a=b c',d=e", ["-l", "a=b c,d=e"]),
    ],
)
def test_split(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_option_files_have_comment_lines() -> None:
    assert split_file("# -N a\n-N b # c\n  # -N d\n-p -1") == ["-N", "b", "#", "c", "-p", "-1"]


def test_every_documented_option_is_known() -> None:
    known = frozenset().union(*KNOWN)
    assert known >= DOCUMENTED - NOT_FOR_JOBS


@each_row("option", sorted(NOT_FOR_JOBS | {"-zzz", "-rdi", "-xd", "-scope", "-tcon", "-s", "-"}))
def test_unknown_options(option: str) -> None:
    with pytest.raises(NativeError) as caught:
        analyse([option, "x"])
    assert str(caught.value) == f'invalid option argument "{option}"\n'


@each_row(
    "option, what",
    [
        *(
            (option, "argument")
            for option in (
                ["-a", "-A", "-ar", "-b", "-binding", "-c", "-C", "-ckpt", "-display", "-dl", "-e", "-he"]
            )
        ),
        *(
            (option, "argument")
            for option in (
                ["-hold_jid", "-hold_jid_ad", "-i", "-j", "-js", "-jsv", "-l", "-m", "-M", "-N", "-now"]
            )
        ),
        *(
            (option, "argument")
            for option in (
                ["-o", "-ot", "-P", "-p", "-pty", "-R", "-r", "-shell", "-sync", "-tc", "-w", "-wd"]
            )
        ),
        ("-ac", "a context_list list argument"),
        ("-dc", "a simple_context_list list argument"),
        ("-sc", "context list argument"),
        ("-q", "queue list argument"),
        ("-masterq", "queue list argument"),
        ("-pe", "pe_name argument"),
        ("-S", "path_name argument"),
        ("-t", "a list of task id ranges"),
        ("-u", "a list usernames"),
        ("-v", "variable list argument"),
        ("-@", "file argument"),
    ],
)
def test_missing_arguments(option: str, what: str) -> None:
    with pytest.raises(NativeError) as caught:
        analyse(["-notify", option])
    assert str(caught.value) == f"{option} option must have {what}\n"


@each_row(
    "text, refusal",
    [
        ("word", "Unknown option script\n"),
        ("-h u", "Unknown option script\n"),
        ("-notify y", "Unknown option script\n"),
        ("-terse yes", "Unknown option script\n"),
        ("-N x # comment", "Unknown option script\n"),
        ("'' -zzz", "Unknown option script\n"),
        ("foo -q", "Unknown option script\n"),
        ("-q -N x", "Unknown option script\n"),
        ("-zzz foo", 'invalid option argument "-zzz"\n'),
        ("-inherit -zzz", 'invalid option argument "-zzz"\n'),
        ("-help -xyz", 'invalid option argument "-xyz"\n'),
        ("-inherit", "Unknown option -inherit\n"),
        ("-inherit -nostdin", "Unknown option -inherit\nUnknown option -nostdin\n"),
        ("-verbose x", "Unknown option -verbose\nUnknown option script\n"),
        ("-display :0", "Unknown option -display :0\n"),
        ("-suspend_remote y", "Unknown option -suspend_remote y\n"),
        ("-ot 5", "Unknown option -ot 5\n"),
        ("-he y", "Unknown option -he y\n"),
        ("-he x", 'invalid option argument "-he x"\n'),
        ("-w x", 'invalid option argument "-w x"\n'),
        ("-w E", 'invalid option argument "-w E"\n'),
        ("-b ye", 'invalid option argument "-b ye"\n'),
        ("-pe smp", "-pe option must have range as 2nd argument\n"),
        ("-binding env", "-binding option must have argument\n"),
        ("--", "-- option must be followed by job arguments\n"),
        ("-N a/b", "argument to -N option must not contain / \n"),
        ("-w v", "-w v only verifies and submits no job: use -w e, -w w or -w n\n"),
        ("-w e -w p", "-w p only verifies and submits no job: use -w e, -w w or -w n\n"),
    ],
)
def test_refusals(text: str, refusal: str) -> None:
    with pytest.raises(NativeError) as caught:
        analyse(split(text))
    assert str(caught.value) == refusal


@each_row("option", sorted(SWITCHES))
def test_switches_take_yes_and_no_in_any_case(option: str) -> None:
    for value in ("y", "n", "yes", "no", "Y", "YES", "No"):
        if option in native.WITH_SWITCH:
            assert analyse([option, value]).last(option) == value
    with pytest.raises(NativeError, match=f'^invalid option argument "{option} x"\n$'):
        analyse([option, "x"])


@each_row(
    "text",
    ["-t 5-6", "-t x", "-sync y", "-sync n", "-terse", "-help", "-verify", "-u foo", "-u ''", "-pty y"],
)  # fmt: skip
def test_what_libdrmaa_ignores_is_dropped(text: str) -> None:
    options = analyse(split(f"-N a {text} -p -1"))
    assert options.words() == ["-N", "a", "-p", "-1"]
    assert options.ignored


@each_row(
    "text",
    [
        "-N -x",
        "-pe smp 1-4",
        "-binding linear:1",
        "-binding env linear:1",
        "-l h_rt=5 -l h_rt=6",
        "-cwd -wd /tmp",
        "-soft -l h_rt=5 -hard -l s_rt=4 -soft -q all.q",
        "-v A=1,B=2 -V",
        "-w n",
        "-w v -w n",
        "-hold_jid_ad 1 -tc 2",
        "-jsv /bin/true -ar 1 -dl 10101010 -js 5 -C '#%' -S /bin/sh",
        "-@ /etc/options",
        "-h -notify -R y -now n",
    ],
)
def test_everything_else_is_kept_in_order(text: str) -> None:
    assert analyse(split(text)).words() == split(text)


def test_job_arguments() -> None:
    options = analyse(split("-N x -- a -b n"))
    assert options == Native((("-N", ("x",)),), ("a", "-b", "n"))


def test_what_the_options_add_up_to() -> None:
    options = analyse(split("-b yes -N a -N b -h -soft -q x -b NO"))
    assert (options.binary, options.hold, options.soft, options.cleared) == (False, True, True, False)
    assert (options.last("-N"), options.last("-p"), options.last("-h")) == ("b", None, None)
    assert options.without("-N").words() == ["-b", "yes", "-h", "-soft", "-q", "x", "-b", "NO"]
    assert Native().binary is None
    assert analyse(["-b", "Y"]).binary is True


def test_clear_cancels_what_came_before() -> None:
    options = analyse(split("-N q -h -clear -b y"))
    assert options.cleared
    assert options.words() == ["-clear", "-b", "y"]
    assert analyse(split("-N a -- x")).then(options) == Native(options.options, ("x",))


def test_soft_does_not_reach_into_the_next_part() -> None:
    category = analyse(split("-soft -q a"))
    assert category.then(analyse(split("-l x=1"))).words() == split("-soft -q a -hard -l x=1")
    assert category.then(Native()).words() == split("-soft -q a")


def test_option_files_are_read_in_place() -> None:
    files = {"a": "-N a -@ b -sync y", "b": "# c\n-p -5 -- arg\n", "loop": "-@ loop", "bad": "-zzz"}
    options = analyse(split("-h -@ a -N last"), files.get)
    assert options.words() == split("-h -N a -p -5 -N last")
    assert options.leading == ("arg",)
    assert analyse(split("-N x -@ missing"), files.get).words() == ["-N", "x"]
    with pytest.raises(NativeError, match="-@ loop: option files are nested more than 10 deep"):
        analyse(split("-@ loop"), files.get)
    with pytest.raises(NativeError, match="-zzz"):
        analyse(split("-@ bad"), files.get)


def test_names_and_values() -> None:
    options = read_options(split("-N a -cwd -N b -w v")).options
    assert names_and_values(options) == {"-N", "-N b", "-cwd", "-w", "-w v"}


@settings(deadline=None)
@given(st.text())
def test_split_keeps_every_character_that_is_no_blank_or_quote(text: str) -> None:
    kept = [character for word in split(text) for character in word if character not in " \t\n\r\v\f'\""]
    assert kept == [character for character in text if character not in " \t\n\r\v\f'\""]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="'"))))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    assert split(" ".join(f"'{word}'" for word in words)) == words


OPTION_WORDS = st.sampled_from(sorted(frozenset().union(*KNOWN) | {"--", "y", "n", "x", "1-2", "-zzz", ""}))


@settings(deadline=None)
@given(st.lists(st.one_of(OPTION_WORDS, st.text(max_size=5))))
def test_any_words_are_options_or_refused(words: list[str]) -> None:
    try:
        options = analyse(words, lambda _: None)
    except NativeError:
        return
    assert analyse(options.words(), lambda _: None).options == options.options
    assert len(options.words()) + len(options.leading) <= len(words)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_options_or_refused(text: str) -> None:
    with contextlib.suppress(NativeError):
        assert isinstance(analyse(split(text)), Native)
