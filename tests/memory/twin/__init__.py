"""What the bot stands on, in memory: Redis, a Swarm, Slack and the time, for one process and no
waiting."""
