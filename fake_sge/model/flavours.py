"""The Grid Engines that a cell can speak like: one value for each, handed to commands and renderers.

Every choice is read from the transcripts of that engine (``tests/data/captures`` and ``captures-*``).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..lighter import NamedTuple

_LIVERPOOL = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas"
_GRIDWARE = "https://github.com/hpc-gridware/clusterscheduler/raw/master/source/dist/util/resources/schemas"


class Wording(NamedTuple):
    """Texts that differ between the flavours; ``{}`` stands for a value.

    ``option_error`` comes before most complaints about options, ``stop`` ends a refusal.
    """

    option_error: str = ""
    stop: str = ""
    no_submit_host: str = 'denied: host "{}" is not a submit host'
    many_tasks: str = "job rejected: you tried to submit a job with more than {} tasks"
    full_cluster: str = "job rejected: only {} jobs are allowed per cluster"
    full_user: str = "job rejected: only {} jobs are allowed per user (current job count: {})"
    no_deadline_user: str = 'job rejected: the user "{}" is not a deadline initiation user'
    no_queue: str = "warning: {}'s job is not allowed to run in any queue"
    no_trigger: str = "starting scheduler monitoring requires manager privileges"
    no_manager_of_queues: str = 'denied: "{}" must be manager for this operation'
    no_jsv: str = 'JSV "{}" is either not a file or not executable'
    bad_priority: str = 'invalid priority "{}".  Must be an integer from -1023 to 1024'
    bad_concurrency: str = 'invalid task concurrency number "{}". Must be an integer greater or equal to 0.'


class Absence(NamedTuple):
    """What commands say about a bad environment (``{}`` is the complaint), and when there is no qmaster."""

    bad_environment: str = "error: {}\n"
    bad_environment_of_qsub: str = "\nUnable to initialize environment because of error: {}\nExiting.\n"
    end_of_qstat: str = ""
    details_crash: bool = False  # qstat -j -xml dies of SIGSEGV
    details_as_listing: bool = False  # qstat -j says what qstat says
    prefix_of_qconf: str = ""
    all_lines_of_sync: bool = False  # qsub -sync y says what other commands say, too


class Times(NamedTuple):
    """How dates are written: ``iso`` year first, with so many ``digits`` of fractions of a second."""

    iso: bool = False
    digits: int = 0
    epoch: bool = True  # seconds since 1970 in qstat -j -xml


class DetailChoices(NamedTuple):
    """``qstat -j`` of an Open Cluster Scheduler: its lines, their columns, and which fields there are.

    ``task_width`` is where the number of a task ends, ``error_width`` the same for error reasons,
    ``widths`` are the columns of the lines that stand apart.
    """

    order: tuple[str, ...]
    width: int
    widths: Mapping[str, int]
    task_width: int
    error_width: int
    separator: str = "="  # between a queue or host and its slots
    category: bool = True
    blank_lines: bool = False  # after a given environment and context
    binding_text: str = "exec_binding_list"
    usage_separator: str = ","
    operations: bool = True  # ioops and iow in the usage
    holds: bool = True  # lists of held tasks in XML
    error_title: str = "error reason"
    end_time: bool = False
    glob_can_miss: bool = True  # no job with a name of that pattern is no error
    plain_numbers: bool = False  # usage as %g
    last_message: int = 91  # number of "There are no messages available"
    array_predecessors: bool = False  # JB_ja_ad_predecessor_list in XML
    element_binding: bool = False  # JB_binding with an element in it


class Accounting(NamedTuple):
    """The accounting file (``json``: one object on each line) and qacct."""

    json: bool = False
    pe_taskid_in_json: bool = True
    operations: bool = True  # ioops
    no_category: str = "-"
    arid_first: bool = True  # arid after pe_taskid
    deleted_by: bool = True

    @property
    def file_name(self) -> str:
        """In the cell's ``common`` directory."""
        return "accounting.jsonl" if self.json else "accounting"


