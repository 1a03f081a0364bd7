"""Pictures, as shapes on a sheet: pure. Only `draw`, and what it draws with, loads Pillow.

That runs in a process of its own.
"""
