"""Django as a host: `django.db.connection` and its sisters in `django.db.connections`."""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard

from recovery.store.lending.lent import Unlendable


class DjangoConnection(Protocol):
    """`django.db.connection`, or one of `django.db.connections`."""

    @property
    def vendor(self) -> Any: ...

    def ensure_connection(self) -> Any: ...


def is_django(connection: object) -> TypeGuard[DjangoConnection]:
    """Whether it is one of Django's, by itself or behind the proxy `django.db.connection`."""
    return any(base.__module__.startswith("django.") for base in type(connection).__mro__) and hasattr(
        connection, "ensure_connection"
    )


def driver_of(wrapper: Any) -> Any:
    """The driver's own connection, opened when Django has not needed it yet.

    Its transaction is Django's: inside `atomic` one is open or about to be, elsewhere it commits itself.

    Raises:
        Unlendable: `atomic` has failed and only waits to be rolled back; it belongs to another thread.
    """
    from django.db import DatabaseError

    try:
        wrapper.validate_thread_sharing()
        wrapper.ensure_connection()
        if wrapper.in_atomic_block and wrapper.needs_rollback:
            raise Unlendable(
                "The lent connection's atomic block has failed.", hint="Leave the block; then begin another."
            )
    except DatabaseError as error:
        raise Unlendable(f"Django's connection cannot be used: {error}.") from error
    return wrapper.connection
