"""Worker: Celery processes that answer the bells. Takes: hints. Gives: one call of the road each.

``tasks.register`` puts the jobs on a Celery app; ``process.run`` is the process. Fails: a job that
cannot be done now is logged and forgotten, for the ticker rings again; a job that dies costs its
own process, which is replaced.
"""
