"""The base of all domain errors, and what is kept of an error where it cannot be kept itself."""


class SwarmbotError(Exception):
    """Base of everything that the bot explains to people rather than logs as a fault of its own."""


def error_code(error: Exception) -> str:
    """What the audit and requests for approval keep of an error, such as `ImageNotFound`.

    It is `Unexpected` for a fault of the bot's own, of which only the log knows more.
    """
    if not isinstance(error, SwarmbotError) or type(error) is SwarmbotError:
        return "Unexpected"
    return type(error).__name__.removesuffix("Error")
