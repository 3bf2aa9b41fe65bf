"""The benchmark: how fast this machine takes, decides and hands on leads, beside its raw limits.

``python -m bench`` prints the table of :mod:`bench.table`; ``python -m bench.profile`` says where
the time of a lead goes. Real servers, real processes, a temporary data folder, only this machine.
"""
