# SPDX-License-Identifier: Apache-2.0
"""HTTP servers on the loopback interface: a real nginx, one that misbehaves, and a long way to
either."""

import getpass
import http.server
import queue
import shutil
import socket
import threading
import time
from pathlib import Path

from .process import Process, ProcessError, free_port

START_SECONDS = 10
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
"""Kinds of temporary files for which nginx makes folders, used or not."""


class WebServer(Process):
    """nginx on a folder of files: in the clear, or over TLS if there are certificates.

    It keeps its port over stop() and start(). Further directives go into the server's block of the
    configuration. It takes reports at /ota_result.
    """

    def __init__(self, folder, certificates=None, wants_client=False, directives=()):
        self.folder = Path(folder) / "web"
        self.root = self.folder / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "access.log"
        self.certificates = certificates
        self.port = free_port()
        self._wants_client = wants_client
        self._directives = directives
        self.config = self.folder / "nginx.conf"
        self.config.write_text("\n".join(self._settings()) + "\n")
        program = shutil.which("nginx") or shutil.which("nginx", path=SYSTEM_FOLDERS)
        super().__init__([program or "nginx", "-p", self.folder, "-c", self.config, "-e", "stderr"])

    def _settings(self):
        # As root, nginx would become a user that may not read a test's folder.
        yield f"user {getpass.getuser()};"
        yield "daemon off; worker_processes 1; error_log stderr;"
        yield f"pid {self.folder}/nginx.pid;"
        yield "events {}"
        yield "http {"
        for kind in TEMPORARY:
            yield f"{kind}_temp_path {self.folder}/{kind};"
        yield "log_format lab '$connection $request_method $uri $status \"$http_range\"';"
        yield f"access_log {self.log} lab;"
        yield "tcp_nodelay on; sendfile on;"
        yield "server {"
        yield f"listen 127.0.0.1:{self.port}{' ssl' if self.certificates else ''};"
        yield f"root {self.root};"
        yield "location = /ota_result { return 204; }"
        if self.certificates:
            yield f"ssl_certificate {self.certificates.certificate('server')};"
            yield f"ssl_certificate_key {self.certificates.key('server')};"
        if self._wants_client:
            yield f"ssl_client_certificate {self.certificates.ca};"
            yield "ssl_verify_client on;"
        yield from self._directives
        yield "}}"

    def start(self):
        """Start, and wait until it accepts connections."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise ProcessError(self.describe("does not accept connections"))

    @property
    def url(self):
        return f"{'https' if self.certificates else 'http'}://127.0.0.1:{self.port}"

    def requests(self, path=None):
        """What it was asked for, as lists: connection, method, path, status, range."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        rows = [line.replace('"', "").split() for line in lines]
        return [row for row in rows if path is None or row[2] == path]


class OddServer:
    """A server that answers one path as a test says, and everything else as a good one does.

    `files` are the bodies by path. `oddity` is called with the handler and the body before each
    answer to a file; it returns True if it has answered itself.
    """

    def __init__(self, files, oddity):
        outer = self
        self.posts = []
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, self.headers.get("Range")))
                body = files.get(self.path)
                if body is None:
                    self.send_error(404)
                elif not (self.path.endswith(".bin") and oddity(self, body)):
                    outer.serve(self, body)

            def do_POST(self):
                outer.posts.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    @staticmethod
    def asked_range(handler, body):
        """First and last byte that it was asked for."""
        first, last = handler.headers["Range"].removeprefix("bytes=").split("-")
        return int(first), min(int(last or len(body)), len(body) - 1)

    @classmethod
    def serve(cls, handler, body):
        if not handler.headers.get("Range"):
            handler.send_response(200)
            handler.send_header("Content-Length", len(body))
            handler.end_headers()
            handler.wfile.write(body)
            return
        first, last = cls.asked_range(handler, body)
        cls.send_range(handler, body[first:last + 1], f"bytes {first}-{last}/{len(body)}")

    @staticmethod
    def send_range(handler, piece, content_range, length=None):
        handler.send_response(206)
        if content_range:
            handler.send_header("Content-Range", content_range)
        handler.send_header("Content-Length", len(piece) if length is None else length)
        handler.end_headers()
        handler.wfile.write(piece)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class LongWay:
    """A port from which every byte takes so long to the server, and as long back."""

    def __init__(self, server, seconds):
        self._target = ("127.0.0.1", server.port)
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                on_the_way = queue.Queue()
                threading.Thread(target=self._take, args=(one, on_the_way), daemon=True).start()
                threading.Thread(target=self._bring, args=(other, on_the_way), daemon=True).start()

    def _take(self, sender, on_the_way):
        piece = True
        while piece:
            try:
                piece = sender.recv(65536)
            except OSError:
                piece = b""
            on_the_way.put((time.monotonic() + self._seconds, piece))

    def _bring(self, receiver, on_the_way):
        while True:
            due, piece = on_the_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not piece:
                    receiver.shutdown(socket.SHUT_WR)
                    return
                receiver.sendall(piece)
            except OSError:
                return
