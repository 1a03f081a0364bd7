"""The page of the demo: the workspace in a browser, with the Swarm beside it and a guided tour."""

from playground.page.page import Page

__all__ = ["Page"]
