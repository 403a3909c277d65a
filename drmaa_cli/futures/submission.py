"""From a bundle of calls to an array job."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from drmaa_cli.futures.calls import Call, job_name
from drmaa_cli.futures.errors import NotSubmittedError
from drmaa_cli.futures.own_code import own_classes
from drmaa_cli.futures.spool import LOG, MODULE, Spool
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.system.log import Log

log = Log("drmaa_cli.futures")

PROGRAM = f"import sys; sys.path[0] = sys.argv[1]; import {MODULE[:-3]} as here; here.main(*sys.argv[1:])"


class PendingBundle:
    """A bundle that is written and not submitted.

    Attributes:
        bundle: its name, and the key of its submission.
        calls: what is in it.
        template: the job.
        began: when it was first tried, by the monotonic clock.
        not_before: when it is to be tried again.
    """

    def __init__(self, bundle: str, calls: Sequence[Call], template: JobTemplate) -> None:
        self.bundle, self.calls, self.template = bundle, calls, template
        self.began, self.not_before = time.monotonic(), 0.0


class BundleSubmitter:
    """Writes bundles and submits them.

    Args:
        session: where they become jobs.
        spool: where they are written.
        python: the interpreter on the hosts.
    """

    def __init__(self, session: JobSession, spool: Spool, python: str) -> None:
        self._session, self._spool, self._python = session, spool, python
        self._ids: dict[str, list[str]] = {}  # of bundles of earlier programs
        self._in_session: set[str | None] | None = None

    def write(self, calls: Sequence[Call]) -> PendingBundle | None:
        """Write a bundle; None when that fails, which the futures are told."""
        common = calls[0].common
        setup = {
            "python": tuple(sys.version_info[:2]),
            "path": list(common.path),
            "argv0": sys.argv[0] if sys.argv else "",
            "directory": common.resources.directory or common.directory,
            "directory_given": bool(common.resources.directory),
            "chunked": common.chunked,
            "classes": own_classes(),
        }
        try:
            bundle = self._spool.write([call.pickled for call in calls], setup)
        except OSError as err:
            for call in calls:
                refusal = NotSubmittedError(f"the call could not be written to {self._spool.path}: {err}")
                refusal.__cause__ = err
                call.future.settle(None, refusal)
            return None
        return PendingBundle(bundle, calls, self._template(bundle, calls))

    def submit(self, submission: PendingBundle) -> list[str]:
        """Submit a bundle, once however often this is called: the ids of its calls.

        Raises:
            DrmaaException: as runBulkJobs().
        """
        count = len(submission.calls)
        ids = self._session.runBulkJobs(submission.template, 1, count, 1, key=submission.bundle)
        log.debug("%d calls of %s are job %s", count, submission.bundle, ids[0].partition(".")[0])
        return ids

    def known(self, bundle: str) -> list[str]:
        """The ids of a bundle that an earlier program wrote; none if it did not come to submit it.

        Raises:
            DrmaaException: the session cannot tell.
        """
        if self._in_session is None:
            self._in_session = {job.key for job in self._session.jobs()}
        if bundle not in self._in_session:
            return []
        if bundle not in self._ids:
            count = self._spool.setup(bundle)["count"]
            template = self._session.createJobTemplate(remoteCommand=self._python)
            self._ids[bundle] = self._session.runBulkJobs(template, 1, count, 1, key=bundle)
        return self._ids[bundle]

    def _template(self, bundle: str, calls: Sequence[Call]) -> JobTemplate:
        resources = calls[0].common.resources
        template = self._session.createJobTemplate(
            remoteCommand=self._python,
            args=["-c", PROGRAM, str(self._spool.path), bundle, self._spool.token],
            workingDirectory=str(self._spool.path),
            jobName=job_name(calls, resources.name),
            outputPath=f":{self._spool.path / bundle}/{JobTemplate.PARAMETRIC_INDEX}{LOG}",
            joinFiles=True,
        )
        if resources.environment:
            template.jobEnvironment = dict(resources.environment)
        specification = resources.specification()
        if specification:
            template.nativeSpecification = specification
        return template
