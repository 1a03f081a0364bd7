"""Pictures, as shapes on a sheet: pure. Only `draw` loads the plotting library.

That runs in a process of its own.
"""
