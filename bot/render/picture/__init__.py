"""Values become pictures here: pure, as shapes on a sheet. Only `draw` loads the plotting library,
in a process of its own."""
