"""Importing complaints and logs from files (CSV, JSON Lines) through a mapping."""
