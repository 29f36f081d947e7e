"""The phrase guard: what a text may not say, and how that is found (domain.md §5).

Rules are written in words by operations managers; `recovery.workflow.phrases` reads them. Here is what is
pure: folding a text into words (`folding`), the pattern language (`patterns`), finding patterns in linear
time (`automaton`), and judging what was found (`guard`).
"""
