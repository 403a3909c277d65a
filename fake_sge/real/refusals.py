"""What only a fake cell can do: the members of :class:`fake_sge.Cell` that a real Grid Engine refuses."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import FakeOnlyError


class WithoutFaults:
    """A Grid Engine that does what it does: every member raises FakeOnlyError."""

    @staticmethod
    def _only_a_fake(what: str) -> NoReturn:
        raise FakeOnlyError(f"only a fake cell can {what}")

    def fault(self, kind: object, tool: str = "*", **options: Any) -> NoReturn:  # noqa: ANN401, ARG002
        """Nothing goes wrong when one asks for it."""
        self._only_a_fake("break when it is told to")

    def clear_faults(self, number: int | None = None) -> NoReturn:  # noqa: ARG002
        """There are none."""
        self._only_a_fake("break when it is told to")

    def faults(self) -> NoReturn:
        """There are none."""
        self._only_a_fake("break when it is told to")

    def fail_job(self, job: int, task: int = 1, text: str = "") -> NoReturn:  # noqa: ARG002
        """A job gets into the error state by itself."""
        self._only_a_fake("put a job into the error state")

    def advance(self, seconds: float) -> NoReturn:  # noqa: ARG002
        """Its clock is the machine's."""
        self._only_a_fake("move its clock")

    def schedule(self) -> NoReturn:
        """Its scheduler runs when it likes."""
        self._only_a_fake("be told to schedule")

    def submit_simulated(self, run_time: float = 0.0, **spec: Any) -> NoReturn:  # noqa: ANN401, ARG002
        """Its jobs are processes."""
        self._only_a_fake("run jobs without processes")

    def next_job_number(self, number: int) -> NoReturn:  # noqa: ARG002
        """It counts by itself."""
        self._only_a_fake("choose the number of the next job")

    def hosts(self) -> NoReturn:
        """Its hosts do not fail when one asks for it."""
        self._only_a_fake("have hosts that fail")

    def host(self, name: str) -> NoReturn:  # noqa: ARG002
        """Its hosts do not fail when one asks for it."""
        self._only_a_fake("have hosts that fail")
