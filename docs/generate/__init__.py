"""Makes the parts of the reference that the code knows better than anybody who writes about it.

A page holds blocks between two comments, `<!-- from the code: NAME -->` and `<!-- end -->`; the rest of it is
written by hand. `python -m docs.generate` fills every block anew, `--check` only says which are stale.
Sentences the code does not have stand in `meanings.toml`; a name without one is an error.
"""
