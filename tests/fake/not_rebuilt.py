"""Recorded cases of the flavours that the fake does not answer byte for byte, each with the reason.

Every other recorded case of a command that the fake has is compared in full, and a case that is listed here
although it is equal by now fails a test.
"""

from __future__ import annotations

OCS = ("ocs-9.0", "ocs-9.1", "ocs-9.2")
ALL = ("sge-daimh", *OCS)

NOT_REBUILT: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "what comes after the options of a usage text is not in these recordings",
        ALL,
        ("qstat.bad_option", "qstat.j_neg_xml", "qstat.j_neg", "qstat.j_json"),
    ),
    (
        "no load report of that moment was recorded",
        ALL,
        ("qhost.plain", "qhost.F_xml", "qhost.q_xml"),
    ),
    (
        "the load changed between two recordings of one moment",
        ("ocs-9.0",),
        ("qstat.r_ne_f", "qstat.r_explain"),
    ),
    (
        "the load changed between two recordings of one moment",
        ("ocs-9.0", "ocs-9.2"),
        ("qstat.g_c", "qstat.g_c_xml"),
    ),
    ("the records of these jobs were not recorded", OCS, ("qacct.j_name", "qacct.o_user_b_j")),
    ("the total is that of exact usage; the blocks show it rounded", ("sge-daimh",), ("qacct.o_user_b_j",)),
    (
        "the fake's commands do not read act_qmaster",
        ALL,
        ("env.no_act_qmaster.qconf_sconf", "env.no_act_qmaster.qacct"),
    ),
    ("qconf speaks as 8.1.9's in every flavour", ALL, ("qconf.secl",)),
    ("qconf speaks as 8.1.9's in every flavour", OCS, ("qconf.sc", "qconf.tsm_denied", "qconf.stl")),
    ("qconf speaks as 8.1.9's in every flavour", OCS[1:], ("qconf.mattr_denied", "qconf.scl")),
    (
        "the fake escapes < as the others do (%lt;)",
        ("ocs-9.2",),
        (
            *("qstat.j_xml_args_special", "qstat.j_args_special", "qstat.j_xml_env_special"),
            *("qstat.j_env_special", "qstat.j_xml_name_lt", "qstat.j_name_lt"),
        ),
    ),
    (
        "the fake keeps no finished jobs (finished_jobs_keep_time)",
        ("ocs-9.2",),
        tuple(
            f"special.retained.{name}"
            for name in (
                *("j", "s_prsf_xml", "s_a_xml", "j_single", "j_array", "qdel", "qdel_task", "qdel_others"),
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
    ("the fake has no JSV on the server's side that changes jobs", ALL, ("cell2.server_jsv_plain_corr",)),
    ("the qmaster was going down while the command spoke with it", ALL[:3], ("env.qmaster_down.qsub",)),
)


def listed(flavour: str) -> set[str]:
    """The cases of a flavour that are not rebuilt."""
    return {case for _, flavours, cases in NOT_REBUILT if flavour in flavours for case in cases}
