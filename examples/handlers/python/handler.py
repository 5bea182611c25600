"""A handler in Python, with the standard library alone.

Listens on $PORT, gets one notification per POST, and answers:

    200          done; this notification never comes again
    4xx          never try again: it becomes a dead letter
    5xx          try again later

Docs: docs/handlers.md
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def handle(topic: str, key: str, notification: dict) -> dict:
    """Your work goes here. `key` is the same whenever this notification comes again: use it to do things once."""
    return {"topic": topic, "item": notification["data"]["item"].get("type"), "idempotencyKey": key}


class Handler(BaseHTTPRequestHandler):
    # Keeps connections open between calls; without it every call costs a new one.
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            answer, status = self.answer(body), 200
        except (KeyError, ValueError) as error:
            # The body will not be another one next time.
            answer, status = {"error": repr(error)}, 422
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def answer(self, body: bytes) -> dict:
        topic = self.headers["ce-type"].removeprefix("com.intercom.")
        return handle(topic, self.headers["idempotency-key"], json.loads(body))

    def log_message(self, format, *args):
        """No line per call: bodies and ids are personal data, and the worker counts calls already."""


def main():
    server = ThreadingHTTPServer((os.environ.get("HOST", "0.0.0.0"), int(os.environ["PORT"])), Handler)
    # shutdown() waits for the serving loop, so it must not run in its thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on {os.environ['PORT']}", file=sys.stderr, flush=True)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
