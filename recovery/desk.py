"""What people at a desk do in a case: draft, write, cancel, note, attach, take in answers, read it all.

Everything goes through the engine's door as an event; a desk keeps nothing of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import NamedTuple

from recovery.commands import Command, Outcome
from recovery.conversing import Said, conversation
from recovery.core import events as ev
from recovery.core.attachments import type_of
from recovery.core.brief import Brief
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal
from recovery.core.facts import shown
from recovery.drafting import Draft, Sayable, draft, filled, meant_for, sayable_in
from recovery.engine import Engine
from recovery.store.lending import Lendable

UNDO_SECONDS = 60
"""How long a message waits before it leaves, so that its writer may still take it back."""


class Attachment(NamedTuple):
    """A file of a case."""

    name: str
    type: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an answer: its event, and the files that were not taken, each with the reason."""

    outcome: Outcome
    refused: list[tuple[str, Refusal]] = field(default_factory=list)


class Desk:
    """The work of agents, for one engine. Make one where it is needed.

    `connection`, where a method takes one, is a connection the host lends (see `Engine.handle`). Every method
    raises `NotFound` for a case there is not, `EventRefused` for what is refused, and `EnvironmentFault` when
    the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # --- writing --------------------------------------------------------------------------------------------

    def sayable(self, case: int, *, connection: Lendable | None = None) -> list[Sayable]:
        """What can be said in a case: the templates its version lets people write from."""
        return sayable_in(self.engine, self.engine.case(case, connection=connection))

    def draft(
        self,
        case: int,
        template: str | None = None,
        *,
        by: str,
        text: str | None = None,
        subject: str | None = None,
        to: str | None = None,
        language: str | None = None,
        channel: str | None = None,
        despite: str | None = None,
        connection: Lendable | None = None,
    ) -> Draft:
        """A message as it would look, with what the phrase guard says. Nothing is sent or kept.

        Args:
            template: fills subject and text where they are not given; without it `text` must be.
            to: `customer`, `owner` or `supervisor`; who the template is meant for when left out.

        Raises:
            NotFound: there is nothing of that name to be said here.
            RecoveryError: neither a template nor a text was given; the template states what the case does not
                know; or it is for colleagues and `to` is the customer.
        """
        found = self.engine.case(case, connection=connection)
        if template is None and not text:
            raise RecoveryError("There is nothing to say.", hint="Name a template or give a text.")
        usual = meant_for(self.engine, found, template)
        if to == "customer" and usual != to:
            raise RecoveryError(
                f"{template} is for colleagues.", hint="Send it to the owner or a supervisor."
            )
        event = ev.MessageWritten(
            by=by,
            occurred_at=self.engine.clock.now(),
            text=text or "",
            subject=subject,
            to=to or usual,
            template=template,
            language=language,
            channel=channel,
            despite=despite,
        )
        return draft(self.engine, found, filled(self.engine, found, event))

    def say(
        self,
        case: int,
        text: str,
        *,
        by: str,
        subject: str | None = None,
        to: str = "customer",
        template: str | None = None,
        language: str | None = None,
        channel: str | None = None,
        wait: int = UNDO_SECONDS,
        in_reply_to: str | None = None,
        despite: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Ask for a message in somebody's own words, to leave in `wait` seconds.

        Args:
            template: the template that the words were made from; the message then stands for it.
            in_reply_to: the Message-ID it answers; the customer's last mail when left out.
            despite: why a supervisor lets it pass although the phrase guard would stop it.

        Raises:
            EventRefused: among others `phrase_blocked` and `untruth`: the guard; `already_sent`.
        """
        if in_reply_to is None and to == "customer":
            in_reply_to = self._last_mail(case, connection)
        event = ev.MessageWritten(
            by=by,
            occurred_at=self.engine.clock.now(),
            text=text,
            subject=subject,
            to=to,
            template=template,
            language=language,
            channel=channel,
            wait=wait,
            in_reply_to=in_reply_to,
            despite=despite,
        )
        return self.engine.handle(event, case, key=key, connection=connection)

    def cancel(
        self,
        case: int,
        effect: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Take back a message that has not left. `effect` is `seq.n`."""
        event = ev.EffectCancelled(by=by, occurred_at=self.engine.clock.now(), effect=effect, reason=reason)
        return self.engine.handle(event, case, key=key, connection=connection)

    def note(
        self, case: int, text: str, *, by: str, key: str | None = None, connection: Lendable | None = None
    ) -> Outcome:
        """Write a note for colleagues. It never leaves the house."""
        event = ev.NoteAdded(by=by, occurred_at=self.engine.clock.now(), text=text)
        return self.engine.handle(event, case, key=key, connection=connection)

    # --- promises -------------------------------------------------------------------------------------------

    def promise(
        self,
        case: int,
        what: str = "",
        *,
        by: str,
        by_when: datetime | None = None,
        estimate: datetime | None = None,
        to: str = "customer",
        contact: bool = False,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put on record what was promised, by when. With an estimate alone a margin is added to it.

        Args:
            by_when: aware; a full hour on the customer's clock, and never earlier than the estimate.
            contact: the promise is that they hear from us; then `what` may be left out.

        Raises:
            EventRefused: among others `phrase_blocked`: vague words; `not_to_the_hour`.
        """
        event = ev.PromiseMade(
            by=by,
            occurred_at=self.engine.clock.now(),
            what=what,
            by_when=by_when,
            estimate=estimate,
            to=to,
            contact=contact,
        )
        return self.engine.handle(event, case, key=key, connection=connection)

    def promise_kept(
        self,
        case: int,
        promise: str,
        *,
        by: str,
        note: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put on record that what was promised is done. `promise` is its number in the case."""
        event = ev.PromiseKept(by=by, occurred_at=self.engine.clock.now(), promise=promise, note=note)
        return self.engine.handle(event, case, key=key, connection=connection)

    def release_promise(
        self,
        case: int,
        promise: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put on record that a promise holds no longer, because whoever was given it said so."""
        event = ev.PromiseReleased(by=by, occurred_at=self.engine.clock.now(), promise=promise, reason=reason)
        return self.engine.handle(event, case, key=key, connection=connection)

    # --- files and answers ----------------------------------------------------------------------------------

    def attach(
        self,
        case: int,
        name: str,
        content: bytes,
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Attach a file. The same content is kept once, whatever it is called."""
        command = Command(self._attachment(name, content, by), case, key)
        (answer,) = self.engine.handle_many([command], contents=[content], connection=connection)
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        return answer

    def attachment(self, case: int, sha256: str, *, connection: Lendable | None = None) -> Attachment:
        """A file of a case, by its hash.

        Raises:
            NotFound: the case has no such file, or its content is not kept any more.
        """
        found = self.engine.case(case, connection=connection).attachments.get(sha256)
        if found is None:
            raise NotFound(f"Case {case} has no file {shown(sha256)}.")
        with self.engine.store.reading(connection) as reading:
            content = reading.attachment(self.engine.tenant, sha256)
        if content is None:
            raise NotFound(f"The content of {found[0]} is not in this database.")
        return Attachment(found[0], found[1], sha256, content)

    def receive(
        self,
        case: int,
        text: str = "",
        *,
        by: str = "customer",
        subject: str | None = None,
        channel: str | None = None,
        message_id: str | None = None,
        in_reply_to: str | None = None,
        attachments: Sequence[tuple[str, bytes]] = (),
        auto: bool = False,
        missed: bool = False,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Received:
        """Put on record what the customer answered. What comes for a merged case is for where it goes on.

        Args:
            message_id: of their mail; without a `key` the same mail is taken in once.
            in_reply_to: the Message-ID that their mail names.
            attachments: name and content of each file. One that is not accepted is left out, and the answer
                is on record without it.
            auto: no person wrote it (an absence note, a mail whose `Auto-Submitted` is not `no`): it is kept,
                and nothing moves by it.
            missed: they called, and nobody picked up: it needs no text, and waits for an answer all the same.
        """
        commands = [Command(self._attachment(name, content, by), case) for name, content in attachments]
        contents = [content for _, content in attachments]
        answers = self.engine.handle_many(commands, contents=contents, connection=connection)
        taken, refused = {}, []
        for (name, content), answer in zip(attachments, answers, strict=True):
            if isinstance(answer, Refusal):
                refused.append((name, answer))
            else:
                taken[sha256(content).hexdigest()] = name
        event = ev.MessageReceived(
            by=by,
            occurred_at=self.engine.clock.now(),
            text=text,
            subject=subject,
            channel=channel,
            message_id=message_id,
            in_reply_to=in_reply_to,
            attachments=taken,
            auto=auto,
            missed=missed,
        )
        once = key or (f"mail:{sha256(message_id.encode()).hexdigest()}" if message_id else None)
        return Received(self.engine.handle(event, case, key=once, connection=connection), refused)

    def conversation(self, case: int, *, connection: Lendable | None = None) -> list[Said]:
        """Everything that was said in a case, in order: by the customer, to them, and among colleagues."""
        self.engine.case(case, connection=connection)
        tenant = self.engine.tenant
        with self.engine.store.reading(connection) as reading:
            thread = f"{reading.sender_id()}:{tenant}:{case}"
            return conversation(reading.log(tenant, case), list(reading.outbox(tenant, case=case)), thread)

    def brief(self, case: int, language: str = "en", *, connection: Lendable | None = None) -> Brief:
        """All that a colleague needs to know of a case; see `Engine.brief`."""
        return self.engine.brief(case, language, connection=connection)

    # --- what it stands on ----------------------------------------------------------------------------------

    def _attachment(self, name: str, content: bytes, by: str) -> ev.AttachmentAdded:
        return ev.AttachmentAdded(
            by=by,
            occurred_at=self.engine.clock.now(),
            name=PurePath(name).name,
            type=type_of(name) or "application/octet-stream",
            size=len(content),
            sha256=sha256(content).hexdigest(),
        )

    def _last_mail(self, case: int, connection: Lendable | None) -> str | None:
        """The Message-ID of the last mail that the customer wrote."""
        with self.engine.store.reading(connection) as reading:
            log = reading.log(self.engine.tenant, case)
        mails = (record.event for record in log if record.kind == "MessageReceived")
        ids = [mail.get("message_id") for mail in mails if not mail.get("auto")]
        return next((id for id in reversed(ids) if id), None)
