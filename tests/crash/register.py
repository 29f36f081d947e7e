"""What the receivers saw: each mail and post, of which case, from when to when, and whether it was taken."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic_ns
from typing import Any

from tests.mailserver import HANG, MailServer, mail_server
from tests.webhooks import Answer, Receiver, receiver

Key = tuple[int, str]
"""A message: its case and its effect (`3.0`)."""

_MAIL = re.compile(rb"^Message-ID:\s*<case-(\d+)\.(\d+\.\d+)\.", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Delivery:
    """One attempt as its receiver saw it.

    Attributes:
        whose: what cases are told apart by from the beginning on: the address (mail), the number (webhook).
        key: which message it was; None for a mail that broke off before it was whole.
        begun, ended: by the monotonic clock, in nanoseconds.
        taken: the whole of it was there, and its receiver has it.
        pays: it was an order to pay.
    """

    whose: str
    key: Key | None
    begun: int
    ended: int = 0
    taken: bool = False
    data: bytes = b""
    pays: bool = False


PAYMENT = "idempotency-key"
"""The header that only orders to pay have."""


def paid(headers: dict[str, str]) -> Answer:
    """What whoever pays answers: a receipt, always the same for a key; others just take what they get."""
    return Answer(body=f'{{"receipt": "T-{headers[PAYMENT]}"}}'.encode()) if PAYMENT in headers else Answer()


def key_of(text: str) -> Key:
    """The message that a key names: `installation:tenant:case:seq:n`."""
    case, seq, n = text.split(":")[-3:]
    return int(case), f"{seq}.{n}"


@dataclass
class Register:
    """Both receivers, and everything they saw.

    Attributes:
        cases: whose case an address is.
    """

    mail: MailServer
    hook: Receiver
    cases: dict[str, int] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    _open: dict[tuple[str, int], Delivery] = field(default_factory=dict)
    _hanging: list[Delivery] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.mail.tell = self._told("mail")
        self.hook.tell = self._told("hook")
        self.hook.otherwise = paid

    def _told(self, by: str) -> Callable[[int, str, Any], None]:
        def tell(number: int, what: str, detail: Any) -> None:
            with self._changed:
                self._note((by, number), what, detail)
                self._changed.notify_all()

        return tell

    def _note(self, place: tuple[str, int], what: str, detail: Any) -> None:
        now = monotonic_ns()
        if what == "begins":
            key = None if place[0] == "mail" else key_of(detail["webhook-id"])
            found = Delivery(detail if key is None else str(key[0]), key, now)
            found.pays = key is not None and PAYMENT in detail
            self.deliveries.append(found)
            self._open[place] = found
            return
        found = self._open.get(place)  # type: ignore[assignment]
        if found is None:
            return
        if what == "hangs":
            self._hanging.append(found)
        elif what == "taken":
            found.taken = True
            if place[0] == "mail":
                named = _MAIL.search(detail)
                assert named is not None
                found.key, found.data = (int(named[1]), named[2].decode()), detail
                self._end(place, now)
        else:
            self._end(place, now)

    def _end(self, place: tuple[str, int], now: int) -> None:
        self._open.pop(place).ended = now

    # --- what is asked of them ------------------------------------------------------------------------------

    def hang_once(self, way: str) -> None:
        """Let the next mail hang in its middle, or the next post without an answer."""
        if way == "mail":
            self.mail.will("BODY", HANG)
        else:
            self.hook.answers.append(Answer(hangs=True))

    def hanging(self, seconds: float) -> int | None:
        """Wait until one hangs; gives its case, or nothing when none came."""
        with self._changed:
            self._changed.wait_for(lambda: self._hanging, seconds)
            return self._case_of(self._hanging.pop()) if self._hanging else None

    def calm(self) -> None:
        """Nothing is to hang any more."""
        self.mail.forget("BODY")
        self.hook.answers.clear()

    def wait_for(self, what: Callable[[], Any], seconds: float = 60) -> None:
        """Wait until something holds of what was seen."""
        with self._changed:
            assert self._changed.wait_for(what, seconds), "it did not come to that"

    def _case_of(self, one: Delivery) -> int:
        return self.cases[one.whose] if "@" in one.whose else int(one.whose)

    # --- what they say --------------------------------------------------------------------------------------

    def accepted(self) -> Counter[Key]:
        """How often each message was taken."""
        with self._changed:
            return Counter(one.key for one in self.deliveries if one.taken and one.key is not None)

    def payments(self) -> Counter[int]:
        """How many payments each case cost: orders under one key are paid once."""
        with self._changed:
            keys = {one.key for one in self.deliveries if one.pays and one.taken and one.key is not None}
        return Counter(case for case, _ in keys)

    def overlaps(self) -> list[tuple[Delivery, Delivery]]:
        """Attempts of one case of which the second began before the first had ended."""
        with self._changed:
            by_case: dict[int, list[Delivery]] = {}
            for one in sorted(self.deliveries, key=lambda one: one.begun):
                by_case.setdefault(self._case_of(one), []).append(one)
        return [
            (one, other)
            for of_case in by_case.values()
            for one, other in pairwise(of_case)
            if one.ended == 0 or other.begun < one.ended
        ]

    def altered(self) -> list[Key]:
        """Mails that were taken more than once and not with the same bytes."""
        with self._changed:
            texts: dict[Key, set[bytes]] = {}
            for one in self.deliveries:
                if one.taken and one.data and one.key is not None:
                    texts.setdefault(one.key, set()).add(one.data)
        return [key for key, different in texts.items() if len(different) > 1]


@contextmanager
def receivers() -> Iterator[Register]:
    """A mail server and a receiver of webhooks on this machine."""
    with mail_server() as mail, receiver() as hook:
        yield Register(mail, hook)
