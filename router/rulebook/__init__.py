"""The rule book: load, check, compile, evaluate. Pure: no storage, no time, no network.

Takes: the files of a book and flat facts. Gives: a verdict with its whole trace.
Owner: revenue operations own the book; this package owns how it is read.
Fails: every problem of a book is listed at once, with file, line and column.
"""
