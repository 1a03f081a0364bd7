"""The only way out to Slack: a queue a channel, edits coalesced, everything tried until it arrives.

Handlers and jobs say what people should see and go on; how fast Slack takes it, and how often it
must be asked, is settled here and nowhere else.
"""

from bot.poster.drawing import Draw, Drawing, DrawingError
from bot.poster.handle import Handle, Then
from bot.poster.lane import OnEvent
from bot.poster.pace import Clock, Pace
from bot.poster.poster import Poster

__all__ = [
    "Clock",
    "Draw",
    "Drawing",
    "DrawingError",
    "Handle",
    "OnEvent",
    "Pace",
    "Poster",
    "Then",
]
