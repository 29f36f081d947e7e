"""Plays: a stream of timed events through the engine under a simulated clock."""
