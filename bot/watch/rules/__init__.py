"""The rules of the watch, a module for each subject; pure."""
