"""The store: tables, transactions and queries. The only place that knows SQLAlchemy.

Takes: values. Gives: values. Never decides. Fails: ``Transient`` when the database cannot be
reached or a lock was refused, ``DataFault`` when a row cannot be stored.
"""
