"""What mypy and pyright must find: each line with ``# wrong`` is an error for both, and no other line is."""

from __future__ import annotations

import drmaa_cli


class NoRunner:
    def run(self, words: list[str]) -> int:
        return len(words)


def settings() -> None:
    drmaa_cli.open_session("session=x", outage_limits=3)  # wrong: no such setting
    drmaa_cli.open_session("session=x", outage_limit="soon")  # wrong: not a number
    drmaa_cli.open_session("session=x", strict_states="no")  # wrong: not a bool
    drmaa_cli.open_session(5)  # wrong: not a contact
    drmaa_cli.open_session(runner=NoRunner())  # wrong: runs no Command
    drmaa_cli.Session("session=x", pollmin=1)  # wrong: no such setting
    drmaa_cli.Session.initialize("session=x", colour="red")  # wrong: no such setting
    drmaa_cli.Config(poll_min="x")  # wrong: not a number
    drmaa_cli.opensession()  # wrong: no such name


def make(session: drmaa_cli.JobSession) -> None:
    session.createJobTemplate(remotecommand="/bin/true")  # wrong: no such attribute
    drmaa_cli.JobTemplate(args=3)  # wrong: not a list
    drmaa_cli.Session.createJobTemplate(outputpath=":/x")  # wrong: no such attribute


def template(jt: drmaa_cli.JobTemplate) -> None:
    jt.remotecommand = "/bin/true"  # wrong: no such attribute
    jt.remoteCommand = ["/bin/true"]  # wrong: not a text
    jt.args = 3  # wrong: not a list
    jt.args = ["a", None]  # wrong: None is no argument
    jt.joinFiles = "no"  # wrong: not a bool
    jt.jobEnvironment = ["A=1"]  # wrong: not a mapping
    jt.jobEnvironment = {"A": None}  # wrong: None is no value
    jt.hardWallclockTimeLimit = [60]  # wrong: not a time
    name: bytes = jt.jobName  # wrong: a str
    first: int = jt.args[0]  # wrong: a str
    print(name, first)


def jobs(session: drmaa_cli.JobSession, jt: drmaa_cli.JobTemplate) -> None:
    session.runJob("/bin/true")  # wrong: not a template
    session.runJob(jt, "key")  # wrong: the key has a name
    session.runBulkJobs(jt, 1, 10)  # wrong: the step is missing
    numbers: list[int] = session.runBulkJobs(jt, 1, 10, 1)  # wrong: ids are str
    session.wait("1", "soon")  # wrong: not a number
    print(session.jobs()[0].exitStatus)  # wrong: not of a job
    print(numbers)


def end(info: drmaa_cli.JobInfo) -> None:
    code: str = info.exitStatus  # wrong: an int
    usage: list[str] = info.resourceUsage  # wrong: a dict
    print(info.exitstatus)  # wrong: no such field
    print(code, usage)


def errors(error: drmaa_cli.DrmaaException) -> None:
    code: str = error.code  # wrong: an int
    text: int = error.text  # wrong: a str
    print(code, text)
