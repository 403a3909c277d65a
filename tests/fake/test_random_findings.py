"""What random command lines found on a real 8.1.9 (python -m fake_sge.compare): seldom given options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fake_sge.engine.accounting import category
from fake_sge.model import CellConfig, Range, Resource
from fake_sge.model.quota_text import parse_quota_sets
from tests.tables import each_row

from .engine_kit import make_spec
from .pure import PureCell

NEGATIVE = 'Unable to run job: attribute "{}" is consumable but has a negative value\nExiting.\n'
HOSTS = ["template", "global", "localhost"]


def new_cell(tmp_path: Path) -> PureCell:
    made = PureCell(tmp_path, slots=2, complexes=("license lic INT <= YES YES 0 0",), projects=("proj",))
    made.run(["qsub", "-h", "-t", "1-4", "-b", "y", "sleep", "100"], "root")
    return made


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return new_cell(tmp_path)


def out(cell: PureCell, *words: str) -> str:
    code, text, err = cell.run(list(words), "root")
    assert (code, err) == (0, "")
    return text


# ---- resources ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "hard", "soft"),
    [
        (["-l", ""], True, False),
        (["-soft", "-l", ""], False, True),
        (["-soft", "-l", "", "-hard", "-l", ""], True, True),
        ([], False, False),
    ],
)
def test_an_empty_list_of_resources_is_shown(
    cell: PureCell, words: list[str], hard: bool, soft: bool
) -> None:
    out(cell, "qsub", "-h", *words, "-b", "y", "sleep", "100")
    for text in (out(cell, "qstat", "-j", "2"), out(cell, "qsub", "-verify", *words, "-b", "y", "sleep")):
        assert ("hard resource_list:         \n" in text) is hard
        assert ("soft resource_list:         \n" in text) is soft


def test_a_list_that_is_altered_away_is_empty_too(cell: PureCell) -> None:
    assert out(cell, "qalter", "-l", "", "1") == "modified hard resource list of job 1\n"
    assert "hard resource_list:         \n" in out(cell, "qstat", "-j", "1")
    out(cell, "qalter", "-l", "h_rt=5", "1")
    assert "hard resource_list:         h_rt=5\n" in out(cell, "qstat", "-j", "1")


@pytest.mark.parametrize("name", ["slots", "license"])
def test_consumables_are_not_negative(cell: PureCell, name: str) -> None:
    answer = cell.run(["qsub", "-l", f"{name}=-1", "-b", "y", "sleep", "1"], "root")
    assert answer == (1, "", NEGATIVE.format(name))


@pytest.mark.parametrize("name", ["slots", "license"])
@pytest.mark.parametrize("words", [("qselect",), ("qstat", "-f"), ("qstat", "-q", "all.q"), ("qhost", "-q")])
def test_no_consumable_less_than_nothing_is_selected(
    cell: PureCell, name: str, words: tuple[str, ...]
) -> None:
    text = f'error: attribute "{name}" is consumable but has a negative value\n'
    answer = cell.run([*words, "-l", f"{name}=-1,nosuch=1"], "root")
    assert answer == (1, "", text if words[0] == "qhost" else "")
    assert cell.run([*words, "-l", "h_data=-1"], "root")[0] == 0


# ---- names, numbers and ranges -----------------------------------------------------------------------
def test_an_account_with_a_blank_is_not_answered(cell: PureCell) -> None:
    assert out(cell, "qalter", "-A", "a b", "1") == ""
    assert "account:                    sge\n" in out(cell, "qstat", "-j", "1")
    for option in ("-A", "-N"):
        answer = cell.run(["qrsh", option, "a b", "echo"], "root")
        assert answer == (1, "", 'Your "qrsh" request could not be scheduled, try again later.\n')


@pytest.mark.parametrize(
    "words",
    [
        ("-hold_jid_ad", "X"),
        *(("-P", "nosuch"), ("-q", "nosuch"), ("-l", "nosuch=1"), ("-pe", "a:b", "1"), ("-ckpt", "a:b")),
        *(("-tc", "3"), ("-t", "0"), ("-N", "1a"), ("-w", "v"), ("-w", "p"), ("-binding", "linear:0")),
    ],
)
def test_an_account_with_a_blank_is_found_before_anything_else(
    cell: PureCell, words: tuple[str, ...]
) -> None:
    lost = "Unable to run job: Error reading answer list from qmaster\nExiting.\n"
    assert cell.run(["qsub", "-A", "a b", *words, "-b", "y", "sleep", "1"], "root") == (1, "", lost)
    assert out(cell, "qsub", "-terse", "-h", "-b", "y", "sleep", "1") == "2\n"  # it used up no number


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-P", "a:b"), "Colon (':') not allowed in objectname"),
        (("-N", "", "-P", "a:b"), "job rejected cause there is no job_name in the request"),
        (("-t", "1-3000000000", "-P", "a:b"), "The input value for an argument is invalid."),
    ],
)
def test_only_this_is_found_before_the_account(cell: PureCell, words: tuple[str, ...], text: str) -> None:
    answer = cell.run(["qsub", "-A", "a b", *words, "-b", "y", "sleep", "1"], "root")
    assert answer == (1, "", f"Unable to run job: {text}\nExiting.\n")


def test_a_range_without_an_end_in_sight(cell: PureCell) -> None:
    """``1--2`` is 1-4294967294; the real qhold takes all the memory of the machine for it."""
    held = "".join(f"modified hold of job-array task 1.{task}\n" for task in (1, 2, 3, 4))
    assert out(cell, "qhold", "-h", "o", "1", "-t", "1--2") == held
    assert Range(1, 4294967294).size == 4294967294
    assert Range(2, 4294967294, 3).within(Range(4, 12, 2)).ids() == range(5, 13, 3)
    assert not Range(9, 10).within(Range(1, 8)).ids()


def test_a_reservation_is_verified_as_with_w_e(cell: PureCell) -> None:
    suitable, reserved = "verify_suitable_queues:     2\n", "ar_id:                      5\n"
    text = out(cell, "qsub", "-verify", "-P", "proj", "-ar", "5", "-b", "y", "sleep")
    assert suitable + "project:                    proj\n" + reserved in text
    assert suitable not in out(cell, "qsub", "-verify", "-ar", "0", "-w", "n", "-b", "y", "sleep")
    out(cell, "qalter", "-ar", "5", "1")
    text = out(cell, "qstat", "-j", "1")
    assert reserved in text
    assert "version" not in text
    refused = (1, "", "Unable to run job: error: no suitable queues\nExiting.\n")
    assert cell.run("qsub -ar 0 -l arch=none -b y sleep 1".split(), "root") == refused


# ---- listings ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("times", [1, 2, 3])
def test_core_binding_is_left_out_however_often_that_is_said(cell: PureCell, times: int) -> None:
    words = ["-ncb"] * times
    assert "Binding:" in out(cell, "qstat", "-r")
    assert "Binding:" not in out(cell, "qstat", "-r", *words)
    assert "\nbinding:" not in out(cell, "qstat", "-j", "1", *words)
    assert "NSOC" in out(cell, "qhost")
    assert "NSOC" not in out(cell, "qhost", *words)


def test_of_no_queues_none_are_left(cell: PureCell) -> None:
    assert cell.run(["qselect", "-pe", "smp", "-qs", "d"], "root") == (1, "", "")
    assert cell.run(["qstat", "-pe", "smp", "-qs", "d"], "root") == (0, "", "")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("exechost hostname *", HOSTS),
        ("exechost load_values *", HOSTS),
        ("exechost load_values NONE", HOSTS[:2]),
        ("exechost load_values *arch=lx-amd64*", HOSTS[2:]),
        ("exechost load_values load_avg=*", HOSTS[2:]),
        ("exechost processors 0", HOSTS[:2]),
        ("exechost processors 2", HOSTS[2:]),
        ("exechost load_scaling NONE", HOSTS),
        ("exechost user_lists NONE", HOSTS),
        ("exechost xuser_lists *", HOSTS),
        *((f"exechost {name} *", []) for name in ("projects", "xprojects", "usage_scaling", "foo")),
        ("exechost report_variables *", []),
        ("queue nsuspend *", []),
        ("queue slots 2", ["all.q"]),
    ],
)
def test_which_objects_have_a_value(cell: PureCell, words: str, found: list[str]) -> None:
    assert out(cell, "qconf", "-sobjl", *words.split()).split() == found


def test_a_queue_is_searched_by_its_value_for_all_hosts(cell: PureCell) -> None:
    out(cell, "qconf", "-mattr", "queue", "slots", "3,[localhost=1]", "all.q")
    assert out(cell, "qconf", "-sobjl", "queue", "slots", "3") == "all.q\n"
    assert out(cell, "qconf", "-sobjl", "queue", "slots", "1") == ""


# ---- accounting --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("", "NONE"),
        ("projects proj", "-P proj"),
        ("projects *", "-P proj"),
        ("projects {*}", "-P proj"),
        ("projects !proj", "-P proj"),
        ("projects proj,x", "-P proj"),
        ("users {*}", "-u alice"),
        ("users alice", "-u alice"),
        ("users !nobody", "-u alice"),
        ("users {nobody}", "NONE"),
        ("users *", "NONE"),
        ("users @empty", "NONE"),
        ("users @list", "-U list -u alice"),
        ("users !@list", "-U list"),
        ("users @list,{*}", "-U list"),
        ("users alice,*", "NONE"),
        ("users *,!nobody", "-u alice"),
        ("users {alice,*}", "-u alice"),
        ("hosts localhost", "NONE"),
        ("users {*} projects proj", "-u alice -P proj"),
    ],
)
@pytest.mark.parametrize("enabled", ["TRUE", "FALSE"])
def test_projects_and_users_are_in_the_category_when_a_quota_asks_for_them(
    cell: PureCell, limit: str, enabled: str, expected: str
) -> None:
    config: CellConfig = cell.qmaster.engine.state.config
    config.usersets.update({"list": {"entries": "alice"}, "empty": {"entries": "NONE"}})
    text = f"{{\n name r\n description NONE\n enabled {enabled}\n limit {limit} to slots=5\n}}\n"
    config.resource_quotas = {item.name: item for item in parse_quota_sets(text)} if limit else {}
    assert category(make_spec(project="proj"), config) == expected


@pytest.mark.parametrize(
    ("hard", "soft", "expected"),
    [
        ([], [("h_rt", "70"), ("s_rt", "60")], "-soft -l h_rt=70,s_rt=60"),
        ([], [("mem_free", "1G"), ("arch", "none")], "-soft -l arch=none,mem_free=1G"),
        ([("h_rt", "50")], [("s_rt", "3600")], "-l h_rt=50 -soft -l s_rt=3600"),
    ],
)
def test_soft_requests_are_in_the_category(
    cell: PureCell, hard: list[tuple[str, str]], soft: list[tuple[str, str]], expected: str
) -> None:
    """As a real 8.1.9 cell wrote it."""
    spec = make_spec(
        hard_resources=tuple(Resource(*pair) for pair in hard),
        soft_resources=tuple(Resource(*pair) for pair in soft),
    )
    assert category(spec, cell.qmaster.engine.state.config) == expected


def test_immediate_jobs_have_a_category_of_their_own(cell: PureCell) -> None:
    config: CellConfig = cell.qmaster.engine.state.config
    assert category(make_spec(immediate=True, hard_queues=("all.q",)), config) == "-q all.q -I y"


# ---- what qstat -j -xml tells of a job that qalter changed ----------------------------------------------
def leaves(cell: PureCell, job: int, name: str) -> str:
    """The values of a member of a job, with a blank between them."""
    text = out(cell, "qstat", "-j", str(job), "-xml")
    return " ".join(re.findall(rf"<{name}>(.*)</{name}>", text))


ARCH = "-l arch=lx-amd64 -soft -l h_rt=7 -b y sleep 100"


@each_row(
    "lines, member, value",
    [
        ([], "CE_consumable", "1 0"),
        (["qalter -l h_rt=9,lic=0 2"], "CE_consumable", "0 1"),
        # what -w found at submission is left over until a list is another
        ([f"qsub -h -w w {ARCH}"], "CE_tagged", "2 1"),
        ([f"qsub -h -w w {ARCH}", "qalter -w n 3"], "CE_tagged", "2 1"),
        ([f"qsub -h -w w {ARCH}", "qalter -w e -l arch=lx-amd64 3"], "CE_tagged", "0 1"),
        ([f"qsub -h -w w {ARCH}", "qalter -w e -soft -l h_rt=8 3"], "CE_tagged", "2 0"),
        ([f"qsub -h {ARCH}", "qalter -w w 3"], "CE_tagged", "0 0"),
        ([f"qsub -h {ARCH}", "qalter -w e -l arch=lx-amd64 3"], "CE_tagged", "0 0"),
        # what makes no new version
        (["qalter -ot 6 2"], "JB_version", "1"),
        (["qalter -ot 6 2", "qalter -ot 6 2"], "JB_version", "1"),
        (["qalter 2 -- a b"], "JB_version", "0"),
        (["qalter -l h_rt=3 2 -- a b"], "JB_version", "1"),
    ],
)
def test_members_of_an_altered_job(tmp_path: Path, lines: list[str], member: str, value: str) -> None:
    cell = new_cell(tmp_path)
    out(cell, *"qsub -h -l license=1,h_rt=5 -b y sleep 100".split())
    for line in lines:
        out(cell, *line.split())
    last = 3 if lines and lines[0].startswith("qsub") else 2
    assert leaves(cell, last, member) == value


@each_row(
    "option, member, before",
    [("-pe smp 1-3", "JB_pe_range", "ranges"), ("-binding linear:1", "JB_binding", "binding")],
)
def test_members_of_altered_lists_are_elements(tmp_path: Path, option: str, member: str, before: str) -> None:
    cell = new_cell(tmp_path)
    words = option.split()
    out(cell, "qsub", "-h", *words, "-b", "y", "sleep", "100")
    for tag, alter in ((before, []), ("element", words)):
        if alter:
            out(cell, "qalter", *alter, "2")
        assert f"<{member}>\n        <{tag}>\n" in out(cell, "qstat", "-j", "2", "-xml")


# ---- -clear: it forgets all that stands before it ---------------------------------------------------------
@each_row(
    "words, said",
    [
        ("-t 1-3 -tc 1 -clear -b y true", 'Your job 2 ("true") has been submitted\n'),
        ("-tc 1 -clear -b y true", 'Your job 2 ("true") has been submitted\n'),
        ("-clear -t 1-3 -b y true", 'Your job-array 2.1-3:1 ("true") has been submitted\n'),
        ("-t 1-3 -clear -t 1-5 -b y true", 'Your job-array 2.1-5:1 ("true") has been submitted\n'),
        ("-b y -clear true", "job rejected: no script in your request"),
        ("-t 1-3 -clear -tc 1 -b y true", 'invalid "task concurrency" value in job request'),
    ],
)
def test_clear_forgets(tmp_path: Path, words: str, said: str) -> None:
    cell = new_cell(tmp_path)
    answer = cell.run(["qsub", *words.split()], "root")
    assert answer == (
        (0, said, "") if said.startswith("Your") else (1, "", f"Unable to run job: {said}\nExiting.\n")
    )


@each_row(
    "words, binding, verify",
    [
        ("-binding linear:1 -shell n -clear -h -b y true", "NONE", None),
        ("-ar 1 -clear -h -b y true", "NONE", "2"),  # looked at before
        ("-w e -clear -h -b y true", "NONE", None),
    ],
)
def test_little_is_left_of_what_is_cleared(
    tmp_path: Path, words: str, binding: str, verify: str | None
) -> None:
    cell = new_cell(tmp_path)
    out(cell, "qsub", *words.split())
    lines = dict(line.partition(":")[::2] for line in out(cell, "qstat", "-j", "2").splitlines())
    assert lines["binding"].strip() == binding
    assert (lines.get("verify_suitable_queues") or "").strip() == (verify or "")
    assert lines["job_type"].strip() == "binary"


# ---- -now y ---------------------------------------------------------------------------------------------
@each_row(
    "words, started",
    [
        ("-t 1-3", None),  # of two slots: all of its tasks at once, or none
        ("-t 1-2", "1 2"),
        ("-t 1-9 -tc 2", "1 2"),
        ("-t 1-3 -tc 1", "1"),
        ("-l license=99", None),
    ],
)
def test_immediate_jobs_start_or_leave_no_trace(tmp_path: Path, words: str, started: str | None) -> None:
    cell = new_cell(tmp_path)
    code, _, err = cell.run(["qsub", "-now", "y", *words.split(), "-b", "y", "sleep", "100"], "root")
    job = cell.view.job(2)
    assert (code, "successfully" in err) == ((1, False) if started is None else (0, True))
    assert (started is None) == (job is None)
    assert job is None or " ".join(map(str, job.tasks)) == started
    assert out(cell, "qstat", "-s", "z") == ""
    assert out(cell, "qsub", "-terse", "-h", "-b", "y", "sleep", "1") == "3\n"


# ---- successors: they stay listed when they have left; altered, they are the last ------------------------
@each_row(
    "lines, shown",
    [
        ([], ("3,4", "2,4")),
        (["qdel 2", "qdel 3", "qdel 4"], ("3,4", "2,4")),
        (["qalter -hold_jid 1 3"], ("4,3", "2,4")),
        (["qalter -hold_jid 1,1 4"], ("3,4,4", "2,4")),
        (["qalter -hold_jid 1 2", "qdel 2"], ("3,4,2", "2,4")),
        (["qalter -hold_jid_ad 1 2"], ("3,4", "4,2")),
    ],
)
def test_successors(tmp_path: Path, lines: list[str], shown: tuple[str, str]) -> None:
    cell = new_cell(tmp_path)
    for words in ("-hold_jid_ad 1", "-hold_jid 1", "-hold_jid 1 -hold_jid_ad 1"):
        array = "-t 1-4" if "_ad" in words else ""
        out(cell, *f"qsub {array} {words} -b y sleep 100".split())
    for line in lines:
        out(cell, *line.split())
    found = dict(line.partition(":")[::2] for line in out(cell, "qstat", "-j", "1").splitlines())
    names = ("jid_successor_list", "ja_ad_successor_list")
    assert tuple(found.get(name, "").strip() for name in names) == shown
