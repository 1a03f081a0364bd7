"""The bot's credentials for registries."""
