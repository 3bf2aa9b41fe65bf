"""PostgreSQL, Valkey and our own processes, started and kept alive for ``up``, demo and tests.

Only the programs inside the wheels of the extra ``demo`` are used, never the wheels' own wrappers.
Start with ``servers.start_servers``; ``supervise.Supervisor`` keeps our own processes running, and
``down.stop_everything`` stops whatever an ``up`` left behind.
"""
