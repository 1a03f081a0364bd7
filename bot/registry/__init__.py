"""What the bot itself asks registries, by their HTTP API: tags, digests and signatures."""
