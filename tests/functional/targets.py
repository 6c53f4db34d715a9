# SPDX-License-Identifier: ISC
"""Things to check: web servers and talkers that do as they are told, and certificates for them."""

import http.server
import socket
import ssl
import subprocess
import threading


class HttpHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass


class HttpServer(http.server.ThreadingHTTPServer):
    """Serves at once, on threads of its own; port 0 is one that is free."""
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, address, port, handler, tls=None):
        super().__init__((address, port), handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *args):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


class Web:
    """An HTTP server. `reply` is called with each request (method, path, headers) and says status, headers, body; while
    `speaks` is clear, connections are accepted and nothing is answered; stop() closes the port, start() opens it again."""

    def __init__(self, reply=lambda request: (200, {}, b"ok\n"), address="127.0.0.1", tls=None):
        self.reply, self.address, self.port, self.tls = reply, address, 0, tls
        self.requests, self.speaks, self.server = [], threading.Event(), None
        self.speaks.set()
        self.start()

    @property
    def endpoint(self):
        return f"{self.address}:{self.port}"

    def start(self):
        outer = self

        class Handler(HttpHandler):
            def setup(self):
                outer.speaks.wait(30)
                super().setup()

            def answer(self):
                outer.requests.append(self)
                status, headers, body = outer.reply(self)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PROBE = answer

            def do_HEAD(self):
                outer.requests.append(self)
                self.send_response(outer.reply(self)[0])
                self.end_headers()

        self.server = HttpServer(self.address, self.port, Handler, self.tls)
        self.port = self.server.server_port

    def stop(self):
        self.speaks.set()
        if self.server:
            self.server.stop()
            self.server = None


class Talker:
    """A TCP server: `talk` is called with each connection, on a thread of its own; it may end by an OSError."""

    def __init__(self, talk, address="127.0.0.1"):
        self.talk, self.address, self.heard = talk, address, []
        self.listener = socket.create_server((address, 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def endpoint(self):
        return f"{self.address}:{self.port}"

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


class Certificates:
    """A CA and what it has signed, in a folder. The CA is `ca.pem`."""

    def __init__(self, folder):
        self.folder = folder
        self.run("req", "-x509", *self.new("ca"), "-out", "ca.pem", "-subj", "/CN=test CA", "-days", "30")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def new(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def signed(self, name, host, days=30):
        """A server's TLS with a certificate for `host` that ends in so many days."""
        self.run("req", "-new", *self.new(name), "-out", f"{name}.csr", "-subj", f"/CN={host}",
                 "-addext", f"subjectAltName=DNS:{host}")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                 "-copy_extensions", "copyall", "-days", str(days), "-out", f"{name}.pem")
        return self.context(name)

    def self_signed(self, name, host):
        self.run("req", "-x509", *self.new(name), "-out", f"{name}.pem", "-subj", f"/CN={host}",
                 "-addext", f"subjectAltName=DNS:{host}", "-days", "30")
        return self.context(name)

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context
