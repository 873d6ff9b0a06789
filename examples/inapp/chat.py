"""A chat client in Python, with the standard library alone (docs/channels/inapp.md).

python chat.py https://desk.example.com TOKEN                     talk in the terminal
python chat.py https://desk.example.com TOKEN --say Hello --file photo.jpg --answers 1
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin


class Chat:
    """One person's chat. Keep `visitor` in safe storage: whoever has it has the history."""

    def __init__(self, desk: str, token: str, *, visitor: str = "", jwt: str = "", language: str = "en") -> None:
        self.desk, self.token = desk.rstrip("/") + "/", token
        self.visitor, self.jwt, self.language = visitor, jwt, language
        self.session = self.cursor = ""

    def open(self) -> list[dict[str, Any]]:
        """Come in; the newest messages."""
        about = {"visitor": self.visitor, "jwt": self.jwt, "language": self.language, "renew": self.session}
        self.session, self.jwt = "", ""  # a jwt opens one session
        entry = self._post("session/", about)
        self.session, self.cursor = entry["session"], entry["cursor"]
        self.visitor = entry["visitor"] or self.visitor
        return entry["messages"]

    def say(self, text: str, files: list[str] | None = None, *, client_id: str = "") -> dict[str, Any]:
        """Send a message; repeat it with the same `client_id` where no answer came."""
        return self._post(
            "messages/", {"client_id": client_id or str(uuid.uuid4()), "text": text, "files": files or []}
        )

    def leave(self, path: Path) -> str:
        """Upload a file; what to name it by in a message."""
        edge, kind = uuid.uuid4().hex, mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{path.name.replace(chr(34), "%22")}"\r\n'
        body = f"{head}Content-Type: {kind}\r\n\r\n".encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        return self._ask("POST", "files/", body, f"multipart/form-data; boundary={edge}")["token"]

    def news(self) -> list[dict[str, Any]]:
        """What is new or changed since the last look."""
        found, more = [], True
        while more:
            answer = self._ask("GET", f"messages/?after={quote(self.cursor)}")
            self.cursor, more = answer["cursor"], answer["more"]
            found += answer["messages"]
        return found

    def before(self, message: int) -> list[dict[str, Any]]:
        """The page before a message."""
        return self._ask("GET", f"messages/?before={message}")["messages"]

    def read(self, up_to: int) -> None:
        """Say that the person has seen the messages up to this one."""
        self._post("read/", {"up_to": up_to})

    def listen(self) -> Iterator[dict[str, Any]]:
        """Messages as they come, for as long as one asks; connects again after every break."""
        while True:
            yield from self.news()
            try:
                for event in self._events():
                    if event in ("ready", "pull"):
                        yield from self.news()
            except OSError:
                time.sleep(2)

    def _events(self) -> Iterator[str]:
        """Names of server-sent events until the stream ends."""
        headers = {"Authorization": f"Bearer {self.session}"}
        request = urllib.request.Request(urljoin(self.desk, "ws/webchat/stream/"), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as lines:
                for line in lines:
                    if line.startswith(b"event: "):
                        yield line.removeprefix(b"event: ").strip().decode()
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            self.open()

    def _post(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, json.dumps(said).encode())

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        *,
        is_second: bool = False,
    ) -> dict[str, Any]:
        """One request; a session that has ended is opened anew, once."""
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self.session}"} if self.session else {})
        url = urljoin(self.desk, f"w/{self.token}/{path}")
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, body, headers, method=method), timeout=30
            ) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 401 or not self.session or is_second:
                raise
        self.open()
        return self._ask(method, path, body, kind, is_second=True)


def main() -> None:
    """Talk in the terminal; with --answers, print that many answers as JSON and end."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("desk")
    asked.add_argument("token")
    asked.add_argument("--say", default="")
    asked.add_argument("--file", type=Path)
    asked.add_argument("--answers", type=int, default=0)
    asked.add_argument("--visitor", default="")
    asked.add_argument("--jwt", default="")
    given = asked.parse_args()
    chat = Chat(given.desk, given.token, visitor=given.visitor, jwt=given.jwt)
    for message in chat.open():
        show(message)
    print(json.dumps({"visitor": chat.visitor}), flush=True)
    if given.say or given.file:
        chat.say(given.say, [chat.leave(given.file)] if given.file else [])
    if not given.answers:
        threading.Thread(target=type_away, args=[chat], daemon=True).start()
    answers = set()
    for message in chat.listen():  # a message comes again when something about it has changed
        show(message)
        if message["kind"] == "out" and message["id"] not in answers:
            chat.read(message["id"])
            answers.add(message["id"])
        if given.answers and len(answers) >= given.answers:
            return


def type_away(chat: Chat) -> None:
    """Send each line that is typed."""
    while line := input():
        chat.say(line)


def show(message: dict[str, Any]) -> None:
    print(json.dumps(message, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
