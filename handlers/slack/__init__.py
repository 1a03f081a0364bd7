"""Slack's door: payloads become requests.

Every listener acks at once and works on the bot's own pool.
"""
