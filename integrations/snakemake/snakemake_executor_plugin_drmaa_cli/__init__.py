"""Snakemake's jobs on Grid Engine: ``snakemake --executor drmaa-cli``."""

from snakemake_executor_plugin_drmaa_cli.executor import Executor
from snakemake_executor_plugin_drmaa_cli.settings import ExecutorSettings, common_settings

__all__ = ["Executor", "ExecutorSettings", "common_settings"]
