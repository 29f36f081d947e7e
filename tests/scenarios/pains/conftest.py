"""Every test here has an engine on a database of its own."""

from tests.support import clock, engine, project

__all__ = ["clock", "engine", "project"]
