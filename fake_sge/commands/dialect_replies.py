"""Replies as the Grid Engine of the cell's ``flavour`` prints them."""

from __future__ import annotations

from dataclasses import replace

from ..model.requests import Reply, Request
from ..render.dialects import DEFAULT, dialect_of, translate
from ..render.formats import encode
from ..render.usage import BANNER
from .interface.qmaster_interface import QmasterInterface
from .times.local_time import clock_of


def in_dialect(reply: Reply, request: Request, qmaster: QmasterInterface) -> Reply:
    """The reply with its stdout and usage texts in the words of ``request.flavour``."""
    dialect = dialect_of(request.flavour)
    if dialect is DEFAULT:
        return reply
    out, err = reply.out, reply.err
    banner = encode(BANNER)
    if err.startswith(banner):
        err = encode(dialect.banner) + err[len(banner) :]
    if out.startswith((banner, b"<?xml")):
        text = out.decode("utf-8", "surrogateescape")
        out = encode(translate(text, dialect, qmaster.job, clock_of(request.env.get("TZ"))))
    return replace(reply, out=out, err=err)
