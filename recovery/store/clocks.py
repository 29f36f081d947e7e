"""The clocks of a case in its row: read when somebody asks, and written again as they are where none changed.

A clock is kept as `ClockState.row`, but in half the room: its status as a number, its moments as microseconds
since 1970. Pages written are what a step costs.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from datetime import timedelta
from typing import Any, get_args

import msgspec

from recovery.core.clocks.state import ClockState, Status
from recovery.core.instants import EPOCH, from_text, to_text

NO_CLOCKS = msgspec.Raw(b"{}")

_encode = msgspec.json.Encoder().encode
_decode_all = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode

_MICROSECOND = timedelta(microseconds=1)
_STATUSES: tuple[Status, ...] = get_args(Status)
_MOMENTS = tuple(n for n, name in enumerate(ClockState._fields) if name == "since" or name.endswith("_at"))


class _Kept(ClockState):
    """A clock as it was read; whatever is made of it by `_replace` is none, for it has no `raw`."""

    raw: msgspec.Raw | None = None


class Clocks(Mapping[str, ClockState]):
    """The clocks of a case as its row has them, read when somebody asks for them: most steps ask for none."""

    __slots__ = ("_read", "raw")

    def __init__(self, raw: msgspec.Raw) -> None:
        self.raw = raw
        self._read: dict[str, ClockState] | None = None

    def _all(self) -> dict[str, ClockState]:
        if self._read is None:
            self._read = {name: _wide(raw) for name, raw in _decode_all(self.raw).items()}
        return self._read

    def __getitem__(self, name: str) -> ClockState:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def keys(self) -> KeysView[str]:
        return self._all().keys()

    def values(self) -> ValuesView[ClockState]:
        return self._all().values()

    def items(self) -> ItemsView[str, ClockState]:
        return self._all().items()

    def __repr__(self) -> str:
        return repr(self._all())


def raw_of(clocks: Mapping[str, ClockState]) -> msgspec.Raw:
    """The clocks of a case as its row has them."""
    if isinstance(clocks, Clocks):
        return clocks.raw
    if not clocks:
        return NO_CLOCKS
    return msgspec.Raw(_encode({name: _narrow(state) for name, state in clocks.items()}))


def _narrow(state: ClockState) -> list[Any] | msgspec.Raw:
    if isinstance(state, _Kept) and state.raw is not None:
        return state.raw
    row = state.row()
    row[0] = _STATUSES.index(row[0])
    for n in _MOMENTS:
        if n >= len(row):
            break
        if row[n] is not None:
            row[n] = (from_text(row[n]) - EPOCH) // _MICROSECOND
    return row


def _wide(raw: msgspec.Raw) -> ClockState:
    row = _decode(raw)
    row[0] = _STATUSES[row[0]]
    for n in _MOMENTS:
        if n >= len(row):
            break
        if row[n] is not None:
            row[n] = to_text(EPOCH + timedelta(0, 0, row[n]))
    state = _Kept.of(row)
    state.raw = raw
    return state
