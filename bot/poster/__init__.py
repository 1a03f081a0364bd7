"""The only way to post in Slack: calls are queued by channel, and tried until they succeed.

Handlers and jobs say what people should see and go on; how fast Slack takes it, and how often a
call is repeated, is decided here and nowhere else.
"""

from bot.poster.access import SlackAccess
from bot.poster.calls import Calls
from bot.poster.drawing import Draw, Drawing, DrawingError
from bot.poster.handle import Handle, Shared, Then
from bot.poster.lane import OnEvent
from bot.poster.pace import Clock, Pace
from bot.poster.places import USER_PREFIXES, Elsewhere, Unshared
from bot.poster.poster import Poster

__all__ = [
    "USER_PREFIXES",
    "Calls",
    "Clock",
    "Draw",
    "Drawing",
    "DrawingError",
    "Elsewhere",
    "Handle",
    "OnEvent",
    "Pace",
    "Poster",
    "Shared",
    "SlackAccess",
    "Then",
    "Unshared",
]