class Flavour(NamedTuple):
    """What one Grid Engine does in its own way; the defaults are those of Son of Grid Engine 8.1.9.

    Attributes:
        name: how ``--flavour`` calls it.
        banner: first line of every help text.
        schema: address in XML answers of qstat; ``{}`` is the name of the schema.
        hosts_schema: the same of qhost.
        wording: its texts.
        times: its dates.
        absence: what it says without a qmaster or a good environment.
        details: ``qstat -j`` in the form of an Open Cluster Scheduler; None: as 8.1.9.
        accounting: the accounting file and qacct.
        number_width: the column of job numbers in tables.
        columns: tables are made of columns of their own width each, the rule as long as they are (OCS 9.2).
        threads_code: exit code of ``qconf -stl``; None: there is no such option.
        lists_categories: qconf has ``-scatl``.
        wide_hosts: the columns of qhost are wider, and ``qhost -F`` prints integers as such.
        nested_hosts: ``qhost -xml`` is indented by what is in what, and its numbers are plain.
        queue_load: the load value of ``qstat -f``.
        submission_tag: the time of a pending job in ``qstat -xml``.
        malformed: unknown jobs in XML are in elements without a name.
        unknown_in_xml: unknown jobs are answered in XML.
        full_code: exit code of qsub for a full job list.
        single_task_arrays: qsub calls an array of one task an array.
        compatibility: SGE_QSTAT_SGE_COMPATIBILITY takes the fractions from XML.
        infinity: a limit that there is none of, in ``qstat -F``.
        server_times: dates are in the time zone of the qmaster, whatever TZ is.
        missing_options: options of 8.1.9 that qsub does not have.
        further_options: options with one argument that qsub has besides, without meaning here.
        unspoolable_names: a job name with a blank or control character is refused.
        terse_in_files: -terse counts in a default file.
        suitability_after_queues: -w e adds a line to the refusal of an unknown queue.
        sync_on_stdout: qsub -sync y reports every end of a job on stdout.
        zombie_state: how a listing calls an ended job.
        less_than: ``<`` in XML. Of OCS 9.2 it is recorded of ``qstat -j`` alone (``qstat.j_xml_name_lt``).
        loses_array_holds: the deletion of tasks that never ran lifts all -hold_jid_ad holds on their job, not
            only those of their counterparts (``state.array_partly_deleted.plain``).
        retained: ``qstat -s f`` lists retained finished jobs, and there is no ``-s z``.
    """

    name: str
    banner: str
    schema: str = f"{_LIVERPOOL}/qstat/{{}}.xsd"
    hosts_schema: str = f"{_LIVERPOOL}/qhost/qhost.xsd"
    wording: Wording = Wording()
    times: Times = Times()
    absence: Absence = Absence()
    details: DetailChoices | None = None
    accounting: Accounting = Accounting()
    number_width: int = 7
    columns: bool = False
    threads_code: int | None = None
    lists_categories: bool = False
    wide_hosts: bool = False
    nested_hosts: bool = False
    queue_load: str = "load_avg"
    submission_tag: str = "JB_submission_time"
    malformed: bool = False
    unknown_in_xml: bool = True
    full_code: int = 25
    single_task_arrays: bool = True
    compatibility: bool = False
    retained: bool = False
    zombie_state: str = "z"
    less_than: str = "%lt;"
    loses_array_holds: bool = False
    infinity: str = "infinity"
    server_times: bool = False
    missing_options: tuple[str, ...] = ()
    further_options: tuple[str, ...] = ()
    unspoolable_names: bool = True
    terse_in_files: bool = True
    sync_on_stdout: bool = False
    suitability_after_queues: bool = False

    @property
    def is_ocs(self) -> bool:
        """Whether it is an Open Cluster Scheduler."""
        return self.details is not None


_OCS_WORDING = Wording(
    option_error="ERROR! ",
    stop=".",
    no_submit_host='denied: host "{}" is no submit host',
    many_tasks="job rejected: You try to submit a job with more than {} tasks",
    full_cluster="job rejected: Only {} jobs are allowed per cluster",
    full_user="job rejected: Only {} jobs are allowed per user (current job count: {})",
    no_deadline_user='job rejected: the user "{}" is no deadline initiation user',
    no_queue="warning: {} your job is not allowed to run in any queue",
    no_jsv='JSV "{}" is either not a file or not executeable',
    bad_priority="invalid priority {}. must be an integer from -1023 to 1024",
    bad_concurrency="invalid task concurrency number {}. Must be an integer greater or equal to 0.",
)
_ABSENCE_91 = Absence(
    bad_environment="critical error: {}\nerror: cl_com_set_alias_file failed: got unexpected parameters\n",
    bad_environment_of_qsub=(
        "critical error: {}\n\nUnable to initialize environment because of error: "
        "cl_com_set_alias_file failed: got unexpected parameters\nExiting.\n"
    ),
    end_of_qstat="error: Cannot get configuration from qmaster.\n",
    details_as_listing=True,
    prefix_of_qconf="ERROR: ",
    all_lines_of_sync=True,
)
_NO_BOOTSTRAP = "critical error: {}\ncritical error: cannot resolve name of bootstrap file\n"
_HEAD = (
    *("job_number", "category_id", "exec_file", "submission_time", "submit_cmd_line"),
    *("effective_submit_cmd_line", "deadline", "owner", "uid", "group", "gid", "groups", "sge_o_home"),
    *("sge_o_log_name", "sge_o_path", "sge_o_shell", "sge_o_tz", "sge_o_workdir", "sge_o_host"),
    *("execution_time", "account", "checkpoint_object", "cwd"),
)
_REQUESTS = (
    *("stderr_path_list", "reserve", "merge", "hard_resource_list", "soft_resource_list"),
    *("hard_queue_list", "soft_queue_list", "mail_options", "mail_list", "notify", "job_name"),
)
_PROGRAM = (
    *("priority", "jobshare", "restart", "shell_list", "env_list", "job_args", "script_file"),
    "parallel_environment",
)
_LISTS = ("jid_predecessor_list", "jid_successor_list")
_END = ("verify_suitable_queues", "version", "project", "department", "sync_options", "job-array tasks")
_ARRAY_REQUEST = "ja_ad_predecessor_list (req)"
_DETAILS_91 = DetailChoices(
    order=(
        *(*_HEAD, *_REQUESTS, "stdout_path_list", "stdin_path_list", *_PROGRAM, _ARRAY_REQUEST),
        *("jid_predecessor_list (req)", *_LISTS, *_END, "task_concurrency", "pending_tasks", "context"),
        "binding",
    ),
    width=33,
    widths={"cwd": 32, "parallel_environment": 23, _ARRAY_REQUEST: 36, "job-array tasks": 34},
    task_width=29,
    error_width=28,
)

