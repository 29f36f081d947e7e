"""When people of the demo are there: agents on working days, customers while they are awake (UTC)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

OPENS, CLOSES = 8, 18
RISES, SLEEPS = 7, 22
SATURDAY = 5


def at_work(moment: datetime) -> bool:
    """Whether the desk is staffed."""
    return moment.weekday() < SATURDAY and OPENS <= moment.hour < CLOSES


def awake(moment: datetime) -> bool:
    """Whether customers write and answer."""
    return RISES <= moment.hour < SLEEPS


def next_at_work(moment: datetime, rng: Random) -> datetime:
    """A moment in the first half hour after the desk opens next."""
    day = moment.date()
    if moment.hour >= OPENS:
        day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return _shortly_after(datetime.combine(day, time(OPENS), moment.tzinfo), rng)


def next_awake(moment: datetime, rng: Random) -> datetime:
    """A moment in the first half hour after customers wake up next."""
    day = moment.date() + timedelta(days=1 if moment.hour >= RISES else 0)
    return _shortly_after(datetime.combine(day, time(RISES), moment.tzinfo), rng)


def minutes(rng: Random, least: float, most: float) -> timedelta:
    """A span between two numbers of minutes, in whole seconds."""
    return timedelta(seconds=rng.randint(int(least * 60), int(most * 60)))


def promised_hour(moment: datetime, hours: int, rng: Random) -> datetime:
    """A promise exact to the hour: at least so many hours away, at a time when the desk is staffed."""
    due = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours + 1)
    if not at_work(due):
        due = next_at_work(due, rng).replace(hour=OPENS + 2, minute=0, second=0)
    return due


def _shortly_after(moment: datetime, rng: Random) -> datetime:
    return moment + minutes(rng, 0, 30)
