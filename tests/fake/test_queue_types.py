"""Which jobs a queue takes by its ``qtype``, and an environment by its slots: what a real 8.1.9 said."""

from __future__ import annotations

from pathlib import Path

from .pure import PureCell, does

FOUND = "verification: found suitable queue(s)\n"
NOT_BATCH = 'cannot run in queue instance "all.q@localhost" because it is not of type batch'
NOT_INTERACTIVE = 'cannot run in queue "all.q" because it is not of type interactive'
NO_SLOTS = 'cannot run in PE "smp" because it only offers 0 slots'
SAID = {  # by types and command: immediate jobs (-now y, and qrsh without -now n) need INTERACTIVE
    ("BATCH", "qsub -b y"): (),
    ("BATCH", "qsub -now y -b y"): (NOT_INTERACTIVE,),
    ("BATCH", "qsub -now y -pe smp 1 -b y"): (NOT_INTERACTIVE, NO_SLOTS),
    ("BATCH", "qrsh"): (NOT_INTERACTIVE,),
    ("BATCH", "qrsh -pe smp 1"): (NOT_INTERACTIVE, NO_SLOTS),
    ("BATCH", "qrsh -now n"): (),
    ("INTERACTIVE", "qsub -b y"): (NOT_BATCH,),
    ("INTERACTIVE", "qsub -now y -b y"): (),
    ("INTERACTIVE", "qsub -pe smp 1 -b y"): (),
    ("INTERACTIVE", "qrsh"): (),
    ("INTERACTIVE", "qrsh -now n"): (NOT_BATCH,),
    ("NONE", "qsub -b y"): (NOT_BATCH,),
    ("NONE", "qsub -pe smp 1 -b y"): (),
    ("NONE", "qsub -now y -pe smp 1 -b y"): (NOT_INTERACTIVE, NO_SLOTS),
}


def test_types(tmp_path: Path) -> None:
    cell = PureCell(tmp_path, slots=2)
    for (types, command), reasons in SAID.items():
        cell.run(["qconf", "-rattr", "queue", "qtype", types, "all.q"], "root")
        for kind in "vp":
            cell.qmaster.engine.state.next_number = 1
            tool, *words = command.split()
            _, out, err = cell.run([tool, "-w", kind, *words, "true"], "root")
            said = [line.partition("Job 1 ")[2] for line in err.splitlines() if "Job 1 " in line]
            assert (out, tuple(said)) == ("" if reasons else FOUND, reasons), (types, command, kind)


def test_an_immediate_job_that_no_queue_takes(tmp_path: Path) -> None:
    cell = PureCell(tmp_path, slots=2)
    cell.run(["qconf", "-rattr", "queue", "qtype", "BATCH", "all.q"], "root")
    waiting = "Waiting for immediate job to be scheduled.\n\n"
    too_late = "Your qsub request could not be scheduled; try again later.\n"
    code, _, err = cell.run(["qsub", "-now", "y", "-b", "y", "true"], "root")
    assert (code, err) == (1, waiting + too_late)
    code, _, err = cell.run(["qrsh", "true"], "root")
    assert (code, err) == (1, 'Your "qrsh" request could not be scheduled, try again later.\n')
    assert not cell.qmaster.engine.state.jobs


def test_slots_of_an_environment_that_are_used(tmp_path: Path) -> None:
    cell = PureCell(tmp_path, slots=4)

    def few(offered: int) -> str:
        return NO_SLOTS.replace("offers 0", f"offers {offered}")

    does(cell, "qconf -mattr pe slots 1 smp")
    for slots in ("1", "1", "1-2", "2"):
        does(cell, f"qsub -pe smp {slots} -b y sleep 100")
    for job in (2, 3, 4):
        assert does(cell, f"qstat -j {job}").partition("scheduling info:")[2].strip() == NO_SLOTS
    for options in ("p -pe smp 1", "p -pe smp 2", "v -pe smp 2", "p -pe smp 1-5", "p -pe smp 1 -l arch=no"):
        assert f"{NO_SLOTS}\nverification: no suitable queues\n" in does(cell, f"qsub -w {options} -b y true")
    assert does(cell, "qsub -w v -pe smp 1 -b y true") == FOUND
    does(cell, "qconf -mattr pe slots 3 smp")
    does(cell, "qdel -u root")
    does(cell, "qconf -tsm")
    does(cell, "qsub -pe smp 2 -b y sleep 100")
    assert few(1) in does(cell, "qsub -w p -pe smp 2 -b y true")
