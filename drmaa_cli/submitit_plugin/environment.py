"""submitit in a job: who it is, and what it does when its time is about to be over."""

from __future__ import annotations

import os
import signal

from submitit.core import job_environment, logger
from submitit.core.utils import DelayedSubmission, JobPaths

from drmaa_cli.typed import Any, ClassVar

EXIT_RESCHEDULE = 99  # Grid Engine puts a job that ends so back into its queue (queue_conf(5), sge_conf(5))


class DrmaaJobEnvironment(job_environment.JobEnvironment):
    """The environment of a job of Grid Engine."""

    _env: ClassVar[dict[str, str]] = {
        "job_id": "JOB_ID",
        "array_job_id": "JOB_ID",
        "array_task_id": "SGE_TASK_ID",
        "num_tasks": "SUBMITIT_DRMAA_TASKS",  # never set: one function is one task
        "num_nodes": "SUBMITIT_DRMAA_NODES",
        "node": "SUBMITIT_DRMAA_NODE",
        "global_rank": "SUBMITIT_DRMAA_RANK",
        "local_rank": "SUBMITIT_DRMAA_RANK",
    }

    @property
    def array_job_id(self) -> str | None:
        """The number of an array job; None for a job that is none."""
        return os.environ.get("JOB_ID") if self.array_task_id else None

    @property
    def array_task_id(self) -> str | None:
        """The number of a task of an array job, else None."""
        task = os.environ.get("SGE_TASK_ID", "")
        return task if task.isdigit() else None

    def _handle_signals(self, paths: JobPaths, submission: DelayedSubmission) -> None:
        """At the soft limit of its time a job is checkpointed and put back into its queue."""
        handler = _SignalHandler(self, paths, submission)
        for number in (signal.SIGTERM, signal.SIGCONT, signal.SIGUSR2):
            signal.signal(number, handler.bypass)  # with -notify SIGUSR2 announces a deletion
        signal.signal(signal.SIGUSR1, handler.checkpoint_and_try_requeue)

    def _requeue(self, countdown: int) -> None:
        """The exit status that follows does it."""
        logger.get_logger().info(f"Requeuing job {self.job_id} ({countdown} remaining timeouts)")


class _SignalHandler(job_environment.SignalHandler):
    """submitit's, which ends as Grid Engine wants it for a job that is to run again."""

    def checkpoint_and_try_requeue(self, signum: int, frame: Any = None) -> None:  # noqa: ANN401  # as there
        """Once: Grid Engine may repeat the signal."""
        signal.signal(signum, signal.SIG_IGN)
        super().checkpoint_and_try_requeue(signum, frame)

    def _exit(self) -> None:
        self._logger.info("Exiting to be rescheduled.")
        raise SystemExit(EXIT_RESCHEDULE)
