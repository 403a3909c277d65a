"""The dialogue of a client JSV (``qsub -jsv``): the parameters are a dialogue recorded on a real cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.model import JobType, Range, Rerun
from tests.fake.pure import PureCell
from tests.tables import each_row

OPTIONS = (
    "-h -a 203001011200 -ac a=b -b y -wd /tmp -e localhost:/e -hold_jid 1,x -j y -l h_rt=1 -m be -M q@w"
    " -notify -N n -o /o -p -1 -tc 2 -pe smp 2-4 -R y -r y -shell n -S /bin/sh -t 1-5:2 -w w -soft -q all.q"
    " -l arch=x"
).split()
PARAMETERS = """\
PARAM VERSION 1.0
PARAM CONTEXT client
PARAM CLIENT qsub
PARAM USER root
PARAM GROUP root
PARAM CMDNAME true
PARAM CMDARGS 0
PARAM a 203000011200.00
PARAM ac a=b
PARAM b y
PARAM cwd /tmp
PARAM e localhost:/e
PARAM hold_jid 1,x
PARAM h u
PARAM j y
PARAM l_hard h_rt=1
PARAM l_soft arch=x
PARAM m be
PARAM M q@w
PARAM notify y
PARAM N n
PARAM o /o
PARAM p -1
PARAM tc 2
PARAM pe_name smp
PARAM pe_min 2
PARAM pe_max 4
PARAM q_soft all.q
PARAM R y
PARAM r y
PARAM shell n
PARAM S /bin/sh
PARAM t_min 1
PARAM t_max 5
PARAM t_step 2
PARAM w w
"""


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return PureCell(tmp_path, slots=100)


def submit(
    cell: PureCell,
    answers: str,
    *options: str,
    started: str = "STARTED",
    also: str = ":",
    command: str = "true",
) -> tuple[int, str, str]:
    """``qsub -h -b y true`` through a JSV that writes what it is told to ``said`` and does something else."""
    script = cell.directory / "jsv.sh"
    script.write_text(
        f'#!/bin/sh\nwhile read -r line; do\necho "$line" >> {cell.directory}/said\n'
        f"case $line in\nSTART) cat <<'E'\n{started}\nE\n;;\nBEGIN) {also}; cat <<'E'\n{answers}\nE\n;;\n"
        "QUIT) exit;;\nesac\ndone\n"
    )
    script.chmod(0o755)
    return cell.run(["qsub", "-jsv", str(script), *(options or ("-h", "-b", "y")), *command.split()], "root")


def said(cell: PureCell) -> str:
    return (cell.directory / "said").read_text()


def test_the_parameters_of_the_recorded_dialogue(cell: PureCell) -> None:
    code, _, _ = submit(cell, "RESULT STATE ACCEPT", *OPTIONS)
    assert code == 0
    assert said(cell) == f"START\n{PARAMETERS}BEGIN\nQUIT\n"


def test_the_environment_is_sent_when_wanted(cell: PureCell) -> None:
    submit(cell, "RESULT STATE ACCEPT", "-h", "-b", "y", "-v", "A=1", started="SEND ENV\nSTARTED")
    assert "\nENV ADD A 1\n" in said(cell)


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ("RESULT STATE REJECT", "JSV rejected job"),
        ("RESULT STATE REJECT no way", "no way"),
        ("RESULT STATE REJECT_WAIT", "JSV temporarily rejected job"),
        ("RESULT STATE FOO", 'JSV sent unknown result "FOO"'),
        ("garbage", 'master got unknown command from JSV: "garbage"'),
    ],
)
def test_refusals(cell: PureCell, answers: str, text: str) -> None:
    assert submit(cell, answers) == (1, "", f"Unable to run job: {text}\nExiting.\n")
    assert not list(cell.view.jobs())


def test_log_lines_are_shown(cell: PureCell) -> None:
    answers = "LOG INFO one\nLOG WARNING two words\nLOG ERROR three\nRESULT STATE ACCEPT"
    assert submit(cell, answers)[1].startswith("one\ntwo words\nthree\nYour job 1 ")


def test_corrections(cell: PureCell) -> None:
    answers = (
        "PARAM N renamed\nPARAM p -5\nPARAM l_hard h_rt=7\nPARAM q_hard all.q\nPARAM A acc\nENV ADD X y\n"
        "RESULT STATE CORRECT"
    )
    assert submit(cell, answers)[1] == 'Your job 1 ("renamed") has been submitted\n'
    job = cell.view.job(1)
    assert job is not None
    assert (job.spec.name, job.spec.priority, job.spec.account) == ("renamed", -5, "acc")
    assert [(item.name, item.value) for item in job.spec.hard_resources] == [("h_rt", "7")]
    assert job.spec.hard_queues == ("all.q",)
    assert dict(job.spec.env)["X"] == "y"


def test_changes_count_with_accept_too(cell: PureCell) -> None:
    """As recorded on a real 8.1.9, like what follows."""
    out = submit(cell, "PARAM N renamed\nENV ADD A b\nRESULT STATE ACCEPT")[1]
    assert out == 'Your job 1 ("renamed") has been submitted\n'
    job = cell.view.job(1)
    assert job is not None
    assert dict(job.spec.env)["A"] == "b"


TROUBLE = "unable to allocate memory for binding during JSV execution"


@each_row(
    "line, text",
    [
        ("PARAM N", f'JSV tries to delete "N"\n{TROUBLE}'),
        ("PARAM r", f'JSV tries to delete boolean parameter "r"\n{TROUBLE}'),
        ("PARAM notify", f'JSV tries to delete boolean parameter "notify"\n{TROUBLE}'),
        ("PARAM j x", f'JSV tries to set "j" to "x"\n{TROUBLE}'),
        ("PARAM p x", f'invalid priority "x".  Must be an integer from -1023 to 1024\n{TROUBLE}'),
        ("PARAM a x", f"Invalid format of date/hour-minute field.\n{TROUBLE}"),
        ("PARAM m x", TROUBLE),
        ("PARAM w x", 'invalid option argument "-w x"'),
        ("PARAM USER nobody", f'JSV tries to modify read-only parameter "USER"\n{TROUBLE}'),
        ("PARAM JOB_ID 5", f'JSV tries to modify read-only parameter "JOB_ID"\n{TROUBLE}'),
        ("ENV FOO A", '"ENV FOO A <null>" is invalid'),
        ("RESULT", 'JSV got unknown command "(null)"'),
        ("RESULT STATE", 'JSV got unknown command "STATE"'),
        ("", 'got no response from JSV script "{}"'),
    ],
)
def test_what_a_script_cannot_say(tmp_path: Path, line: str, text: str) -> None:
    cell = PureCell(tmp_path)
    said = f"Unable to run job: {text.format(cell.directory / 'jsv.sh')}\nExiting.\n"
    assert submit(cell, f"{line}\nRESULT STATE CORRECT") == (1, "", said)


@each_row(
    "options, line, field, value",
    [
        ("-h", "SEND ENV", "name", "true"),
        ("-h", "PARAM foo x", "name", "true"),
        ("-h", "PARAM CMDNAME other", "command", "true"),
        ("-h", "PARAM shell n", "job_type", JobType.BINARY),
        ("-h", "PARAM now y", "immediate", False),
        ("-h", "PARAM wd /tmp", "cwd", None),
        ("-h", "PARAM display x", "env", "DISPLAY"),
        ("-h", "PARAM h o", "operator_hold", True),
        ("-h -ac A=1", "PARAM ac B=2", "context", (("B", "2"),)),
        ("-h", "PARAM c n", "checkpoint_attr", 0),
        ("-h", "PARAM r n", "rerun", Rerun.QUEUE),
        ("-h", "PARAM pe_name smp\nPARAM pe_min 2\nPARAM pe_max 3", "pe_ranges", (Range(2, 2), Range(3, 3))),
        ("-h -pe smp 1-4", "PARAM pe_min 2", "pe_ranges", (Range(2, 4),)),
        ("-h -t 1-4", "PARAM t_max 9", "array", Range(1, 9)),
        ("-h", "PARAM t_max 9", "array", Range(1, 1)),
        # an empty value takes away
        ("-h -A x", "PARAM A", "account", "sge"),
        ("-h -P proj", "PARAM P", "project", None),
        ("-h -js 5", "PARAM js", "jobshare", 0),
        ("-h -t 1-4 -tc 2", "PARAM tc", "max_concurrent", 0),
        ("-h -w w", "PARAM w", "verify_suitable", 0),
        ("-h -o /x", "PARAM o", "stdout_paths", ()),
        ("-h -hold_jid 5", "PARAM hold_jid", "hold_jid", ()),
        ("-h -l h_rt=5", "PARAM l_hard", "requested", ()),
        ("-h -masterq all.q -pe smp 2", "PARAM masterq", "master_queues", ()),
        ("-h -M a@b", "PARAM M", "mail_to", ()),
    ],
)
def test_what_corrections_do(tmp_path: Path, options: str, line: str, field: str, value: object) -> None:
    cell = PureCell(tmp_path, projects=("proj",))
    code, _, err = submit(cell, f"{line}\nRESULT STATE CORRECT", *options.split(), "-b", "y")
    assert (code, err) == (0, "")
    job = cell.view.job(1)
    assert job is not None
    found = getattr(job.spec, field)
    assert value in dict(found) if field == "env" else found == value


@each_row(
    "line, args",
    [
        ("PARAM CMDARGS 2\nPARAM CMDARG0 u\nPARAM CMDARG1 v w", ("u", "v w")),
        ("PARAM CMDARG1 z", ("a", "z", "c")),
        ("PARAM CMDARGS 1", ("a",)),
        ("PARAM CMDARG7 z", ("a", "b", "c")),
    ],
)
def test_corrections_of_arguments(tmp_path: Path, line: str, args: tuple[str, ...]) -> None:
    cell = PureCell(tmp_path)
    submit(cell, f"{line}\nRESULT STATE CORRECT", "-h", "-b", "y", command="echo a b c")
    job = cell.view.job(1)
    assert job is not None
    assert job.spec.args == args


def test_an_environment_without_slots(cell: PureCell) -> None:
    submit(cell, "PARAM pe_name smp\nRESULT STATE CORRECT")
    assert "parallel environment:  smp range: UNDEFINED\n" in cell.run(["qstat", "-j", "1"], "root")[1]


def test_what_a_script_complains_of_refuses_the_job(cell: PureCell) -> None:
    said = (
        "error: JSV stderr: one\nerror: JSV stderr: two\n"
        "Unable to run job: JSV stderr: one\nJSV stderr: two\nJSV stderr is - two\nExiting.\n"
    )
    for result in ("ACCEPT", "REJECT no way"):
        assert submit(cell, f"RESULT STATE {result}", also="echo one >&2; echo two >&2") == (1, "", said)
    assert not list(cell.view.jobs())


# ---- the server's: what a real 8.1.9 with jsv_url told a script, and said -----------------------------
@pytest.fixture
def judged(tmp_path: Path) -> PureCell:
    """A cell whose server shows each job to a script that goes by the job's name."""
    script = tmp_path / "judge.sh"
    script.write_text(
        f'#!/bin/sh\nwhile read -r line; do\necho "$line" >> {tmp_path}/said\ncase $line in\n'
        "START) echo STARTED;;\n"
        "'PARAM N bad') answer='RESULT STATE REJECT no bad jobs';;\n"
        "'PARAM N wait') answer='RESULT STATE REJECT_WAIT later please';;\n"
        "'PARAM N err') answer='ERROR something';;\n"
        "'PARAM N log') echo 'LOG INFO hello'; answer='RESULT STATE ACCEPT fine';;\n"
        "'PARAM N corr') echo 'PARAM A corrected'; answer='RESULT STATE CORRECT changed';;\n"
        "BEGIN) echo ${answer:-RESULT STATE ACCEPT};;\nQUIT) exit;;\nesac\ndone\n"
    )
    script.chmod(0o755)
    return PureCell(tmp_path / "cell", global_config={"jsv_url": f"script:{script}"})


