#!/usr/bin/env python3
"""A receiver of the webhook sink, to begin with: it checks the signature, and adds what came to a file.

    receiver.py PORT SECRET_FILE EVENTS_FILE

It listens on 127.0.0.1 alone, and answers 204 once what came is on the disk: until then isoledger sends it again.
"""

import gzip
import hashlib
import hmac
import os
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

port, secret_file, events_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
# The most that one delivery holds, and how old a signature may be, in seconds.
BYTES_MAX, AGE_MAX = 8_388_608, 300


def is_ours(header: str, body: bytes) -> bool:
    """The signature is the HMAC-SHA256 of the time, a dot and the body, uncompressed."""
    match = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if match is None or abs(time.time() - int(match[1])) > AGE_MAX:
        return False
    with open(secret_file, "rb") as file:
        secret = file.read().strip()
    code = hmac.new(secret, match[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(code, match[2])


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if length > BYTES_MAX:
            self.answer(413)
            return
        body = gzip.decompress(self.rfile.read(length))
        if not is_ours(self.headers.get("X-Isoledger-Signature", ""), body):
            # Not 400: that would say that an event is wrong, and stop the sink for good.
            self.answer(401)
            return
        with open(events_file, "ab") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is written for each request."""


HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
