"""The desk on each database, by itself and in a host's own transaction."""

from __future__ import annotations

from hashlib import sha256

import pytest
import sqlalchemy as sa

from recovery import Desk, EventRefused, NotFound
from tests.hosts.ground import Ground

PHOTO = b"\xff\xd8\xff\xe0 a scratch \x00\xff"
SHA = sha256(PHOTO).hexdigest()


def opened(ground: Ground) -> int:
    return ground.engine.open_case("It broke.", external_id=ground.name).case


def test_a_file_is_kept_byte_for_byte(ground: Ground) -> None:
    desk, case = Desk(ground.engine), opened(ground)
    for name in ("photo.jpg", "again.jpg"):
        desk.attach(case, name, PHOTO, by="customer")
    assert desk.attachment(case, SHA).content == PHOTO
    assert ground.ask("select count(*) from recovery_attachment where sha256 = ?", SHA) == [(1,)]


def test_what_a_host_takes_back_was_never_said(ground: Ground) -> None:
    desk, case = Desk(ground.engine), opened(ground)
    host = sa.create_engine(ground.url)
    bill = b"%PDF-1.7 " + ground.name.encode()
    with host.connect() as connection:
        connection.execute(sa.text("insert into ticket values (:name, 'x')"), {"name": ground.name})
        desk.note(case, "She called.", by="agent:li", connection=connection)
        desk.attach(case, "bill.pdf", bill, by="agent:li", connection=connection)
        desk.say(case, "I have found it.", by="agent:li", connection=connection)
        inside = desk.conversation(case, connection=connection)
        assert [said.kind for said in inside if said.by == "agent:li"] == ["note", "file", "message"]
        connection.rollback()
    host.dispose()
    assert not [said for said in desk.conversation(case) if said.by == "agent:li"]
    with pytest.raises(NotFound):
        desk.attachment(case, sha256(bill).hexdigest())
    assert ground.ask("select 1 from recovery_attachment where sha256 = ?", sha256(bill).hexdigest()) == []


def test_a_refused_message_leaves_the_hosts_own_work_alone(ground: Ground) -> None:
    desk, case = Desk(ground.engine), opened(ground)
    host = sa.create_engine(ground.url)
    with host.begin() as connection:
        connection.execute(sa.text("insert into ticket values (:name, 'x')"), {"name": ground.name})
        with pytest.raises(EventRefused):
            desk.say(case, "It was the warehouse's fault.", by="agent:li", connection=connection)
    host.dispose()
    assert ground.kept() == (True, True)
