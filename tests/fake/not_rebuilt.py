"""Recorded cases that the fake does not answer byte for byte, each with the reason.

Every other recorded case of a command that the fake has is compared in full, and a case that is listed here
although it is equal by now fails a test.
"""

from __future__ import annotations

SGE = ("sge-8.1.9",)
OCS = ("ocs-9.0", "ocs-9.1", "ocs-9.2")
ALL = ("sge-daimh", *OCS)

NOT_REBUILT: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "what comes after the options of a usage text is not in these recordings",
        ALL,
        ("qstat.bad_option", "qstat.j_neg_xml", "qstat.j_neg", "qstat.j_json"),
    ),
    (
        "clients of other machines, and of programs that are no commands, had registered",
        SGE,
        ("qconf.secl", "cell2.secl"),
    ),
    (
        "when the user is deleted follows from a job that was there before the recorded ones",
        SGE,
        ("w1.qconf-suser_root",),
    ),
    (
        "of the jobs before it is not recorded what they were",
        SGE,
        (
            *("qstat.s_z_xml_after_acct", "qstat.mixed_u_star_xml"),
            *("env.port_garbage.qstat_xml", "env.root_unset.qstat_xml"),
            *(f"state.array_after_task_qdel.{form}" for form in ("j", "j_xml", "plain", "xml")),
        ),
    ),
    (
        "a job left before what waited for it was started; the fake's scheduler does both at once",
        SGE,
        ("state.finished_window.qstat_sprshz", "state.finished_window.qstat_sz", "op.qstat_j.finished"),
    ),
    (
        "an urgency of 1 beside a priority that was counted with 0.5: the scheduler ran between the two",
        SGE,
        ("state.Rs.j_xml", "state.dRr.j_xml"),
    ),
    (
        "of the jobs before it is not recorded what they were",
        ("sge-daimh", "ocs-9.0", "ocs-9.1"),
        (
            *("state.z_after.s_z", "state.z_after.s_z_xml", "hold_filter.s_z", "hold_filter.s_z_xml"),
            *("hold_filter.s_prshz", "hold_filter.s_prshz_xml"),
        ),
    ),
    (
        "the scheduler had not run since the queue was suspended; the fake says of queues what holds now",
        SGE,
        ("state.S.j", "state.S.j_xml", "state.sS.j_xml", "state.dS.j", "state.dS.j_xml"),
    ),
    (
        "the scheduler had not run since the queue was suspended; the fake says of queues what holds now",
        ("sge-daimh",),
        ("state.S.j", "state.S.j_xml"),
    ),
    (
        "the scheduler ran between the lines of this answer, or of the run before the last one it tells",
        SGE,
        ("w4.all", "w4.f_urg_pri", "w4.s_z_urg", "w4.s_z_urg_xml"),
    ),
    (
        "the usage of a task that has just ended is not that of accounting",
        SGE,
        ("state.finished_window.j_xml", "state.finished_window_array.j_xml"),
    ),
    ("the fake's only host cannot be deleted", SGE, ("cell2.qconf_sel_none", "cell2.qhost_none")),
    (
        "the scheduler said nothing of the held tasks of a job that had lost its -hold_jid_ad holds",
        ("ocs-9.2",),
        ("state.array_partly_deleted.j",),
    ),
    ("the records of these jobs were not recorded", OCS, ("qacct.j_name", "qacct.o_user_b_j")),
    ("the total is that of exact usage; the blocks show it rounded", ("sge-daimh",), ("qacct.o_user_b_j",)),
    (
        "the fake's commands do not read act_qmaster",
        ALL,
        ("env.no_act_qmaster.qconf_sconf", "env.no_act_qmaster.qacct"),
    ),
    (
        "the fake keeps no finished jobs (finished_jobs_keep_time)",
        ("ocs-9.2",),
        tuple(
            f"special.retained.{name}"
            for name in (
                *(
                    "j_xml_single",
                    "j_xml_array",
                    "j_xml_signal",
                    "j_xml_deleted",
                    "j",
                    "s_prsf_xml",
                    "s_a_xml",
                    "j_single",
                    "j_array",
                    "qdel",
                    "qdel_task",
                    "qdel_others",
                ),
                *("qhold", "qhold_task", "qhold_others", "qrls", "qrls_others", "qmod_sj", "qmod_sj_task"),
                *("qmod_usj", "qmod_usj_task", "qmod_usj_others", "qmod_rj", "qmod_rj_task"),
                *("qmod_rj_others", "qmod_cj", "qmod_cj_task", "qmod_cj_others"),
            )
        ),
    ),
    ("the fake shows qsub -verify in 8.1.9's form, with its own environment", ALL, ("qsub.verify",)),
    (
        "qsub -sync -terse ended without a word; the older 8.1.9 said how",
        ("sge-daimh",),
        ("qsub.sync_terse",),
    ),
    ("the qmaster was going down while the command spoke with it", ALL[:3], ("env.qmaster_down.qsub",)),
)


def listed(flavour: str) -> set[str]:
    """The cases of a flavour that are not rebuilt."""
    return {case for _, flavours, cases in NOT_REBUILT if flavour in flavours for case in cases}
