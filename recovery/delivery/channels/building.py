"""From settings to channels that work, with the secrets that the environment holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.core.errors import EnvironmentFault
from recovery.delivery.channels import Channel
from recovery.delivery.channels.folder import NOBODY, FolderChannel
from recovery.delivery.channels.limiting import Limited, Rate
from recovery.delivery.channels.routing import Channels, OnlyTo
from recovery.delivery.channels.simple import ConsoleChannel, PortalChannel, TaskChannel
from recovery.delivery.message import Sender

if TYPE_CHECKING:
    from recovery.delivery.channels.settings import ChannelSettings
    from recovery.delivery.channels.shape import Limits, SmtpWay, Way, WebhookWay

REPLY_SECRET_AT_LEAST = 16
"""Characters of the secret that signs the addresses of cases."""


@contextmanager
def built(
    settings: ChannelSettings, outbox: Path, environment: Mapping[str, str], now: Callable[[], datetime]
) -> Iterator[Channels]:
    """The channels as they are set up; connections are opened when first needed and closed at the end.

    Args:
        outbox: the folder that messages and tasks are written into.
        environment: where secrets are.
        now: the present moment, which posts are signed with.

    Raises:
        EnvironmentFault: the environment lacks a secret, or it cannot be used.
    """
    maker = _Maker(settings, outbox, environment, now)
    with ExitStack() as stack:
        yield Channels({name: maker.channel(way, stack) for name, way in settings.ways.items()})


def _rate(text: str | None) -> Rate | None:
    """`60 per minute`, as the shape has checked it."""
    if text is None:
        return None
    count, _, unit = text.split()
    return Rate(int(count), timedelta(**{f"{unit}s": 1}))


class _Maker:
    def __init__(
        self,
        settings: ChannelSettings,
        outbox: Path,
        environment: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._only_to = settings.only_to
        self._outbox = outbox
        self._environment = environment
        self._now = now
        self._sender = self._make_sender(settings)

    def channel(self, way: Way, stack: ExitStack) -> Channel:
        """A channel; what reaches people outside is kept to those who may be written to."""
        match way.by:
            case "folder":
                return FolderChannel(self._outbox, self._sender)
            case "console":
                return ConsoleChannel()
            case "portal":
                return PortalChannel()
            case "phone_task" | "letter_task":
                return self._kept(TaskChannel(self._outbox, way.by))
            case "payment_task":
                return TaskChannel(self._outbox, way.by)
            case "smtp":
                return self._kept(self._limited(way, self._smtp(way, stack)))
            case "webhook":
                return self._kept(self._limited(way, self._webhook(way, stack)))

    def _kept(self, channel: Channel) -> Channel:
        return channel if self._only_to is None else OnlyTo(channel, self._only_to)

    def _limited(self, way: Limits, channel: Channel) -> Channel:
        if way.at_most is None and way.per_domain is None:
            return channel
        return Limited(channel, _rate(way.at_most), _rate(way.per_domain), self._now)

    def _smtp(self, way: SmtpWay, stack: ExitStack) -> Channel:
        from recovery.delivery.channels.smtp import SmtpChannel
        from recovery.delivery.channels.smtp_line import PORTS, Server, Waits

        password = self._secret(way.password_from) if way.password_from else ""
        waits = Waits(way.waits.connect, way.waits.answer, way.waits.accept)
        server = Server(way.host, way.port or PORTS[way.tls], way.tls, way.user, password, waits)
        made = SmtpChannel(server, self._sender)
        stack.callback(made.close)
        return made

    def _webhook(self, way: WebhookWay, stack: ExitStack) -> Channel:
        from recovery.delivery.channels.webhook import WebhookChannel

        try:
            made = WebhookChannel(way.url, self._secret(way.secret_from), self._now)
        except ValueError:
            hint = "Set it to whsec_ and at least 24 random bytes in base64."
            raise EnvironmentFault(f"{way.secret_from} is no secret for a webhook.", hint=hint) from None
        stack.callback(made.close)
        return made

    def _make_sender(self, settings: ChannelSettings) -> Sender:
        given = settings.sender
        if given is None:
            return NOBODY
        secret = self._secret(given.secret_from) if given.secret_from else ""
        if given.secret_from and len(secret) < REPLY_SECRET_AT_LEAST:
            hint = f"Set it to at least {REPLY_SECRET_AT_LEAST} characters that nobody can guess."
            raise EnvironmentFault(f"{given.secret_from} is too short to sign addresses with.", hint=hint)
        return Sender(given.address, given.name, given.replies, secret.encode())

    def _secret(self, variable: str) -> str:
        found = self._environment.get(variable, "")
        if not found.strip() or not found.isascii() or not found.isprintable():
            lacks = "is not set" if not found.strip() else "holds characters that a secret cannot have"
            hint = f"config/channels.yaml names it: set {variable}, in plain letters on one line."
            raise EnvironmentFault(f"The environment variable {variable} {lacks}.", hint=hint)
        return found
