"""One qconf call that changes something: the configuration as it becomes, and what is said."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from ...model import CellConfig, Host
from ...model.cluster import GLOBAL_HOST, TEMPLATE_HOST
from ...model.requests import Request
from ..interface.qmaster_interface import QmasterInterface
from .editor import Edited, edit
from .refusal import ChangeRefused

Texts = tuple[int, str, str]  # exit code, stdout, stderr


class ConfigChange:
    """A call that has its own copy of the configuration.

    Attributes:
        config: to be changed.
        request: the call.
        who: ``USER@HOST``, as it is named in answers.
        qmaster: where the configuration is.
    """

    def __init__(self, request: Request, qmaster: QmasterInterface) -> None:
        self.config: CellConfig = copy.deepcopy(qmaster.config)
        self.request = request
        self.who = f"{request.user}@{request.host}"
        self.qmaster = qmaster
        self._code = 0
        self._err: list[str] = []
        self._out: list[str] = []
        self._changed = False

    def loads(self, host: str) -> Mapping[str, str]:
        """The load values of an execution host."""
        return self.qmaster.load_values(host)

    def done(self, text: str) -> None:
        """Something was changed."""
        self._changed = True
        self._err.append(text)

    def said(self, text: str) -> None:
        """Something was done that is no part of the configuration."""
        self._err.append(text)

    def noted(self, text: str) -> None:
        """Something that is told on stdout; a change it belongs to comes with :meth:`changed`."""
        self._out.append(text)

    def changed(self, text: str) -> None:
        """Something was changed that is told on stdout."""
        self._changed = True
        self._out.append(text)

    def failed(self, *lines: str, code: int = 1) -> None:
        """A part was refused."""
        self._code = max(self._code, code)
        self._err += lines

    def manager(self, code: int = 1) -> None:
        """Raises ChangeRefused for who is no manager."""
        if not self.config.is_manager(self.request.user):
            raise ChangeRefused(
                f'denied: "{self.request.user}" must be manager for this operation', code=code
            )

    def manager_of_queues(self) -> None:
        """The same for a change of attributes of queues: the newer Open Cluster Schedulers name the list."""
        if not self.config.is_manager(self.request.user):
            raise ChangeRefused(self.request.flavour.wording.no_manager_of_queues.format(self.request.user))

    def operator(self) -> None:
        """Raises ChangeRefused for who is no operator."""
        if not self.config.is_operator(self.request.user):
            raise ChangeRefused(f'denied: "{self.request.user}" must be operator for this operation')

    def host(self, name: str) -> str:
        """The host that a name means. Raises ChangeRefused for one that nobody knows."""
        meant = self.config.host_named(name)
        if meant not in (*self.config.known_hosts, *self.config.other_hosts):
            raise ChangeRefused(f'can\'t resolve hostname "{name}"')
        return meant

    def exec_host(self, name: str) -> Host | None:
        """An execution host or global. Raises ChangeRefused for an unknown one, and for the template."""
        if name == TEMPLATE_HOST:
            raise ChangeRefused("fake_sge: the template of execution hosts stays as it is")
        return self.config.host_with_values(name if name == GLOBAL_HOST else self.host(name))

    def edit(self, text: str) -> Edited:
        """Have the caller's editor change a text. Raises ChangeRefused when it fails."""
        return edit(text, self.request, self.qmaster)

    def finish(self) -> Texts:
        """Put the configuration into force when it is another one; what is printed."""
        if self._changed:
            self.qmaster.configure(self.config)
        return self._code, _lines(self._out), _lines(self._err)


def _lines(texts: Sequence[str]) -> str:
    return "".join(f"{text}\n" for text in texts)
