"""The base of all domain errors."""


class SwarmbotError(Exception):
    """Base of everything that the bot explains to people rather than logs as a fault of its own."""
