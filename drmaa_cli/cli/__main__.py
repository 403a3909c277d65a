"""``python -m drmaa_cli.cli``: the same as ``drmaa-cli``, for an installation without its scripts on PATH."""

from __future__ import annotations

import sys

from drmaa_cli.cli import main

sys.exit(main())
