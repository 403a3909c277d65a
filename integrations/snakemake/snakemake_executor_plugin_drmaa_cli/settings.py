"""The options ``--drmaa-cli-...``. Snakemake reads their types, so they are not postponed annotations."""

from dataclasses import dataclass, field
from typing import Any

from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase


def _option(default: str | bool | None, text: str) -> Any:  # noqa: ANN401  # as dataclasses.field
    return field(default=default, metadata={"help": text, "env_var": False, "required": False})


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """What can be told for all jobs; the resource ``sge_...`` of a rule goes before."""

    native: str = _option("", "Options of qsub for every job")
    pe: str = _option("smp", "Parallel environment for more than one thread")
    memory_resource: str = _option("mem_free", "What mem_mb is asked for as: h_vmem, or both with a comma")
    gpu_resource: str = _option("gpu", "What gpu is asked for as")
    logdir: str = _option(".snakemake/drmaa_cli_logs", "Where jobs write what they print")
    keep_logs: bool = _option(False, "Keep the logs of jobs that succeed, too")
    efficiency_report: str = _option(
        "", "A file for what each job used beside what it had asked for, tab-separated"
    )


common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_default_storage_provider_args=True,
    pass_default_resources_args=True,
    pass_envvar_declarations_to_cmd=True,
    auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=0,
)
