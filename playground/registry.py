"""The registry of the playground: Debian's docker-registry on the bridge, with the playground's
images in it."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from playground.images import IMAGES, Blob, Image, shared_layer
from playground.processes import end_all, launch, wait_until, with_argument

PORT = 5000
START_SECONDS = 10.0
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Login:
    """A user of a guarded registry, and the password with its bcrypt, as `htpasswd -B` makes it."""

    user: str
    password: str
    bcrypt: str


MORNING = Login(
    "robot", "morning-token", "$2b$04$abcdefghijklmnopqrstuuO5hGSTviuN1fl/cDHiMfYO7/IFIGpvq"
)
EVENING = Login(
    "robot", "evening-token", "$2b$04$bbcdefghijklmnopqrstuuPVH0ScCm1kfK.9frvxnCl3QvItW6hcC"
)
"""Two passwords of one user: the second replaces the first, as a token that lives for hours."""


@dataclass(frozen=True)
class Listener:
    """Who is told of every push: a URL, and what is sent there as `Authorization`."""

    url: str
    authorization: str


@dataclass(frozen=True)
class Registry:
    """One docker-registry that serves at `host`; its configuration, data and log lie in
    `directory`.

    A `guarded` one lets nobody in but with a login that `let_in` has given. What is pushed is told
    to the `listener`, where there is one.
    """

    host: str
    directory: Path
    port: int = PORT
    guarded: bool = False
    listener: Listener | None = None

    @property
    def address(self) -> str:
        """What stands before the slash in the name of an image."""
        return f"{self.host}:{self.port}"

    def let_in(self, *logins: Login) -> None:
        """From now on exactly these logins are good; the registry heeds the file at once."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._logins.write_text("".join(f"{login.user}:{login.bcrypt}\n" for login in logins))

    @property
    def is_running(self) -> bool:
        return bool(self._pids())

    def start(self) -> None:
        """Start the registry where it does not run, and wait until it answers; raises
        NotReadyError."""
        if not self.is_running:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._configuration.write_text(json.dumps(self._settings()))
            launch("docker-registry", "serve", str(self._configuration), log=self.log)
        wait_until(
            self._answers,
            f"the registry at {self.address} answers",
            START_SECONDS,
            self.log.read_text,
        )

    def stop(self) -> None:
        """Stop the registry; its images stay on disk."""
        end_all(self._pids, STOP_SECONDS)

    def fill(self) -> None:
        """Put all images of the playground in; what is there already is not sent again."""
        self.push(*IMAGES)

    def push(self, *images: Image, login: Login | None = None) -> None:
        """Put these images of the repository `web` in."""
        layer = shared_layer()
        auth = (login.user, login.password) if login else None
        with self._client(auth) as http:
            for image in images:
                manifest, config = image.manifest(layer)
                if not _has(http, f"manifests/{image.tag}", manifest):
                    _push(http, image.tag, manifest, config, layer)

    def attach(self, tag: str, manifest: Blob, *parts: Blob) -> None:
        """Put something else than an image under a tag of the repository `web`."""
        with self._client() as http:
            _push(http, tag, manifest, *parts)

    def _client(self, auth: tuple[str, str] | None = None) -> httpx.Client:
        # It is asked before every story. To read the machine's certificate authorities takes
        # longer than to ask, and nothing here is encrypted.
        base_url = f"http://{self.address}/v2/web/"
        return httpx.Client(base_url=base_url, auth=auth, trust_env=False, verify=False)

    @property
    def log(self) -> Path:
        return self.directory / "registry.log"

    @property
    def _configuration(self) -> Path:
        # YAML is a superset of JSON, so that no YAML library is needed to write it.
        return self.directory / "config.yml"

    def _settings(self) -> dict[str, object]:
        return {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.directory / "data")},
                "delete": {"enabled": True},
            },
            "http": {"addr": self.address, "secret": "playground"},
            **self._guard(),
            **self._notifications(),
        }

    def _guard(self) -> dict[str, object]:
        if not self.guarded:
            return {}
        return {"auth": {"htpasswd": {"realm": "playground", "path": str(self._logins)}}}

    def _notifications(self) -> dict[str, object]:
        if self.listener is None:
            return {}
        endpoint = {
            "name": "listener",
            "url": self.listener.url,
            "headers": {"Authorization": [self.listener.authorization]},
            "timeout": "1s",
            "threshold": 5,
            "backoff": "1s",
        }
        return {"notifications": {"endpoints": [endpoint]}}

    @property
    def _logins(self) -> Path:
        return self.directory / "htpasswd"

    def _pids(self) -> list[int]:
        return with_argument(str(self._configuration))

    def _answers(self) -> bool:
        try:
            with self._client() as http:
                answer = http.get(f"http://{self.address}/v2/")
            return answer.is_success or answer.status_code == httpx.codes.UNAUTHORIZED
        except httpx.TransportError:
            return False


def _has(http: httpx.Client, path: str, blob: Blob) -> bool:
    answer = http.head(path, headers={"Accept": blob.media_type})
    return answer.is_success and answer.headers.get("Docker-Content-Digest") == blob.digest


def _push(http: httpx.Client, tag: str, manifest: Blob, *parts: Blob) -> None:
    for part in parts:
        if not _has(http, f"blobs/{part.digest}", part):
            upload = http.post("blobs/uploads/").raise_for_status().headers["Location"]
            target = httpx.URL(upload).copy_merge_params({"digest": part.digest})
            http.put(target, content=part.content).raise_for_status()
    headers = {"Content-Type": manifest.media_type}
    http.put(f"manifests/{tag}", content=manifest.content, headers=headers).raise_for_status()
