"""The launcher's settings, which hydra finds by ``hydra/launcher=submitit_drmaa``."""

from dataclasses import dataclass
from typing import List, Optional  # noqa: UP035  # what omegaconf reads

from hydra.core.config_store import ConfigStore
from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf


@dataclass
class DrmaaQueueConf(BaseQueueConf):
    """What the submitit launchers have in common, and the parameters of submitit's plugin for Grid Engine."""

    _target_: str = "hydra_plugins.hydra_drmaa_cli_launcher.launcher.DrmaaLauncher"
    native: str = ""
    pe: str = "smp"
    memory_resource: str = "h_vmem"
    gpu_resource: str = "gpu"
    signal_delay_s: int = 90
    max_num_timeout: int = 0
    array_parallelism: int = 0
    setup: Optional[List[str]] = None  # noqa: UP006
    teardown: Optional[List[str]] = None  # noqa: UP006


ConfigStore.instance().store(
    group="hydra/launcher", name="submitit_drmaa", node=DrmaaQueueConf(), provider="hydra_drmaa_cli_launcher"
)
