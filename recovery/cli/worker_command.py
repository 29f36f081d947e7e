"""`worker`: what is due is done, until somebody says stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, notice, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from recovery.delivery.channels import Channel
    from recovery.delivery.outbox import Delivered
    from recovery.worker.serving import Worker


def _log(value: str) -> str:
    if value not in ("text", "json"):
        raise typer.BadParameter("text or json.")
    return value


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery worker --listen 127.0.0.1:9464 --log json")(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Run what is due and stop.")] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Answer /healthz, /readyz and /metrics (Prometheus) there; a port alone is on this machine.",
        ),
    ] = None,
    log: Annotated[
        str,
        typer.Option(
            metavar="text|json",
            callback=_log,
            help="What is said on standard error: sentences, or one JSON object a line.",
        ),
    ] = "text",
    lease: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1,
            max=3600,
            help="How long a message is this worker's, renewed while it is sent; so long it waits when the "
            "worker is killed.",
        ),
    ] = 60,
    database: Database = None,
    json: Json = False,
) -> None:
    """Do what is due: clocks, messages, seals; until told to stop (Ctrl-C or SIGTERM)."""
    from datetime import timedelta

    from recovery.bootstrap import channels_of, keep_what_is_loaded, seal, working
    from recovery.core.errors import RecoveryError
    from recovery.installation import may_send
    from recovery.jobs.every import jobs_of
    from recovery.worker import telling
    from recovery.worker.loop import run_until_stopped
    from recovery.worker.serving import Worker

    if once and listen is not None:
        raise RecoveryError("--listen is for a worker that goes on.", hint="Leave out --once.")
    here = project(database)
    with ExitStack() as stack:
        channel = stack.enter_context(channels_of(here))
        engine = stack.enter_context(working(here))
        tell = telling.as_lines(engine.clock) if log == "json" else telling.for_people(notice)
        sends = partial(may_send, engine, here)
        worker = Worker(
            engine,
            channel,
            may_send=sends,
            seal=partial(seal, engine, here),
            tell=tell,
            lasting=timedelta(seconds=lease),
            jobs=jobs_of(here),
        )
        engine.current()
        keep_what_is_loaded()
        if once:
            worker.tick().require_channels()
        else:
            if listen is not None:
                stack.enter_context(_watched(worker, channel, sends, listen))
            tell("started", "The worker runs. Ctrl-C stops it.", database=engine.store.where)
            run_until_stopped(worker.turn, worker.stop, engine.store.listen, worker.look)
            worker.finish()
            tell("stopped", **worker.total.as_dict())
        is_ours = sends()
    if json:
        as_json({"sends": is_ours, **worker.total.as_dict()})
    else:
        say(_summary(worker.total))


@contextmanager
def _watched(worker: Worker, channel: Channel, sends: Callable[[], bool], where: str) -> Iterator[None]:
    """Meanwhile whoever asks is told how the worker does."""
    from recovery.delivery.channels.routing import Channels
    from recovery.worker.watching import address, watched

    names = tuple(channel.ways) if isinstance(channel, Channels) else ()
    with watched(worker, sends, names, address(where)):
        yield


def _summary(total: Delivered) -> str:
    said = {"delivered": total.delivered, "failed": total.failed}
    further = {
        "given to people": total.handed,
        "to be tried again": total.later,
        "cancelled": total.cancelled,
        "perhaps sent twice": total.lost,
    }
    said |= {what: count for what, count in further.items() if count}
    return f"Messages: {', '.join(f'{count:,} {what}' for what, count in said.items())}."
