"""What is done at set times and belongs to no case: pruning today, reports and sheets tomorrow.

`job` says what a job is; `every` lists those of a project. A new one is a module here and a word in that
list; a host hands its own to `recovery.worker.serving.Worker`.
"""
