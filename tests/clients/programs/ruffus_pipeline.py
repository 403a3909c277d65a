"""ruffus runs a pipeline of three jobs at a time; (with "fail") a command that leaves through exit 3."""

from __future__ import annotations

import sys

import drmaa
from ruffus import Pipeline, formatter
from ruffus.drmaa_wrapper import run_job
from ruffus.ruffus_exceptions import JobFailed

session = drmaa.Session()


def run(command: str) -> tuple[list[str], list[str]]:
    out, err = run_job(
        cmd_str=command, job_name="ruffus", drmaa_session=session, run_locally=False, job_other_options=""
    )
    return out, err


def start(output: str) -> None:
    run(f"echo {output[-1]} > {output}")


def double(source: str, output: str) -> None:
    out, _ = run(f"expr 2 '*' $(cat {source}) | tee {output}")
    sys.stdout.write(f"stdout {''.join(out).strip()}\n")  # in one piece: it runs in several threads


def main() -> int:
    session.initialize()
    if sys.argv[1] == "fail":
        try:
            print("returned", run("echo to stdout; echo to stderr >&2; exit 3"))
        except JobFailed as error:
            print(type(error).__name__)
    else:
        pipeline = Pipeline("test")
        pipeline.originate(start, ["first.1", "first.2", "first.3"])
        pipeline.transform(double, start, formatter(r"first\.(?P<n>\d)"), "second.{n[0]}")
        pipeline.run(multithread=3, verbose=0)
    session.exit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
