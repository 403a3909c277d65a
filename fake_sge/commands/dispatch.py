"""From a request to the command that answers it."""

from __future__ import annotations

import importlib

from ..model.requests import Reply, Request


def dispatch(request: Request, qmaster: object) -> Reply:
    """Call the command's ``main``; the reply is in the dialect of the request."""
    module = importlib.import_module(f".{request.argv[0]}", __package__)
    reply: Reply = module.main(request, qmaster)
    if request.flavour == "sge-8.1.9":
        return reply
    dialects = importlib.import_module(".dialect_replies", __package__)
    translated: Reply = dialects.in_dialect(reply, request, qmaster)
    return translated
