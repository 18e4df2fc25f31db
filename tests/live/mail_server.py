"""A real mail server on this machine for tests: speaks SMTP, keeps what it takes, can be slow, stopped and started."""

from __future__ import annotations

import email
import socketserver
import threading
import time
from collections.abc import Callable
from email.message import Message


class MailServer:
    """Listens on a port until ``stop``; ``start`` opens the same port again.

    ``before_taking`` is called when a letter is announced (MAIL), ``after_taking`` when it was taken and the sender
    does not know yet: both let a test end the sender exactly there.
    """

    def __init__(self, port: int, *, delay: float = 0.0) -> None:
        self.port, self.delay = port, delay
        self.letters: list[Message] = []
        self.before_taking: Callable[[], None] = lambda: None
        self.after_taking: Callable[[], None] = lambda: None
        self._server: _Listener | None = None

    def start(self) -> MailServer:
        """Listen."""
        self._server = _Listener(("127.0.0.1", self.port), _Conversation)
        self._server.owner = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None

    def ids_to(self, ending: str) -> list[str]:
        """The Message-ID of each letter taken for addresses with that ending, in the order they came."""
        return [str(letter["Message-ID"]) for letter in list(self.letters) if str(letter["To"]).endswith(ending)]

    def take(self, body: bytes) -> None:
        """Keep a letter."""
        time.sleep(self.delay)
        self.letters.append(email.message_from_bytes(body))
        self.after_taking()


class _Listener(socketserver.ThreadingTCPServer):
    owner: MailServer
    allow_reuse_address = True
    daemon_threads = True


class _Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Listener

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        try:
            self.say("220 ready")
            while line := self.rfile.readline():
                if self.answer(line.decode(errors="replace")[:4].upper()):
                    return
        except OSError:
            return  # the sender was killed

    def answer(self, verb: str) -> bool:
        if verb == "DATA":
            self.say("354 go on")
            self.server.owner.take(self.body())
        elif verb == "MAIL":
            self.server.owner.before_taking()
        self.say("221 bye" if verb == "QUIT" else "250 ok")
        return verb == "QUIT"

    def body(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)
