"""Judgements of circumstances made up of what was recorded: what the table of situations leaves out."""

from __future__ import annotations

from drmaa_cli.gridengine.records import Hold, TaskRange, TaskSet
from drmaa_cli.jobs.why.circumstances import Circumstances, ParallelEnvironment
from drmaa_cli.jobs.why.waiting import explain
from tests.tables import each_row
from tests.why.made_up import (
    DENIED,
    NEVER,
    NOW,
    POSSIBLE,
    TWO_FULL,
    UNKNOWN,
    away,
    full,
    instance,
    job,
    not_now,
    row,
)


@each_row(
    "about, sentence, certain",
    [
        (
            Circumstances(row(), job(), now=not_now(full("a.q@n1"), full("a.q@n2")), queues=TWO_FULL),
            "waiting for a free slot: all 8 slots of a.q@n1 and a.q@n2 are in use",
            True,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=not_now(full("a.q@n1")),
                empty=POSSIBLE,
                queues=(instance("a.q@n1", 3),),
            ),
            "waiting for a free slot: 3 of 4 slots of a.q@n1 are in use",
            True,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=not_now('(-l NONE) cannot run at host "n1" because it offers only hc:slots=0.000000'),
                queues=TWO_FULL,
            ),
            "waiting for a free slot: host n1 has no slot left, whatever the queues have",
            True,
        ),
        (
            Circumstances(row(), job(), now=DENIED, messages=(f"{full('a.q@n1')} due to a reservation",)),
            (
                "waiting for slots that are kept for another job: the free ones of queue a.q@n1 are"
                " reserved, and it"
                " might not end before they are needed"
            ),
            False,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=DENIED,
                messages=('queue instance "a.q@n1" dropped because it is overloaded: load_avg=3 >= 1',),
                queues=(instance("a.q@n1", 0, 4, "a", "alarm hl:load_avg=3 load-threshold=1"),),
            ),
            "waiting for the load to fall: a.q@n1 is in load alarm",
            False,
        ),
        (
            Circumstances(row(), job(pe="mpi", slots="4"), now=not_now('PE "mpi"', full("a.q@n1"))),
            'waiting for 4 free slots in parallel environment mpi: no slot of a.q@n1 is free; PE "mpi"',
            True,
        ),
        (
            Circumstances(
                row(),
                job(pe="mpi", slots="4"),
                now=not_now('cannot run in PE "mpi" because it only offers 0 slots'),
            ),
            (
                "waiting for 4 free slots in parallel environment mpi: it asks for 4 slots in mpi,"
                " and no place has as"
                " many free"
            ),
            True,
        ),
        (
            Circumstances(row(), job(), now=not_now(full("a.q@n1"))),
            "waiting for a free slot: no slot of a.q@n1 is free",
            True,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=not_now(*(away(f"a.q@n{n}") for n in range(1, 7))),
                queues=tuple(instance(f"a.q@n{n}", state="d" if n < 6 else "au") for n in range(1, 7)),
            ),
            (
                "waiting for a queue: a.q@n1, a.q@n2, a.q@n3 and 2 others are disabled; a.q@n6 is"
                " not heard of:"
                " its host does not answer"
            ),
            True,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=not_now(away("a.q@n1"), away("a.q@n2")),
                queues=(instance("a.q@n1", state="u"), instance("a.q@n2", state="u")),
            ),
            "waiting for a queue: a.q@n1 and a.q@n2 are not heard of: their hosts do not answer",
            True,
        ),
        (
            Circumstances(row(), job(), now=not_now(away("a.q@n1"))),
            "waiting for a queue: a.q@n1 is not available just now",
            True,
        ),
        (
            Circumstances(row(), job(), now=not_now(away("a.q@n1")), queues=(instance("a.q@n1"),)),
            "waiting for a queue: a.q@n1 is not available just now",
            True,
        ),
        (Circumstances(row(), job(), now=not_now(), queues=()), f"{NEVER}there is no queue", True),
        (
            Circumstances(row(), job(), now=not_now(), queues=TWO_FULL),
            "waiting for a queue that suits it: Grid Engine names no reason",
            False,
        ),
        (
            Circumstances(row(), job(), now=not_now(), empty=not_now(), queues=()),
            f"{NEVER}there is no queue",
            True,
        ),
        (
            Circumstances(row(), job(), now=not_now("a sentence of another engine")),
            "waiting for a queue: a sentence of another engine",
            True,
        ),
        (  # somebody else's job: only what the scheduler has said
            Circumstances(row(), job(), now=DENIED, messages=(full("a.q@n1"),), queues=TWO_FULL),
            "waiting for a free slot: all 4 slots of a.q@n1 are in use",
            False,
        ),
        (
            Circumstances(row(), job(), now=DENIED, messages=('has no permission for cluster queue "a.q"',)),
            f"{NEVER}queue a.q is not open to user anna",
            False,
        ),
        (
            Circumstances(row(), job(), now=DENIED, collects=False),
            "waiting, and nothing tells for what: only its owner may ask the qmaster why",
            False,
        ),
        (
            Circumstances(row(), None),
            "waiting, and nothing tells for what: Grid Engine gives no reason",
            False,
        ),
        (
            Circumstances(row(), job(), now=POSSIBLE, scheduler={"schedule_interval": "0:0:15"}),
            "to be started when the scheduler runs next: a queue suits it, and nothing known keeps it",
            False,
        ),
        (
            Circumstances(row(), job(), now=POSSIBLE, scheduler={"maxujobs": "3"}, owned=3),
            "waiting for other jobs of user anna: 3 run, and no more than 3 of one user may (maxujobs)",
            True,
        ),
        (
            Circumstances(row(), job(), messages=("job dropped because of user limitations",)),
            "waiting for other jobs of user anna: as many run as may, and no more of one user may (maxujobs)",
            True,
        ),
        (
            Circumstances(
                row(),
                job(queues=("b.q",)),
                now=POSSIBLE,
                queues=(instance("a.q@n1"), instance("b.q@n1", state="a")),
            ),
            "waiting for the load to fall: b.q@n1 is in load alarm",
            True,
        ),
        (
            Circumstances(row(), job(), now=POSSIBLE, queues=(instance("a.q@n1", state="A"),)),
            "waiting for the load to fall: a.q@n1 is in suspend alarm",
            True,
        ),
        (
            Circumstances(row(), job(), now=POSSIBLE, queues=(instance("a.q@n1", state="d"),)),
            "to be started when the scheduler runs next: a queue suits it, and nothing known keeps it",
            False,
        ),
        (
            Circumstances(row("Rq"), job(), now=POSSIBLE),
            "waiting to be started again",
            True,
        ),
        (
            Circumstances(
                row(),
                job(resources={"lic": "1"}),
                now=not_now("(-l lic=1) cannot run globally because it offers only gc:lic=0.000000"),
            ),
            "waiting for what it asks for: it asks for lic=1, and the cell as a whole has 0 left",
            True,
        ),
        (
            Circumstances(
                row(),
                job(resources={"mem_free": "8G"}),
                now=not_now(
                    '(-l mem_free=8G) cannot run at host "n1" because it offers only hl:mem_free=2.500G'
                ),
                empty=not_now(f'(-l mem_free=8G) cannot run in queue "a.q@n1"{UNKNOWN} (mem_free)'),
                memory={"n1": "16G", "n2": "4G"},
            ),
            "waiting for what it asks for: it asks for mem_free=8G, and host n1 has 2.5G just now",
            True,
        ),
        (
            Circumstances(
                row(),
                job(resources={"mem_free": "lots"}),
                now=not_now(
                    '(-l mem_free=lots) cannot run at host "n1" because it offers only hl:mem_free=2.500G'
                ),
                empty=not_now(f'(-l mem_free=lots) cannot run in queue "a.q@n1"{UNKNOWN} (mem_free)'),
                memory={"n1": "16G"},
            ),
            "waiting for what it asks for: it asks for mem_free=lots, and host n1 has 2.5G just now",
            True,
        ),
        (
            Circumstances(
                row(),
                job(resources={"arch": "none"}),
                now=not_now(),
                empty=not_now(
                    *(
                        f'(-l arch=none) cannot run at host "n{n}" because it offers only hl:arch=lx-amd64'
                        for n in (1, 2)
                    ),
                    'cannot run in queue "b.q" because it is not contained in its hard queue list (-q)',
                ),
            ),
            f"{NEVER}it asks for arch=none, and hosts n1 and n2 have lx-amd64",
            True,
        ),
        (
            Circumstances(
                row(),
                job(project="ours"),
                now=not_now(),
                empty=not_now('(project ours) does not have the correct project to run in host "n1"'),
            ),
            f"{NEVER}host n1 is not open to jobs of project ours",
            True,
        ),
        (
            Circumstances(row(), job(), now=not_now(), empty=not_now("something new")),
            f"{NEVER}something new",
            True,
        ),
        (
            Circumstances(
                row(),
                job(),
                now=DENIED,
                messages=(
                    'cannot run in queue "a.q" because it is not contained in its hard queue list (-q)',
                ),
            ),
            f"{NEVER}it may not run in the other queues (-q)",
            False,
        ),
        (
            Circumstances(
                row(),
                job(pe="mpi", slots="9"),
                now=not_now('cannot run in PE "mpi" because it only offers 0 slots'),
                empty=not_now('cannot run in PE "mpi" because it only offers 0 slots'),
                queues=TWO_FULL,
                environment=ParallelEnvironment(999, "$round_robin", ("a.q@n1", "a.q@n2")),
            ),
            f"{NEVER}it asks for 9 slots, and all hosts together have 8",
            True,
        ),
        (
            Circumstances(
                row(),
                job(pe="mpi", slots="2-4,8", resources={"lic": "9"}),
                now=not_now('cannot run in PE "mpi" because it only offers 0 slots'),
                empty=not_now('cannot run in PE "mpi" because it only offers 0 slots'),
                queues=TWO_FULL,
                environment=ParallelEnvironment(None, "", ("a.q@n1", "a.q@n2")),
            ),
            f"{NEVER}it asks for 2-4,8 slots in mpi, each with lic=9, and no place has as many",
            True,
        ),
        (
            Circumstances(row(), None, now=not_now('cannot run in PE "mpi" because it only offers 0 slots')),
            "waiting for a free slot: its parallel environment has too few slots",
            True,
        ),
        (Circumstances(row("hqw"), job()), "held, and Grid Engine does not say by whom", False),
        (
            Circumstances(row("hqw"), job(predecessors=(5,)), holds=Hold.OPERATOR),
            "held by a hold of an operator, and waiting for job 5, which has just ended (-hold_jid)",
            True,
        ),
        (
            Circumstances(
                row("hqw"),
                job(predecessors=(1, 2, 3, 4)),
                predecessors={n: [row("r", job=n), row("qw", job=n)] for n in (1, 2, 3, 4)},
            ),
            (
                "waiting for job"
                " 1 (align), which runs, but not all of it yet, 2 (align), which runs, but not all of it yet,"
                " 3 (align), which runs, but not all of it yet and 1 more (-hold_jid)"
            ),
            True,
        ),
        (
            Circumstances(row("dr", queue="a.q@n1"), job()),
            "to be deleted on a.q@n1, which takes a moment",
            True,
        ),
        (Circumstances(row("dqw"), job()), "to be deleted, which takes a moment", True),
        (
            Circumstances(row("Eqw"), job(errors={1: ("a new message",)})),
            "in its error state: a new message",
            True,
        ),
        (Circumstances(row("Eqw"), None), "in its error state, and Grid Engine does not say why", False),
        (Circumstances(row("t", queue="a.q@n1"), job()), "being started on a.q@n1", True),
        (
            Circumstances(row("S", queue="a.q@n1"), job()),
            "suspended: its queue a.q@n1 is suspended",
            True,
        ),
        (
            Circumstances(
                row(tasks=TaskSet((TaskRange(1, 9, 1),))),
                job(),
                messages=("not all array tasks may be started due to 'max_aj_instances'",),
            ),
            "waiting for other tasks of its array: as many run as max_aj_instances of the cell allows",
            True,
        ),
    ],
)
def test_what_is_said(about: Circumstances, sentence: str, certain: bool) -> None:
    found = explain(about, NOW)
    assert (found.sentence, found.certain) == (sentence, certain)
