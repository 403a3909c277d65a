"""submitit's executor for Grid Engine."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from submitit.core import core, utils

from drmaa_cli.constants import JobControlAction, JobSubmissionState
from drmaa_cli.errors import DrmaaException
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.submitit_plugin import parameters as words
from drmaa_cli.submitit_plugin.jobs import DrmaaJob
from drmaa_cli.submitit_plugin.sessions import name_of, session
from drmaa_cli.typed import Any

GIBIBYTE = 2**30


class DrmaaExecutor(core.PicklingExecutor):
    """Runs functions as Grid Engine jobs; those of a batch as one array job.

    Args:
        folder: where pickles, results and logs are; the hosts must share it.
        max_num_timeout: how often a function with a ``checkpoint`` method is put back into the queue when its
            time is over.
        max_pickle_size_gb: the most that is pickled for one submission.
        python: the shell command that runs Python in a job; by default the program's own.
    """

    job_class = DrmaaJob

    def __init__(
        self,
        folder: str | Path,
        max_num_timeout: int = 3,
        max_pickle_size_gb: float = 1.0,
        python: str | None = None,
    ) -> None:
        super().__init__(folder, max_num_timeout=max_num_timeout, max_pickle_size_gb=max_pickle_size_gb)
        self.python = shlex.quote(sys.executable) if python is None else python

    @classmethod
    def affinity(cls) -> int:
        """2 where there are Grid Engine's commands, -1 where not."""
        return 2 if shutil.which("qsub") and shutil.which("qconf") else -1

    @classmethod
    def _valid_parameters(cls) -> set[str]:
        return set(words.DEFAULTS)

    def _internal_update_parameters(self, **kwargs: Any) -> None:  # noqa: ANN401  # as submitit has it
        words.read({**self.parameters, **kwargs})  # for its refusals
        super()._internal_update_parameters(**kwargs)

    def _internal_process_submissions(
        self, delayed_submissions: Sequence[utils.DelayedSubmission]
    ) -> list[core.Job[Any]]:
        pickles = self._pickled(delayed_submissions)
        try:
            ids = self._submit(len(pickles))
        except DrmaaException as err:
            for path in pickles:
                path.unlink()
            raise utils.FailedSubmissionError(f"Grid Engine did not take the job: {err}") from err
        jobs: list[core.Job[Any]] = [DrmaaJob(folder=self.folder, job_id=job) for job in words.ids(ids)]
        for job, path in zip(jobs, pickles):
            job.paths.move_temporary_file(path, "submitted_pickle")
        if self._has_folder_of_job:
            here = session(name_of(self.folder))
            here.control(ids[0].partition(".")[0], JobControlAction.RELEASE)
        return jobs

    def _pickled(self, submissions: Sequence[utils.DelayedSubmission]) -> list[Path]:
        folder = utils.JobPaths.get_first_id_independent_folder(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        timeout = self.parameters.get("timeout_min") or words.DEFAULTS["timeout_min"]
        paths: list[Path] = []
        size = 0
        for submission in submissions:
            paths.append(folder / f"{uuid.uuid4().hex}.pkl")
            submission.set_timeout(timeout, self.max_num_timeout)
            submission.dump(paths[-1])
            size += paths[-1].stat().st_size
            if size > self.max_pickle_size_gb * GIBIBYTE:
                for path in paths:
                    path.unlink()
                text = f"functions and arguments are more than max_pickle_size_gb={self.max_pickle_size_gb}"
                raise RuntimeError(text)
        return paths

    @property
    def _has_folder_of_job(self) -> bool:
        """Whether logs go where nothing can be before the job's number is known."""
        return Path(self.folder) != Path(utils.JobPaths.get_first_id_independent_folder(self.folder))

    def _submit(self, count: int) -> list[str]:
        here = session(name_of(self.folder))
        template = self._template(here.createJobTemplate(), is_array=count > 1)
        if count == 1:
            return [here.runJob(template)]
        return here.runBulkJobs(template, 1, count, 1)

    def _template(self, template: JobTemplate, *, is_array: bool) -> JobTemplate:
        asked = words.read(self.parameters)
        paths = utils.JobPaths(self.folder)
        template.remoteCommand = "/bin/sh"
        template.args = ["-c", words.script(self.python, str(self.folder), asked)]
        template.workingDirectory = str(Path.cwd())
        template.jobName = asked.name
        template.outputPath = f":{words.log_path(str(paths.stdout), is_array=is_array)}"
        if asked.joined:
            template.joinFiles = True
        else:
            template.errorPath = f":{words.log_path(str(paths.stderr), is_array=is_array)}"
        variables = os.environ if asked.environment is None else asked.environment
        template.jobEnvironment = words.passed_on(variables, {"SUBMITIT_EXECUTOR": "drmaa"})
        native = f"{asked.native} {words.parallelism(self.parameters) if is_array else ''}"
        template.nativeSpecification = native.strip()
        if self._has_folder_of_job:
            template.jobSubmissionState = JobSubmissionState.HOLD_STATE
        return template

    def _num_tasks(self) -> int:
        return 1

    def _make_submission_file_text(self, command: str, uid: str) -> str:
        raise NotImplementedError("jobs are submitted without a file")

    def _make_submission_command(self, submission_file_path: Path) -> list[str]:
        raise NotImplementedError("jobs are submitted without a file")

    @staticmethod
    def _get_job_id_from_submission_command(string: bytes | str) -> str:
        raise NotImplementedError("jobs are submitted without a file")
