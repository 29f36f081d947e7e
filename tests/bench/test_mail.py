"""The bench's mails: both programs send the same bytes to a server that takes them."""

from __future__ import annotations

from recovery.bench.mail import SENDER, SMTP, letters, sink, smtp_rates
from recovery.bench.subject import Ground
from recovery.delivery.mail import as_mail


def test_both_programs_send_every_mail() -> None:
    with sink() as port:
        rates = smtp_rates(port, letters(3))
        assert rates.keys() == {"ours", "smtplib"}
        assert all(rate() > 0 for rate in rates.values())


def test_the_subject_measures_what_it_names() -> None:
    with SMTP.programs(Ground(100, 1)) as programs:
        assert programs.keys() == SMTP.lines.keys()
        assert programs["smtp"]["ours"]() > 0


def test_mails_are_all_different() -> None:
    assert len({as_mail(message, SENDER) for message in letters(5)}) == 5
