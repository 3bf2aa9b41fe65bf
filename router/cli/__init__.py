"""The command line. Takes: words of the operator. Gives: text or JSON, and a documented exit code.

``main.run`` is the program ``lead-router``. Commands import what they need when they run, so that
``--help`` answers at once. Fails: with one clear sentence on standard error, never a traceback.
"""
