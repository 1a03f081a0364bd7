"""What a POST to a `response_url` does: a new message, or a change of the one that was clicked."""

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.links import ResponseUrl
from playground.workspace.methods_chat import content
from playground.workspace.model import BOT_USER
from playground.workspace.state import State


def respond(state: State, path: str, args: Arguments) -> None:
    """Do what the app asks for by a response URL.

    Raises SlackError (404 for a URL that is used up, 400 or 500 for a bad message).
    """
    with state.lock:
        url = state.response_urls.take(path)
        original = state.message(url.channel, url.ts) if url.ts else None
        if args.flag("delete_original"):
            if original is not None:
                state.delete(original)
            return
        try:
            text, blocks = content(state, args)
        except SlackError as error:
            raise SlackError(error.code, error.messages, status=400) from error
        if args.flag("replace_original") and original is not None:
            state.edit(original, text, blocks)
            return
        # After a slash command there is no original: Slack posts a new message whatever is asked.
        state.post(
            url.channel,
            BOT_USER,
            text,
            blocks,
            thread_ts=_thread(state, url, args),
            only_for=_reader(url, args),
        )


def _reader(url: ResponseUrl, args: Arguments) -> str:
    return "" if args.text("response_type") == "in_channel" else url.user


def _thread(state: State, url: ResponseUrl, args: Arguments) -> str:
    original = state.message(url.channel, url.ts) if url.ts else None
    return args.text("thread_ts") or (original.thread_ts if original is not None else "")
