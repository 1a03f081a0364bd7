"""The `files.*` methods, as the SDK's `files_upload_v2` uses them: reserve, upload, complete."""

import mimetypes
from dataclasses import replace
from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.methods_chat import Method
from playground.workspace.model import BOT_USER, Channel, StoredFile
from playground.workspace.state import State


def reserve(state: State, args: Arguments) -> dict[str, Any]:
    """files.getUploadURLExternal."""
    if state.directory.installed.uploads:
        raise SlackError(state.directory.installed.uploads)
    name, length = args.need("filename"), args.number("length", 0)
    if length <= 0:
        raise SlackError(
            "invalid_arguments", ("[ERROR] must be greater than 0 [json-pointer:/length]",)
        )
    file = state.keep_file(
        StoredFile(state.new_id("F"), name, name, length, state.clock(), alt=args.text("alt_txt"))
    )
    return {"file_id": file.id, "upload_url": f"{state.base_url}/upload/v1/{file.id}"}


def upload(state: State, id_: str, content: bytes) -> None:
    """Take an upload.

    Raises SlackError (400) when the content is not what was announced.
    """
    file = state.files.get(id_)
    if file is None or file.content is not None or len(content) != file.length:
        raise SlackError("file_upload_size_mismatch" if file else "file_not_found", status=400)
    state.keep_file(replace(file, content=content))


def complete(state: State, args: Arguments) -> dict[str, Any]:
    """files.completeUploadExternal: share what was uploaded, in a channel or a thread."""
    listed = args.data("files")
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments", ("[ERROR] missing required field: files",))
    files = [_uploaded(state, entry) for entry in listed]
    channels = [
        name for name in (args.text("channel_id") or args.text("channels")).split(",") if name
    ]
    places = [_place(state, channel) for channel in channels]
    for file in files:
        state.keep_file(replace(file, shared_in=tuple(channel.id for channel in places)))
    ids = [file.id for file in files]
    for channel in places:
        thread = args.text("thread_ts")
        state.post(channel.id, BOT_USER, args.text("initial_comment"), thread_ts=thread, files=ids)
    return {"files": [file_json(state, state.files[name]) for name in ids]}


def file_info(state: State, args: Arguments) -> dict[str, Any]:
    """files.info."""
    file = state.files.get(args.need("file", "file_not_found"))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return {"file": file_json(state, file)}


def delete(state: State, args: Arguments) -> dict[str, Any]:
    """files.delete."""
    name = args.need("file", "file_not_found")
    if name not in state.files:
        raise SlackError("file_not_found")
    with state.lock:
        del state.files[name]
    return {}


def file_json(state: State, file: StoredFile) -> dict[str, Any]:
    """A file as the API shows it."""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": mimetypes.guess_type(file.name)[0] or "text/plain",
        "user": BOT_USER,
        "created": int(file.at),
        "size": file.length,
        "channels": list(file.shared_in),
        "url_private": f"{state.base_url}/files-pri/{file.id}/{file.name}",
        "url_private_download": f"{state.base_url}/files-pri/{file.id}/download/{file.name}",
        **({"alt_txt": file.alt} if file.alt else {}),
        "permalink": f"{state.base_url}/files/{file.id}/{file.name}",
    }


def _uploaded(state: State, entry: Any) -> StoredFile:
    file = state.files.get(entry.get("id", "")) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return replace(file, title=entry.get("title") or file.name)


def _place(state: State, id_: str) -> Channel:
    channel = state.directory.channels.get(id_)
    if channel is None or channel.is_hidden_from(BOT_USER):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("invalid_channel")
    if channel.posting or channel.uploads:
        raise SlackError(channel.uploads or "posting_to_channel_denied")
    # `chat:write.public` is for messages: to share a file the app must be a member.
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    return channel


METHODS: dict[str, Method] = {
    "files.getUploadURLExternal": reserve,
    "files.completeUploadExternal": complete,
    "files.info": file_info,
    "files.delete": delete,
}
