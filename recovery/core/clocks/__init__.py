"""Clocks: deadlines that start, pause, warn, run out and stop, each by its own rule (design.md §5).

What a clock *is* stands in `model`; how it stands in one case is a `state.ClockState`, part of the snapshot.
`running` brings the clocks of a case up to date after every event, `due` counts when one runs out, `firing`
says what happens at that moment, `standing` tells people.
"""
