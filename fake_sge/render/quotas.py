"""qquota: the resource quotas in use, as a table or XML."""

from __future__ import annotations

from collections.abc import Sequence

from ..lighter import record
from ..model.flavours import Flavour
from .elements import HEAD
from .formats import finished, xml_escape

_SCHEMA = "http://arc.liv.ac.uk/repos/darcs/sge/source/source/dist/util/resources/schemas/qquota/qquota.xsd"


@record(frozen=True)
class QuotaLine:
    """A limit in use: ``filters`` are kinds and their values; ``value`` is None where nothing is counted."""

    rule: str
    filters: Sequence[tuple[str, str]]
    resource: str
    limit: str
    value: str | None


def quota_table(lines: Sequence[QuotaLine]) -> str:
    """The table; nothing without a line."""
    if not lines:
        return ""
    rows = [f"{'resource quota rule':<18} {'limit':<20} filter\n", "-" * 80 + "\n"]
    for line in lines:
        used = line.limit if line.value is None else f"{line.value}/{line.limit}"
        filters = " ".join(f"{kind} {value}" for kind, value in line.filters) or "-"
        rows.append(f"{line.rule:<18.18} {f'{line.resource}={used}':<20.20} {filters}\n")
    return "".join(rows)


def quota_document(flavour: Flavour, lines: Sequence[QuotaLine]) -> str:
    """``qquota -xml``: an element for each rule."""
    rows = []
    for line in lines:
        rows.append(f" <qquota_rule name='{xml_escape(line.rule)}'>\n")
        for kind, value in line.filters:
            for word in value.strip("{}").split(","):
                tag, name = (f"x{kind}", word[1:]) if word.startswith("!") else (kind, word)
                rows.append(f"   <{tag}>{xml_escape(name)}</{tag}>\n")
        used = "" if line.value is None else f" value='{line.value}'"
        rows.append(f"   <limit resource='{line.resource}' limit='{line.limit}'{used}/>\n </qquota_rule>\n")
    body = "".join(rows)
    return finished(flavour, f'{HEAD}<qquota_result xmlns="{_SCHEMA}">\n{body}</qquota_result>\n')
