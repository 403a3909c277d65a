"""hydra's submitit launcher with the executor of Grid Engine."""

from hydra_plugins.hydra_submitit_launcher.submitit_launcher import BaseSubmititLauncher


class DrmaaLauncher(BaseSubmititLauncher):
    """Each run of a sweep is a task of one array job."""

    _EXECUTOR = "drmaa"
