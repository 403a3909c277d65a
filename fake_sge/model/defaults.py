"""The configuration of a new cell: what qconf shows on a fresh Grid Engine 8.1.9 (captures ``qconf.*``)."""

from __future__ import annotations


def _attributes(text: str) -> dict[str, str]:
    """``name=value; name=value`` as a mapping, in this order."""
    pairs = (item.partition("=") for item in text.split("; "))
    return {name: value for name, _, value in pairs}


GLOBAL = _attributes(
    "execd_spool_dir=/var/spool/gridengine/execd; mailer=/usr/bin/mail; xterm=/usr/bin/xterm; "
    "load_sensor=none; prolog=none; epilog=none; shell_start_mode=posix_compliant; "
    "login_shells=bash,sh,ksh,csh,tcsh; min_uid=1000; min_gid=1000; user_lists=none; xuser_lists=none; "
    "projects=none; xprojects=none; enforce_project=false; enforce_user=auto; load_report_time=00:00:40; "
    "max_unheard=00:05:00; reschedule_unknown=00:00:00; loglevel=log_warning; administrator_mail=root; "
    "set_token_cmd=none; pag_cmd=none; token_extend_time=none; shepherd_cmd=none; qmaster_params=none; "
    "execd_params=none; "
    "reporting_params=accounting=true reporting=false flush_time=00:00:15 joblog=false sharelog=00:00:00; "
    "finished_jobs=100; gid_range=65400-65500; qlogin_command=builtin; qlogin_daemon=builtin; "
    "rlogin_command=builtin; rlogin_daemon=builtin; rsh_command=builtin; rsh_daemon=builtin; "
    "max_aj_instances=2000; max_aj_tasks=75000; max_u_jobs=0; max_jobs=0; auto_user_oticket=0; "
    "auto_user_fshare=0; auto_user_default_project=none; auto_user_delete_time=86400; "
    "delegated_file_staging=false; reprioritize=0; jsv_url=none; jsv_allowed_mod=ac,h,i,e,o,j,M,N,p,w"
)
SCHEDULER = _attributes(
    "algorithm=default; schedule_interval=0:0:15; maxujobs=0; queue_sort_method=load; "
    "job_load_adjustments=np_load_avg=0.50; load_adjustment_decay_time=0:7:30; load_formula=np_load_avg; "
    "schedd_job_info=true; flush_submit_sec=0; flush_finish_sec=0; params=none; "
    "reprioritize_interval=0:0:0; halftime=168; usage_weight_list=cpu=1.000000,mem=0.000000,io=0.000000; "
    "compensation_factor=5.000000; weight_user=0.250000; weight_project=0.250000; "
    "weight_department=0.250000; weight_job=0.250000; weight_tickets_functional=0; "
    "weight_tickets_share=0; share_override_tickets=TRUE; share_functional_shares=TRUE; "
    "max_functional_jobs_to_schedule=200; report_pjob_tickets=TRUE; max_pending_tasks_per_job=50; "
    "halflife_decay_list=none; policy_hierarchy=OFS; weight_ticket=0.500000; "
    "weight_waiting_time=0.278000; weight_deadline=3600000.000000; weight_urgency=0.500000; "
    "weight_priority=0.000000; max_reservation=0; default_duration=INFINITY"
)
QUEUE = _attributes(
    "qname=all.q; hostlist=@allhosts; seq_no=0; load_thresholds=NONE; suspend_thresholds=NONE; "
    "nsuspend=1; suspend_interval=00:05:00; priority=0; min_cpu_interval=00:05:00; processors=UNDEFINED; "
    "qtype=BATCH INTERACTIVE; ckpt_list=NONE; pe_list=NONE; rerun=FALSE; slots=16; tmpdir=/tmp; "
    "shell=/bin/bash; prolog=NONE; epilog=NONE; shell_start_mode=posix_compliant; starter_method=NONE; "
    "suspend_method=NONE; resume_method=NONE; terminate_method=NONE; notify=00:00:60; owner_list=NONE; "
    "user_lists=NONE; xuser_lists=NONE; subordinate_list=NONE; complex_values=NONE; projects=NONE; "
    "xprojects=NONE; calendar=NONE; initial_state=default"
)
QUEUE.update(
    {
        f"{kind}_{name}": "INFINITY"
        for name in ["rt", "cpu", "fsize", "data", "stack", "core", "rss", "vmem"]
        for kind in "sh"
    }
)
HOST = _attributes(
    "load_scaling=NONE; complex_values=NONE; processors=2; user_lists=NONE; xuser_lists=NONE; "
    "projects=NONE; xprojects=NONE; usage_scaling=NONE; report_variables=NONE"
)
LOAD = _attributes(
    "load_avg=1.342285; load_short=0.689453; load_medium=1.342285; load_long=1.073730; arch=lx-amd64; "
    "num_proc=2; mem_free=23311.742188M; swap_free=0.000000M; virtual_free=23311.742188M; "
    "mem_total=24105.550781M; swap_total=0.000000M; virtual_total=24105.550781M; mem_used=793.808594M; "
    "swap_used=0.000000M; virtual_used=793.808594M; cpu=19.800000; m_topology=SCC; m_topology_inuse=SCC; "
    "m_socket=1; m_core=2; m_thread=2; np_load_avg=0.671142; np_load_short=0.344726; "
    "np_load_medium=0.671142; np_load_long=0.536865"
)
PE = _attributes(
    "slots=999; user_lists=NONE; xuser_lists=NONE; start_proc_args=NONE; stop_proc_args=NONE; "
    "allocation_rule=$pe_slots; control_slaves=TRUE; job_is_first_task=TRUE; urgency_slots=min; "
    "accounting_summary=FALSE; qsort_args=NONE"
)
PROJECT = _attributes("oticket=0; fshare=0; acl=NONE; xacl=NONE")
USER = _attributes("oticket=0; fshare=0; delete_time=0; default_project=NONE")
USERSETS = {
    "arusers": _attributes("type=ACL; fshare=0; oticket=0; entries=NONE"),
    "deadlineusers": _attributes("type=ACL; fshare=0; oticket=0; entries=NONE"),
    "defaultdepartment": _attributes("type=DEPT; fshare=0; oticket=0; entries=NONE"),
}

