# SPDX-License-Identifier: Apache-2.0
"""A port that serves more than one protocol, as 443 often does: clients say by ALPN which one they want."""

import select
import socket
import ssl
import threading


class SharedPort:
    """TLS with client certificates in front of a plain broker, for those who ask for one protocol.

    Anybody else gets what a web server says to somebody who speaks no HTTP.
    """

    def __init__(self, broker, certificates, protocol):
        self.certificates = certificates
        self._target = ("127.0.0.1", broker.port)
        self._protocol = protocol
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.certificate("server"), certificates.key("server"))
        self._context.load_verify_locations(certificates.ca)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.set_alpn_protocols([protocol])
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
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with self._context.wrap_socket(client, server_side=True) as near:
                if near.selected_alpn_protocol() != self._protocol:
                    near.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                    return
                with socket.create_connection(self._target) as far:
                    self._carry(near, far)
        except OSError:
            pass

    @staticmethod
    def _carry(near, far):
        other = {near: far, far: near}
        while True:
            ready = [near] if near.pending() else select.select([near, far], [], [])[0]
            for one in ready:
                piece = one.recv(65536)
                if not piece:
                    return
                other[one].sendall(piece)
