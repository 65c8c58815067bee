"""Ways to send alerts: to a webhook, and through a program that takes the text on its standard input."""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.fleet.alerts import Alert
from shiftcast.pipelines.fleet.alerts_message import message_json, message_text
from shiftcast.pipelines.process import bare_environment
from shiftcast.pipelines.tables.whole_files import SETTINGS, whole_text

_SECONDS: Final = 10.0
_PAUSES: Final = (1.0, 4.0)  # before the second and the third try [s]
_PROGRAM_SECONDS: Final = 60
_PASSING: Final = (408, 425, 429)  # refusals that may pass by themselves, as those from 500 do


class SendError(OSError):
    """Alerts that could not be sent; they are sent again at the next check."""


class Way(Protocol):
    """A way to send alerts; ``name`` stands in the ledger."""

    @property
    def name(self) -> str:
        """Name of the way."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send alerts, all of them in one message.

        Parameters
        ----------
        alerts
            At least one, the gravest first.
        """


@dataclass(frozen=True)
class Webhook:
    """An incoming webhook that takes the JSON of Slack and its like.

    Attributes
    ----------
    address
        Where to post; secret, and never shown.
    source
        Where the address was read, for messages.
    pause
        Waits a number of seconds between two tries.
    """

    address: str = field(repr=False)
    source: str
    pause: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """Name in the ledger."""
        return "webhook"

    @property
    def shown(self) -> str:
        """The address without what is secret in it: scheme and host."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.hostname}/..."

    def send(self, alerts: Sequence[Alert]) -> None:
        """Post alerts in one message; a failure that may pass is tried again twice, a redirect is not followed.

        Parameters
        ----------
        alerts
            At least one, the gravest first.

        Raises
        ------
        SendError
            If the receiver did not take it; the address is shown without its secret.
        """
        body = json.dumps(message_json(alerts)).encode()
        for pause in (*_PAUSES, None):
            why, passing = self._post(body)
            if not why:
                return
            if not passing or pause is None:
                raise SendError(
                    f"webhook {self.shown} {why}; put the address in {self.source} right, or check the receiver; "
                    "the alerts are sent again at the next check"
                )
            self.pause(pause)

    def _post(self, body: bytes) -> tuple[str, bool]:
        """Post once, and return why it failed, empty if it did not, and whether that may pass."""
        asked = Request(self.address, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310  (the scheme was checked)
        try:
            with _opener(self.address).open(asked, timeout=_SECONDS):
                return "", False
        except HTTPError as error:
            error.close()
            return f"answered {error.code}", error.code in _PASSING or error.code >= 500
        except URLError as error:
            return f"cannot be reached ({_why(error.reason)})", True
        except (OSError, HTTPException) as error:
            return f"cannot be reached ({_why(error)})", True


@dataclass(frozen=True)
class MailProgram:
    """A program that takes a message on its standard input, such as one that sends mail.

    Attributes
    ----------
    command
        Program and arguments; no shell reads them.
    """

    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name in the ledger."""
        return "mail"

    def send(self, alerts: Sequence[Alert]) -> None:
        """Give alerts to the program as text, the first line their subject.

        Parameters
        ----------
        alerts
            At least one, the gravest first.

        Raises
        ------
        SendError
            If the program is not there, takes over a minute, or ends with another code than 0.
        """
        try:
            ended = subprocess.run(  # noqa: S603  (the user's own program)
                self.command, input=message_text(alerts).encode(), timeout=_PROGRAM_SECONDS, check=False,
                capture_output=True, env=bare_environment(),
            )  # fmt: skip
            why = f"ended with code {ended.returncode}" if ended.returncode else ""
        except subprocess.TimeoutExpired:
            why = f"took over {_PROGRAM_SECONDS} s"
        except OSError as error:
            why = f"cannot be run ({error.strerror})"
        if why:
            raise SendError(
                f"mail program {self.command[0]!r} {why}; try it by hand with a line of text on its standard input; "
                "the alerts are sent again at the next check"
            )


def open_mail(text: str) -> MailProgram:
    """Return the program that a line of text names.

    Parameters
    ----------
    text
        Program and arguments, quoted as for a shell; none is started.

    Returns
    -------
    MailProgram
        The way.

    Raises
    ------
    ValueError
        If the line cannot be read or is empty.

    Examples
    --------
    >>> open_mail("mail -s 'GPU alert' ops").command
    ('mail', '-s', 'GPU alert', 'ops')
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise InputError(f"mail program {text!r}: {error}; quote it as for a shell") from None
    if not words:
        raise InputError("the mail program is empty; name a program that reads a message on its standard input")
    return MailProgram(words)


def open_webhook(*, variable: str | None = None, file: Path | None = None, allow: Collection[str] = ()) -> Webhook:
    """Return the webhook whose address an environment variable or a file holds.

    Parameters
    ----------
    variable
        Name of the variable.
    file
        File with the address and nothing else, in place of a variable.
    allow
        Hosts beside this machine that may be reached by ``http``, which anyone on the way can read.

    Returns
    -------
    Webhook
        Its address is not shown where it is printed.

    Raises
    ------
    ValueError
        If there is no address, or it is none that may be used; the message does not hold it.
    """
    source = f"variable {variable}" if file is None else str(file)
    try:
        address = os.environ.get(variable or "", "") if file is None else whole_text(file, InputError, most=SETTINGS)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the address of the webhook cannot be read ({_why(error)}); check the path") from None
    address = address.strip()
    if not address:
        raise InputError(f"{source} holds no address of a webhook; put https://... there")
    if fault := _fault(address, allow):
        raise InputError(f"{source}: the address of the webhook {fault}")
    return Webhook(address, source)


def _fault(address: str, allow: Collection[str]) -> str:
    """Return what is wrong with an address, without its text; empty if nothing is."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return "has a space or a character that none has; give one line, percent-encoded"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no address; give https://..."
    if parts.scheme not in {"http", "https"} or not host:
        return "is none of http or https; give https://..."
    if parts.username is not None:
        return "holds a user; leave it out, and use the token in its path"
    if parts.scheme == "http" and not _loopback(host) and host not in {each.lower() for each in allow}:
        return f"is http to {host}, which anyone on the way can read; use https, or --allow-host {host}"
    return ""


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(HTTPRedirectHandler):
    """Refuse to be sent elsewhere: the message goes to the host that was named, or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect, so that its code is an error."""


def _opener(address: str) -> OpenerDirector:
    plain = ProxyHandler({}) if address.startswith("http:") else ProxyHandler()
    return build_opener(_NoRedirect, plain)


def _why(error: object) -> str:
    """Return what failed without the text of the error, which may hold the address."""
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