@pytest.mark.parametrize(
    ("name", "options", "answer"),
    [
        ("ok", (), (0, 'Your job 1 ("ok") has been submitted\n', "")),
        ("ok", ("-terse",), (0, "1\n", "")),
        ("log", (), (0, 'Your job 1 ("log") has been submitted\n', "")),
        ("bad", (), (1, "", "Unable to run job: no bad jobs\nExiting.\n")),
        ("wait", (), (1, "", "Unable to run job: later please\nExiting.\n")),
        ("err", (), (1, "", 'Unable to run job: master got unknown command from JSV: "ERROR"\nExiting.\n')),
        ("bad", ("-w", "v"), (0, "verification: found suitable queue(s)\n", "")),
    ],
)
def test_the_server_judges(
    judged: PureCell, name: str, options: tuple[str, ...], answer: tuple[int, str, str]
) -> None:
    assert judged.run(["qsub", *options, "-h", "-b", "y", "-N", name, "true"], "root") == answer


def test_what_the_server_tells_its_script(judged: PureCell, tmp_path: Path) -> None:
    judged.run(["qsub", "-h", "-b", "y", "-N", "bad", "true"], "root")
    assert (tmp_path / "said").read_text().splitlines() == [
        *("START", "PARAM VERSION 1.0", "PARAM CONTEXT server", "PARAM CLIENT qmaster", "PARAM USER root"),
        *("PARAM GROUP root", "PARAM JOB_ID 1", "PARAM CMDNAME true", "PARAM CMDARGS 0", "PARAM A sge"),
        *("PARAM b y", "PARAM h u", "PARAM M root@localhost", "PARAM N bad", "BEGIN", "QUIT"),
    ]


def test_a_refused_job_uses_a_number_up_and_a_corrected_one_is_stored(judged: PureCell) -> None:
    judged.run(["qsub", "-h", "-b", "y", "-N", "bad", "true"], "root")
    judged.run(["qsub", "-h", "-b", "y", "-N", "corr", "true"], "root")
    job = judged.view.job(2)
    assert job is not None
    assert job.spec.account == "corrected"


def test_alterations_are_not_shown_to_it(judged: PureCell) -> None:
    judged.run(["qsub", "-h", "-b", "y", "-N", "ok", "true"], "root")
    assert judged.run(["qalter", "-N", "bad", "1"], "root")[1] == "modified job name of job 1\n"


def test_a_session_is_refused(judged: PureCell) -> None:
    assert judged.run(["qrsh", "-now", "n", "-N", "bad", "true"], "root") == (1, "", "no bad jobs\n")
