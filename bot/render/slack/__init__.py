"""Slack's own terms: blocks, limits, safe text."""