SGE = Flavour("sge-8.1.9", "SGE 8.1.9")
DAIMH = Flavour("sge-daimh", "SGE r.", absence=Absence(details_crash=True))
OCS_91 = Flavour(
    "ocs-9.1",
    "OCS 9.1.4",
    schema=f"{_GRIDWARE}/qstat/qstat.xsd",
    hosts_schema=f"{_GRIDWARE}/qhost/qhost.xsd",
    wording=_OCS_WORDING._replace(
        no_trigger='denied: "{}" must be manager to initiate TRIGGER operation',
        no_manager_of_queues='denied: "{}" must be manager to initiate operation for target SGE_CQ_LIST',
    ),
    times=Times(iso=True, digits=6, epoch=False),
    absence=_ABSENCE_91,
    details=_DETAILS_91,
    accounting=Accounting(json=True),
    number_width=10,
    threads_code=1,
    lists_categories=True,
    wide_hosts=True,
    submission_tag="JAT_submission_time",
    zombie_state="qw",
    missing_options=("-binding",),
    further_options=("-scope", "-bamount"),
    unspoolable_names=False,
    sync_on_stdout=True,
    suitability_after_queues=True,
    malformed=True,
    full_code=27,
    single_task_arrays=False,
    compatibility=True,
)
OCS_90 = OCS_91._replace(
    name="ocs-9.0",
    banner="OCS 9.0.13",
    absence=_ABSENCE_91._replace(
        bad_environment=_NO_BOOTSTRAP,
        bad_environment_of_qsub=_NO_BOOTSTRAP,
        end_of_qstat="",
        details_as_listing=False,
        details_crash=True,
    ),
    details=_DETAILS_91._replace(
        width=32,
        widths={**_DETAILS_91.widths, _ARRAY_REQUEST: 35, "job-array tasks": 32},
        task_width=28,
        separator=":",
        category=False,
        binding_text="binding",
        usage_separator=", ",
        operations=False,
        holds=False,
        element_binding=True,
        glob_can_miss=False,
    ),
    accounting=Accounting(
        json=True,
        no_category="",
        pe_taskid_in_json=False,
        operations=False,
        arid_first=False,
        deleted_by=False,
    ),
    wording=_OCS_WORDING._replace(no_trigger='denied: "{}" must be manager for this operation'),
    full_code=25,
    lists_categories=False,
    wide_hosts=False,
    missing_options=(),
    further_options=("-scope",),
    terse_in_files=False,
)
OCS_92 = OCS_91._replace(
    name="ocs-9.2",
    banner="OCS 9.2.0prealpha",
    wording=OCS_91.wording._replace(
        no_manager_of_queues='denied: "{}" must be manager to initiate operation for target CQ_LIST'
    ),
    absence=_ABSENCE_91._replace(end_of_qstat=""),
    details=_DETAILS_91._replace(
        order=(
            *(*_HEAD, "cwd", "stdin_path_list", "stdout_path_list", *_REQUESTS, *_PROGRAM),
            *("ja_ad_request_list (req)", "jid_request_list (req)", *_LISTS, "ja_ad_successor_list"),
            *(*_END, "pending_tasks", "context", "task_concurrency", "binding"),
        ),
        widths={"cwd": 33, "parallel_environment": 23},
        task_width=31,
        error_width=31,
        blank_lines=True,
        error_title="error_reason",
        end_time=True,
        plain_numbers=True,
        last_message=92,
        array_predecessors=True,
    ),
    columns=True,
    nested_hosts=True,
    threads_code=0,
    queue_load="np_load_avg",
    infinity="INFINITY",
    server_times=True,
    unknown_in_xml=False,
    compatibility=False,
    retained=True,
    less_than="&lt;",
    loses_array_holds=True,
)

FLAVOURS = {flavour.name: flavour for flavour in (SGE, DAIMH, OCS_90, OCS_91, OCS_92)}


def flavour_named(name: str) -> Flavour:
    """Raises ValueError for a flavour that the fake does not speak."""
    found = FLAVOURS.get(name)
    if found is None:
        raise ValueError(f"unknown flavour {name!r}: one of {', '.join(FLAVOURS)}")
    return found
