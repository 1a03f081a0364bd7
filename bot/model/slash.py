"""The name of the bot's slash command, as texts carry it until they are shown.

What it is called is the operator's choice, and one place puts it in: a text that names it literally
would send the people of one workspace with two bots to the wrong one.
"""

from __future__ import annotations

SLASH = "\ue0f5swarm"
"""Stands for the name. It begins with a character for private use, which no text has by chance."""
