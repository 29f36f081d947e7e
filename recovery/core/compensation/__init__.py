"""The compensation policy: what a failure is met with, up to which ceiling, and why (domain.md §4).

`facts` are what a policy may ask of a case, `policy` is what it says, `recommending` applies it and explains
itself, `judging` holds against it what somebody wants to give. `recovery.workflow.compensation` reads the
file people write. Nothing here spends: the engine holds what is offered to a `Verdict`.
"""
