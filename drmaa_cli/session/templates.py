"""Job templates of a session: usable while it lasts."""

from __future__ import annotations

from drmaa_cli.session.current import current
from drmaa_cli.template.job_template import TemplateAttributes
from drmaa_cli.typed import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.template.job_template import TemplateValues

    Self = TypeVar("Self", bound="JobTemplate")


class JobTemplate(TemplateAttributes):
    """A job to be submitted, with every attribute of drmaa-python's JobTemplate.

    A template belongs to the process-wide session, or to the one whose createJobTemplate() made it. When that
    has ended, all work on it but :meth:`delete` raises NoActiveSessionException (code 5).

    Args:
        **attributes: initial attributes by name.

    Raises:
        NoActiveSessionException: there is no process-wide session.
        InvalidArgumentException: there is no such attribute, or it cannot have this value (code 4).
    """

    def __init__(self, **attributes: Unpack[TemplateValues]) -> None:
        super().__init__(current, attributes)

    @classmethod
    def _for(cls: type[Self], check: Callable[[], object], **attributes: Unpack[TemplateValues]) -> Self:
        """A template of another session, whose check raises when that session has ended."""
        template = cls.__new__(cls)
        TemplateAttributes.__init__(template, check, attributes)
        return template
