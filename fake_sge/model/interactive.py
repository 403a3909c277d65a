"""How the job of a qrsh says what it runs (real cell: ``QRSH_COMMAND``), and where its streams lie."""

from __future__ import annotations

COMMAND = "QRSH_COMMAND"
SEPARATOR = "\udcff"  # the byte 0xff between the words
CHANNEL = "channel"  # in JobSpec.extra: the directory with the files in, out and err
