"""From a contact string to the submit host: this one, or one that is logged in to by ssh."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from drmaa_cli.config import Config
from drmaa_cli.errors import (
    AuthorizationException,
    DrmsInitException,
    InvalidArgumentException,
    error,
)
from drmaa_cli.session.contact import Contact
from drmaa_cli.store.places import remote_directory
from drmaa_cli.system.files import LocalFiles
from drmaa_cli.system.host import Host, LocalHost
from drmaa_cli.system.runner import (
    Command,
    CommandNotFound,
    CommandTimeout,
    HostUnreachable,
    LocalRunner,
    Runner,
)
from drmaa_cli.system.trouble import drmaa_error
from drmaa_cli.typed import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from drmaa_cli.system.ssh.address import SshAddress
    from drmaa_cli.system.ssh.host import SshHost
    from drmaa_cli.system.ssh.login import Ask
    from drmaa_cli.system.ssh.prompts import Prompt
    from drmaa_cli.system.ssh.runner import SshRunner

AskPerson = Callable[[str], str]
HOST_KEY_POLICIES = ("", "ask", "accept-new", "strict")


def open_host(contact: Contact, config: Config, runner: Runner | None, answer: AskPerson | None) -> Host:
    """The submit host of a contact string, ready for commands.

    Args:
        contact: what it says.
        config: the settings.
        runner: runs commands on this host.
        answer: answers what a login asks.

    Raises:
        InvalidArgumentException: a setting for ssh is wrong, or a runner is given for another host.
        AuthorizationException: the login was refused, or nobody could answer what it asked.
        DrmsInitException: there is no usable ssh here, or no usable shell there.
        HostUnreachable: there is no connection.
    """
    if contact.address is None:
        return LocalHost(runner)
    if runner is not None:
        raise error(InvalidArgumentException, "a runner of your own and a contact by ssh exclude each other")
    runner_there = ssh_runner(contact.address, config, answer)
    try:
        return ssh_host(runner_there, contact, config)
    except BaseException:
        runner_there.close()
        raise


def ssh_host(runner: SshRunner, contact: Contact, config: Config) -> SshHost:
    """The submit host that is reached by a runner; for what it raises see :func:`open_host`."""
    from drmaa_cli.system.ssh.host import SshHost  # noqa: PLC0415  # loaded when it is needed

    return SshHost(runner, config.ssh_setup, contact.variables)


def ssh_runner(address: SshAddress, config: Config, answer: AskPerson | None) -> SshRunner:
    """What runs commands on a host by ssh; it is not logged in yet.

    Raises:
        InvalidArgumentException: a setting for ssh is wrong.
        DrmsInitException: there is no ssh here.
    """
    _check(config)
    from drmaa_cli.system.ssh.master import Master, SshOptions, socket_directory  # noqa: PLC0415
    from drmaa_cli.system.ssh.runner import SshRunner  # noqa: PLC0415

    program = LocalFiles().which("ssh", os.environ.get("PATH", os.defpath))
    if program is None:
        raise error(DrmsInitException, f"there is no ssh on PATH, and {address} needs it")
    env = {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    local = LocalRunner()
    options = SshOptions(program, config.ssh_host_key, config.ssh_config, config.command_timeout)
    master = Master(
        address,
        options,
        socket_directory(os.environ),
        env,
        lambda words, limit: local.run(Command(tuple(words), words[0], env, limit)),
    )
    return SshRunner(master, asker(config, answer), env)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """A host that cannot be reached is told as DRMAA tells it."""
    try:
        yield
    except (HostUnreachable, CommandTimeout, CommandNotFound) as err:
        raise drmaa_error(err) from err


def asker(config: Config, answer: AskPerson | None) -> Ask:
    """What answers the questions of a login, by the settings."""
    from drmaa_cli.system.ssh.answers import AskpassFailed, first_answer, sources  # noqa: PLC0415
    from drmaa_cli.system.ssh.prompts import PromptKind  # noqa: PLC0415

    asked = sources(answer, config.ssh_askpass, os.environ)

    def ask(prompt: Prompt) -> str | None:
        if prompt.kind is PromptKind.HOST_KEY and config.ssh_host_key != "ask":
            return "no"
        try:
            return first_answer(asked, prompt.text)
        except AskpassFailed as err:
            raise error(AuthorizationException, str(err)) from None

    return ask


def session_directory(config: Config, contact: Contact) -> str:
    """Where the sessions of a submit host are kept, on this host: names may be the same on several."""
    directory = config.state_directory(os.environ)
    if contact.address is None:
        return directory
    from urllib.parse import quote  # noqa: PLC0415  # loaded when it is needed

    words = (contact.address.user or "", contact.address.host, str(contact.address.port or ""))
    return remote_directory(directory, "@".join(quote(word, safe="") for word in words))


def _check(config: Config) -> None:
    if config.ssh_host_key not in HOST_KEY_POLICIES:
        raise error(
            InvalidArgumentException,
            f"ssh_host_key is 'ask', 'accept-new' or 'strict', not {config.ssh_host_key!r}",
        )
    if config.ssh_setup.startswith("-") or re.search(r"[\0-\x08\x0a-\x1f\x7f]", config.ssh_setup):
        raise error(
            InvalidArgumentException,
            f"ssh_setup is one line of shell text without control characters or a leading -,"
            f" not {config.ssh_setup!r}",
        )
    for name, path in (("ssh_config", config.ssh_config), ("ssh_askpass", config.ssh_askpass)):
        if path.startswith("-") or re.search(r"[\0-\x1f\x7f]", path):
            text = f"{name} is the path of a file, without control characters or a leading -, not {path!r}"
            raise error(InvalidArgumentException, text)
