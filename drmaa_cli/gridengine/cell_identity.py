"""Which Grid Engine cell it is, so that what is kept of one is not taken for another's."""

from __future__ import annotations

from drmaa_cli.gridengine.json_text import dumps
from drmaa_cli.typed import NamedTuple

__all__ = ["CellIdentity"]

HERE = ("", "localhost")  # names of a qmaster's host that many cells have


class CellIdentity(NamedTuple):
    """A cell as a submit host sees it.

    Attributes:
        root: SGE_ROOT, without links.
        name: SGE_CELL.
        qmaster: what ``$SGE_ROOT/$SGE_CELL/common/act_qmaster`` says and SGE_QMASTER_PORT; '' if not known.
    """

    root: str
    name: str
    qmaster: str = ""

    @classmethod
    def parse(cls, text: str) -> CellIdentity:
        """Read what :meth:`dump` wrote.

        Raises:
            ValueError: it is nothing of the kind.
        """
        import json  # noqa: PLC0415  # not for those who submit

        root, name, qmaster = map(str, json.loads(text))
        return cls(root, name, qmaster)

    def dump(self) -> str:
        """All of it as one text."""
        return dumps(self)

    def is_other(self, that: CellIdentity) -> bool:
        """Whether it is another cell for sure.

        One cell may have its files in another place on another host, and its qmaster may move to another
        host; both at once, that is another cell.
        """
        if (self.root, self.name) == (that.root, that.name):
            return False
        hosts = {self.qmaster.partition(":")[0], that.qmaster.partition(":")[0]}
        return self.qmaster != that.qmaster or self.name != that.name or bool(hosts & set(HERE))

    def __str__(self) -> str:
        where = f", qmaster {self.qmaster}" if self.qmaster else ""
        return f"{self.root} (cell {self.name}{where})"
