"""The files of a message, which follow it into its thread; pictures are drawn first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.model import File, Message
from bot.model.picture import Sheet
from bot.poster.delivery import Delivery
from bot.poster.drawing import DrawingPool
from bot.poster.handle import Handle
from bot.poster.lane import Call


class FileSharing:
    """Queues files by `put`, which takes the name of a queue and a call."""

    def __init__(
        self, delivery: Delivery, drawings: DrawingPool, put: Callable[[str, Call], None]
    ) -> None:
        self._delivery = delivery
        self._drawings = drawings
        self._put = put

    def share(self, handle: Handle, message: Message) -> None:
        """Queue those files of a posted message that Slack was not given yet."""
        for file in message.files:
            key = (file.name, hash(file.content))
            if handle.ref and key not in handle.uploaded:
                handle.uploaded.add(key)
                upload = partial(self._upload, handle, handle.ref.channel)
                self.hand_over(handle.lane, file, upload)

    def hand_over(self, lane: str, file: File, upload: Callable[[File], None]) -> None:
        """Queue a file; a picture is drawn first, while the queue goes on."""
        if isinstance(file.content, Sheet):
            self._drawings.put(
                file, file.content, lambda drawn: self.hand_over(lane, drawn, upload)
            )
        else:
            self._put(lane, Call("upload", "upload", partial(upload, file)))

    def _upload(self, handle: Handle, channel: str, file: File) -> None:
        self._delivery.upload(channel, handle.root(), file)
        handle.shared(file)
