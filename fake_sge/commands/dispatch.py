"""From a request to the command that answers it."""

from __future__ import annotations

import importlib

from ..model.requests import Reply, Request


def dispatch(request: Request, qmaster: object) -> Reply:
    """Call the command's ``main``."""
    module = importlib.import_module(f".{request.argv[0]}", __package__)
    reply: Reply = module.main(request, qmaster)
    return reply
