"""From here to a shell on the submit host: contact string, ssh, connection, host key, login, shell."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

from drmaa_cli.config import Config
from drmaa_cli.diagnosis.finding import Examined, StepResult, ok, problem, skipped, warning
from drmaa_cli.session.contact import chosen_contact
from drmaa_cli.session.reach import ssh_runner
from drmaa_cli.system.runner import Command
from drmaa_cli.system.ssh.login import LoginFailed
from drmaa_cli.system.ssh.prompts import NoLogin

SSH_SECONDS = 30.0
OLDEST_SSH = (5, 6)  # ControlPersist; the release notes of OpenSSH
OLDEST_ACCEPT_NEW = (7, 6)
TRIPS = 3
SLOW_TRIP = 0.5  # seconds
_VERSION = re.compile(r"OpenSSH_(\d+)\.(\d+)")
_DIRECT = ("", "none")
LOGIN_BY_HAND = "log in by hand, with the same user and host: `ssh {}` says more"


def contact(site: Examined) -> StepResult:
    """What the contact string and the settings say."""
    site.config = Config.load(site.keywords)
    site.contact = chosen_contact(site.given, os.environ)
    if site.contact.address is None:
        return ok("this host")
    return ok(str(site.contact.address))


def program(site: Examined) -> StepResult:
    """Whether there is an OpenSSH that is new enough."""
    path = shutil.which("ssh")
    if path is None:
        return problem("there is no ssh on PATH", "install OpenSSH's client (openssh-client)")
    said = _said([path, "-V"])
    version = _VERSION.search(said)
    if version is None:
        return problem(f"{path} is not OpenSSH's: {said or 'it says nothing'}", "install OpenSSH's client")
    number = (int(version[1]), int(version[2]))
    if number < OLDEST_SSH:
        return problem(f"{path} is {version[0]}", "it must be 5.6 or newer: one login serves all commands")
    if number < OLDEST_ACCEPT_NEW and site.config.ssh_host_key == "accept-new":
        return problem(
            f"{path} is {version[0]}", "accept-new needs 7.6: set ssh_host_key to ask, and log in once"
        )
    return ok(f"{path}, {version[0]}")


def _said(words: list[str]) -> str:
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SSH_SECONDS,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace").strip()


def connection(site: Examined) -> StepResult:
    """Whether a server answers at the address that ssh's own configuration makes of the host."""
    address = site.contact.address
    assert address is not None
    site.shell = ssh_runner(address, site.config, site.answer)
    if site.shell.is_logged_in():
        return ok("a login of another program is shared")
    config = ["-F", site.config.ssh_config] if site.config.ssh_config else []
    answered = _said([shutil.which("ssh") or "ssh", *config, "-G", *address.words()])
    said = {name: rest for name, _, rest in (line.partition(" ") for line in answered.splitlines())}
    if "hostname" not in said or "port" not in said:
        return problem(f"ssh does not take its configuration: {answered}", "mend ssh_config")
    for way in ("proxyjump", "proxycommand"):
        if said.get(way, "none") not in _DIRECT:
            return skipped(f"the way is {way} {said[way]}: seen at the login")
    return _knock(said["hostname"], int(said["port"]), site.config.command_timeout)


def _knock(host: str, port: int, seconds: float) -> StepResult:
    began = time.monotonic()
    try:
        with socket.create_connection((host, port), seconds) as server:
            connected = time.monotonic() - began
            greeting = server.recv(255).partition(b"\n")[0].decode("utf-8", "replace").strip()
    except socket.gaierror as err:
        return problem(
            f"there is no host {host}: {err.strerror}", "check the host in the contact and ssh_config"
        )
    except OSError as err:
        return problem(
            f"{host} port {port}: {err.strerror or err}",
            "check host and port; a firewall or a VPN may be between: the site's people know",
        )
    if not greeting.startswith("SSH-"):
        return problem(
            f"{host} port {port} closes the connection, or is no ssh server: {greeting!r}",
            "try again in a minute (a server refuses when many log in at once); check the port",
        )
    return ok(f"{host} port {port}: {greeting}", connected)


def host_key(site: Examined) -> StepResult:
    """Whether the host's key is the one on record; the login happens here."""
    began = time.monotonic()
    try:
        site.ready_shell().log_in()
    except LoginFailed as err:
        site.refusal = err
    site.login_seconds = time.monotonic() - began
    if site.refusal is None:
        return ok("known", 0.0)
    kind, text = site.refusal.kind, site.refusal.text
    if kind is NoLogin.HOST_KEY_CHANGED:
        return problem(text, "ask the site whether the host was set up anew; only then remove the line")
    if kind is NoLogin.HOST_KEY_UNKNOWN:
        return problem(
            text, "log in by hand once and compare the key, or set DRMAA_CLI_SSH_HOST_KEY=accept-new"
        )
    if kind is NoLogin.SSH_UNUSABLE:
        return problem(text, "see what ssh says of its options and files")
    if kind in (NoLogin.UNREACHABLE, NoLogin.CLOSED):
        return problem(text, "try again in a minute; " + LOGIN_BY_HAND.format(site.contact.address))
    return ok("known", 0.0)


def login(site: Examined) -> StepResult:
    """Whether the user is let in."""
    if site.refusal is None:
        return ok("logged in", site.login_seconds)
    if site.refusal.kind is NoLogin.NO_ANSWER:
        advice = "run this at a terminal, give ssh_answer, or set DRMAA_CLI_SSH_ASKPASS"
    else:
        advice = LOGIN_BY_HAND.format(site.contact.address)
    return problem(site.refusal.text, advice)


def login_shell(site: Examined) -> StepResult:
    """Which shell the user has there, and what it prints at its beginning."""
    shell = site.ready_shell()
    shown = shell.run(_asked('printf %s "$SHELL"')).stdout.decode("utf-8", "replace")
    text = shown or "a shell that does not set SHELL"
    noise = shell.noise.strip()
    if noise:
        text += f"; it prints {len(noise)} bytes at the beginning, which are left out of every answer"
    return ok(text)


def round_trip(site: Examined) -> StepResult:
    """How far it is."""
    times = []
    for _ in range(TRIPS):
        began = time.monotonic()
        site.ready_shell().run(_asked(":"))
        times.append(time.monotonic() - began)
    middle = sorted(times)[TRIPS // 2]
    text = f"a command takes {middle * 1000:.0f} ms there and back"
    if middle > SLOW_TRIP:
        return warning(
            text, "what a login shell reads at its beginning (~/.bashrc) may be slow: try `time ssh HOST :`"
        )
    return ok(text, middle)


def _asked(script: str) -> Command:
    return Command(("sh", "-c", script), "/bin/sh", {}, SSH_SECONDS)


def leave(site: Examined) -> None:
    """Give the connection back."""
    with contextlib.ExitStack() as stack:
        for opened in (site.shell, site.accounting):
            if opened is not None:
                stack.callback(opened.close)
