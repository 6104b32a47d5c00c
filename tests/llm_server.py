"""A language model's HTTP server on loopback that speaks OpenAI's chat completions and follows a script."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
SILENCE_ENDS_S = 30.0
"""So long a silent or trickling reply holds its connection at most; a test has given up long before."""


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False
    """Accept the request and say nothing."""
    trickle_s: float | None = None
    """Promise a long body and send one byte of it every so many seconds."""


def said(text: str, *, prompt_tokens: int = 7, completion_tokens: int = 3) -> Reply:
    """A good completion."""
    return Reply(body=_completion(text, prompt_tokens, completion_tokens))


def failed(status: int, message: str = "try later", **headers: str) -> Reply:
    """An error as OpenAI words it; headers by name with _ for -."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, named)


def malformed(body: bytes = b"<html>no JSON</html>") -> Reply:
    """Status 200 and something else than a completion."""
    return Reply(body=body)


SILENT = Reply(is_silent=True)
"""Accepts and never answers."""
TRICKLE = Reply(trickle_s=0.05)
"""Sends a byte now and then, so that no read ever times out."""


class LlmServer:
    """Gives the scripted replies in turn, then what `answer` says to the request's body."""

    def __init__(self, *script: Reply, answer: Callable[[Body], Reply] | None = None) -> None:
        self._script = list(script)
        self._answer = answer or (lambda body: said("fine"))
        self._lock = threading.Lock()
        self.requests: list[Body] = []
        self.authorizations: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self.over = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, *script: Reply) -> None:
        """More replies, after those still to be given."""
        with self._lock:
            self._script.extend(script)

    def reply_to(self, body: Body, authorization: str) -> Reply:
        """Note the request; the next reply."""
        with self._lock:
            self.requests.append(body)
            self.authorizations.append(authorization)
            if self._script:
                return self._script.pop(0)
        return self._answer(body)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Notes how many requests are under way at once."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        yield
        with self._lock:
            self._at_once -= 1

    def close(self) -> None:
        """Stop listening and end what is silent."""
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(*script: Reply, answer: Callable[[Body], Reply] | None = None) -> Iterator[LlmServer]:
    """A server for the body of a `with`."""
    server = LlmServer(*script, answer=answer)
    try:
        yield server
    finally:
        server.close()


def last_user_text(body: Body) -> str:
    """What the user message of a request says."""
    messages: Sequence[Mapping[str, str]] = body["messages"]
    return [message["content"] for message in messages if message["role"] == "user"][-1]


def _completion(text: str, prompt_tokens: int, completion_tokens: int) -> bytes:
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [choice],
            "usage": usage,
        }
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    owner: LlmServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        with self.owner.counted():
            reply = self.owner.reply_to(body, self.headers.get("Authorization", ""))
            self._give(reply)

    def _give(self, reply: Reply) -> None:
        if reply.is_silent:
            self.owner.over.wait(SILENCE_ENDS_S)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        length = len(reply.body) if reply.trickle_s is None else 10_000
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if reply.trickle_s is None:
            self.wfile.write(reply.body)
        else:
            self._trickle(reply.trickle_s)

    def _trickle(self, every_s: float) -> None:
        give_up_at = time.monotonic() + SILENCE_ENDS_S
        try:
            while time.monotonic() < give_up_at and not self.owner.over.wait(every_s):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests look at `requests`."""