# name shortcut type relop requestable consumable default urgency
_COMPLEXES = (
    "arch a STRING == YES NO NONE 0; calendar c STRING == YES NO NONE 0; cpu cpu DOUBLE >= YES NO 0 0; "
    "display_win_gui dwg BOOL == YES NO 0 0; h_core h_core MEMORY <= YES NO 0 0; "
    "h_cpu h_cpu TIME <= YES NO 0:0:0 0; h_data h_data MEMORY <= YES NO 0 0; "
    "h_fsize h_fsize MEMORY <= YES NO 0 0; h_rss h_rss MEMORY <= YES NO 0 0; "
    "h_rt h_rt TIME <= YES NO 0:0:0 0; h_stack h_stack MEMORY <= YES NO 0 0; "
    "h_vmem h_vmem MEMORY <= YES NO 0 0; hostname h HOST == YES NO NONE 0; "
    "load_avg la DOUBLE >= NO NO 0 0; load_long ll DOUBLE >= NO NO 0 0; "
    "load_medium lm DOUBLE >= NO NO 0 0; load_short ls DOUBLE >= NO NO 0 0; "
    "m_core core INT <= YES NO 0 0; m_socket socket INT <= YES NO 0 0; "
    "m_thread thread INT <= YES NO 0 0; m_topology topo STRING == YES NO NONE 0; "
    "m_topology_inuse utopo STRING == YES NO NONE 0; mem_free mf MEMORY <= YES NO 0 0; "
    "mem_total mt MEMORY <= YES NO 0 0; mem_used mu MEMORY >= YES NO 0 0; "
    "min_cpu_interval mci TIME <= NO NO 0:0:0 0; np_load_avg nla DOUBLE >= NO NO 0 0; "
    "np_load_long nll DOUBLE >= NO NO 0 0; np_load_medium nlm DOUBLE >= NO NO 0 0; "
    "np_load_short nls DOUBLE >= NO NO 0 0; num_proc p INT == YES NO 0 0; "
    "qname q STRING == YES NO NONE 0; rerun re BOOL == NO NO 0 0; s_core s_core MEMORY <= YES NO 0 0; "
    "s_cpu s_cpu TIME <= YES NO 0:0:0 0; s_data s_data MEMORY <= YES NO 0 0; "
    "s_fsize s_fsize MEMORY <= YES NO 0 0; s_rss s_rss MEMORY <= YES NO 0 0; "
    "s_rt s_rt TIME <= YES NO 0:0:0 0; s_stack s_stack MEMORY <= YES NO 0 0; "
    "s_vmem s_vmem MEMORY <= YES NO 0 0; seq_no seq INT == NO NO 0 0; slots s INT <= YES YES 1 1000; "
    "swap_free sf MEMORY <= YES NO 0 0; swap_rate sr MEMORY >= YES NO 0 0; "
    "swap_rsvd srsv MEMORY >= YES NO 0 0; swap_total st MEMORY <= YES NO 0 0; "
    "swap_used su MEMORY >= YES NO 0 0; tmpdir tmp STRING == NO NO NONE 0; "
    "virtual_free vf MEMORY <= YES NO 0 0; virtual_total vt MEMORY <= YES NO 0 0; "
    "virtual_used vu MEMORY >= YES NO 0 0"
)
COMPLEXES = tuple(tuple(line.split()) for line in _COMPLEXES.split("; "))
