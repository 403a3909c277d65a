"""How a job says what is special of it: what a qrsh runs (real cell: ``QRSH_COMMAND``), its streams."""

from __future__ import annotations

COMMAND = "QRSH_COMMAND"
SEPARATOR = "\udcff"  # the byte 0xff between the words
CHANNEL = "channel"  # in JobSpec.extra: the directory with the files in, out and err
TERMINAL = "terminal"  # in JobSpec.extra: the job has a terminal of its own (qsub -pty y)
