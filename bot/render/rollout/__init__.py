"""A rollout in Slack, from its first task to its end."""
