"""A service recovery workflow engine: complaints walk through a ten-step recovery process."""

__version__ = "0.1.0"
