"""A channel that is given no more than so many messages in a while, all together and for each domain.

What is too much now is put off, in the order it came, each message to the moment that is its turn; so however
many wait, each is looked at about twice. A limit is a process's own: each of two workers keeps to it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from recovery.delivery.mail import mailbox
from recovery.delivery.message import Message
from recovery.delivery.outcomes import Outcome, Snoozed

if TYPE_CHECKING:
    from recovery.delivery.channels import Channel

TURNS_KEPT = 10_000
"""How many messages that were put off are known by their key; further ones come when the last of these do."""

DOMAINS_KEPT = 1_000
"""How many domains are counted before those of which nothing was sent lately are forgotten."""


class Rate(NamedTuple):
    """At most `number` in any span of this length."""

    number: int
    span: timedelta


class Turns:
    """The turns of one rate. A moment given to it is never before an earlier one."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._sent: deque[datetime] = deque(maxlen=rate.number)
        self._given: deque[datetime] = deque(maxlen=rate.number)
        self._waiting: dict[str, datetime] = {}

    def turn(self, key: str, now: datetime) -> datetime:
        """When a message may go: now, or a later moment, which is kept for it."""
        free = self._after(self._sent, now)
        mine = self._waiting.get(key)
        if mine is not None and mine <= now and free <= now:
            return now
        if mine is not None and mine > now:
            return mine
        if mine is None and free <= now and not (self._given and self._given[-1] > now):
            return now
        at = max(free, self._after(self._given, now), self._given[-1] if self._given else now)
        if len(self._waiting) < TURNS_KEPT or mine is not None:
            self._given.append(at)
            self._waiting[key] = at
        return at

    def sent(self, key: str, now: datetime) -> None:
        """A message has been given to the channel."""
        self._sent.append(now)
        if self._waiting.pop(key, None) is None:
            self._given.append(now)

    def is_idle(self, now: datetime) -> bool:
        """Whether nothing is known that would put anything off."""
        return not self._waiting and (not self._sent or self._sent[-1] + self._rate.span <= now)

    def _after(self, moments: deque[datetime], now: datetime) -> datetime:
        """The first moment at which one more would not be too many."""
        return now if len(moments) < self._rate.number else max(now, moments[0] + self._rate.span)


class Limited:
    """Gives a channel what its limits allow, and puts off the rest.

    Args:
        at_most: all together; None: any number.
        per_domain: to each domain of mail addresses.
        now: the present moment.
    """

    def __init__(
        self, channel: Channel, at_most: Rate | None, per_domain: Rate | None, now: Callable[[], datetime]
    ) -> None:
        self._channel = channel
        self._all = None if at_most is None else Turns(at_most)
        self._per_domain = per_domain
        self._domains: dict[str, Turns] = {}
        self._now = now
        self._lock = threading.Lock()

    def deliver(self, message: Message) -> Outcome:
        """Deliver now, or say when it may be tried again (see `Channel.deliver`)."""
        now = self._now()
        with self._lock:
            turns = [turns for turns in (self._all, self._of_domain(message, now)) if turns is not None]
            at = max((one.turn(message.key, now) for one in turns), default=now)
            if at > now:
                return Snoozed(at, "the limit of its channel (at_most, per_domain) is reached")
            for one in turns:
                one.sent(message.key, now)
        return self._channel.deliver(message)

    def _of_domain(self, message: Message, now: datetime) -> Turns | None:
        domain = (mailbox(message.address or "") or "").rpartition("@")[2].casefold()
        if self._per_domain is None or not domain:
            return None
        if domain not in self._domains and len(self._domains) >= DOMAINS_KEPT:
            self._domains = {name: one for name, one in self._domains.items() if not one.is_idle(now)}
        return self._domains.setdefault(domain, Turns(self._per_domain))
