"""What a session does once, when it begins: is Grid Engine here, how does the cell work, what is too old."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping

from drmaa_cli.errors import DrmaaException, DrmsInitException, InternalException, error
from drmaa_cli.gridengine import probe
from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.gridengine.replies import CommandFailed, UnreadableReply
from drmaa_cli.jobs.tracked_job import Rules
from drmaa_cli.store.places import parent_of, was_looked_through
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.files import contents, is_directory
from drmaa_cli.system.host import AccountingLog
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import CommandNotFound
from drmaa_cli.system.trouble import TROUBLE

ALLOW_ERROR_STATE = "SGE_DRMAA_ALLOW_JOB_ERROR_STATE"  # libdrmaa's variable: a job in Eqw has not ended


def reach(cluster: Cluster) -> Mapping[str, str]:
    """Make sure that Grid Engine can be used here; the cell's configuration.

    Raises:
        DrmsInitException: its commands are not here or are another program's, SGE_ROOT or SGE_CELL is wrong,
            or the user has no name.
        DrmCommunicationException: no qmaster answers.
    """
    try:
        cluster.tool("qsub")
    except CommandNotFound as err:
        raise error(DrmsInitException, str(err)) from err
    try:
        cluster.user  # noqa: B018  # every listing needs it
    except InternalException as err:
        raise error(DrmsInitException, err.text) from err
    try:
        return cluster.retrying(cluster.configuration)
    except DrmaaException as err:
        if isinstance(err.__cause__, (CommandFailed, CommandNotFound, UnreadableReply)):
            foreign = _foreign_qstat(cluster)
            if foreign or not isinstance(err.__cause__, UnreadableReply):
                text = err.text.rstrip("\n")
                raise error(DrmsInitException, f"{foreign}{text}") from err
        raise


def identity(cluster: Cluster, *, is_here: bool) -> CellIdentity:
    """Which cell commands speak to; of one on another host what is known without asking there.

    Args:
        cluster: runs the commands.
        is_here: whether they run on this host.

    Raises:
        CommandNotFound: there are none on this host.
    """
    if is_here:
        cluster.tool("qsub")
    name, root = cluster.variable("SGE_CELL") or "default", cluster.variable("SGE_ROOT")
    if not is_here:
        return CellIdentity(root, name)
    try:
        qmaster = contents(f"{cluster.common}/act_qmaster").decode("utf-8", "replace").strip()
    except OSError:
        qmaster = ""
    port = cluster.variable("SGE_QMASTER_PORT")
    return CellIdentity(os.path.realpath(root), name, f"{qmaster}:{port}" if qmaster else "")


def _foreign_qstat(cluster: Cluster) -> str:
    """Whose qstat is found, if not Grid Engine's; by its help text, for which no qmaster is asked."""
    try:
        cluster.product()
    except UnreadableReply:
        path = cluster.tool("qstat").path
        return f"{path} is not Grid Engine's qstat (PBS and Slurm have one of that name, too): "
    except TROUBLE:  # of Grid Engine's, about SGE_ROOT or the cell
        return ""
    return ""


def rules_of(cluster: Cluster, configuration: Mapping[str, str]) -> Rules:
    """How the ends of jobs are told in this cell."""
    return Rules(
        grace=probe.accounting_flush_seconds(configuration) + cluster.config.accounting_margin,
        error_state_is_end=ALLOW_ERROR_STATE not in os.environ,
        accounting=probe.has_accounting(configuration),
    )


def warn_of_accounting(cluster: Cluster, accounting: AccountingLog, rules: Rules) -> None:
    """Say at once if it will not be told how jobs end."""
    text = ""
    if not rules.accounting:
        text = (
            "this cell writes no accounting (reporting_params has accounting=false): how a job ended is known"
            " only if `qstat -j` shows it in the moment after, and is code 24 (no usage information) else"
        )
    elif not accounting.readable and not is_directory(parent_of(accounting.path)):
        try:
            cluster.tool("qacct")
        except CommandNotFound as err:
            text = f"how jobs end cannot be found out: {accounting.path} cannot be read here, and {err}"
    if text:
        log.warning("%s", text)
        warnings.warn(text, RuntimeWarning, stacklevel=4)


def check_listings(cluster: Cluster) -> None:
    """See that no default file takes jobs out of every listing.

    Raises:
        DrmsInitException: one does, in a way that nothing takes back; it says which file and line.
    """
    try:
        cluster.listing_options()
    except CommandFailed as err:
        raise error(DrmsInitException, err.text) from err


def expire_old_sessions(cluster: Cluster, path: str, cell: CellIdentity) -> None:
    """Remove the user's old sessions of this cell, at most once a day.

    How old they are, the file of the new one tells: our clock may be months ahead of the file server's.
    """
    try:
        directory, now = parent_of(path), os.stat(path).st_mtime
        if was_looked_through(directory, now):
            return
        from pathlib import Path  # noqa: PLC0415  # once a day

        from drmaa_cli.store import expiry  # noqa: PLC0415

        expiry.expire(
            Path(directory),
            now,
            cluster.config.keep_days,
            lambda: {row.job for row in cluster.listing(cluster.user).rows},
            cell,
        )
    except (*TROUBLE, OSError) as err:  # no reason not to work: they are looked through tomorrow
        log.warning("old sessions were not looked through: %s", err)
