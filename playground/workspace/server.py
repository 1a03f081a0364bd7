"""The HTTP side of the workspace: Web API, response URLs, files."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from playground.workspace import arguments, methods_files, responses
from playground.workspace.api import Api
from playground.workspace.errors import SlackError
from playground.workspace.state import State


def build(state: State, api: Api, bot_token: str) -> FastAPI:
    """The application; the control routes are added by whoever wants them."""
    app = FastAPI(
        title="Slack workspace of the playground", docs_url=None, redoc_url=None, openapi_url=None
    )

    _add_api(app, state, api)
    _add_files(app, state, bot_token)
    return app


def _add_api(app: FastAPI, state: State, api: Api) -> None:
    @app.api_route("/api/{method}", methods=["GET", "POST"])
    async def call(method: str, request: Request) -> Response:
        try:
            token, args = await arguments.read(request)
        except SlackError as error:
            return JSONResponse(error.answer(), error.status)
        status, body, headers = await api.call(method, token, args)
        return JSONResponse(body, status, headers)

    @app.post("/response/{path:path}")
    async def respond(path: str, request: Request) -> Response:
        try:
            _, args = await arguments.read(request)
            responses.respond(state, path, args)
        except SlackError as error:
            return JSONResponse(error.answer(), error.status)
        return PlainTextResponse("ok")


def _add_files(app: FastAPI, state: State, bot_token: str) -> None:
    @app.post("/upload/v1/{file_id}")
    async def upload(file_id: str, request: Request) -> Response:
        content = await _uploaded(request)
        try:
            methods_files.upload(state, file_id, content)
        except SlackError as error:
            return JSONResponse(error.answer(), error.status)
        return PlainTextResponse(f"OK - {len(content)}")

    @app.get("/files-pri/{file_id}/{name:path}")
    async def download(file_id: str, request: Request) -> Response:
        file = state.files.get(file_id)
        if file is None or file.content is None:
            return Response(status_code=404)
        if request.headers.get("authorization") != f"Bearer {bot_token}":
            return Response(status_code=403)
        return Response(file.content, media_type="application/octet-stream")


async def _uploaded(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    parts: list[Any] = [
        part for part in (await request.form()).values() if not isinstance(part, str)
    ]
    return bytes(await parts[0].read()) if parts else b""
