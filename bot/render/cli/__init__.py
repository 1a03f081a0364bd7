"""Answers as the Docker CLI prints them, for `--format` and `--quiet`."""
