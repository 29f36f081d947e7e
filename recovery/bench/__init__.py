"""Speed, shown as ratios against programs without an engine, measured in the same run.

`subjects` lists what is measured; each subject is a module of its own, and `run` measures them.
"""
