# SPDX-License-Identifier: ISC
"""Servers of grpc.health.v1.Health on loopback, for test_grpc.c: `grpc_server.py KEY CERTIFICATE`.

Prints "PLAIN TLS RAW", the ports of gRPC's own implementation without and with TLS (0 0 where python3-grpcio is not installed)
and of a few lines of HTTP/2 that say what no proper server would. Serves until it is killed or its stdin ends.
"""
import os
import socket
import struct
import sys
import threading
import time

os.environ["GRPC_VERBOSITY"] = "NONE"  # handshakes that fail are part of the test
try:
    import grpc
except ImportError:
    grpc = None

SERVING = b"\x08\x01"


def service_of(message):
    """The field 1 of a request, whose length is a varint."""
    start = 1
    while start < len(message) and message[start] >= 128:
        start += 1
    return message[start + 1:].decode()


def serve(stopped):
    """What each service is said to be, by gRPC's implementation."""
    replies = {
        "": SERVING,
        "up": SERVING,
        "x" * 300: SERVING,
        "down": b"\x08\x02",
        "zero": b"",
        "gone": b"\x08\x03",
        "later": b"\x08\x07",
        "negative": b"\x08" + b"\xff" * 9 + b"\x01",
        "extra": b"\x12\x03abc\x1d1234\x21" + b"8" * 8 + b"\x30\x96\x01" + SERVING + b"\x92\x03\x00",
        "junk": b"\x08",
        "text": b"<html>",
        "long": b"\x12\x88\x27" + b"a" * 5000 + SERVING,
    }
    failures = {
        "denied": (grpc.StatusCode.PERMISSION_DENIED, "100% no\nway"),
        "wordless": (grpc.StatusCode.UNIMPLEMENTED, ""),
        "verbose": (grpc.StatusCode.UNAVAILABLE, "z" * 1000),
    }

    def check(message, context):
        service = service_of(message)
        if service == "hang":
            stopped.wait()
        if service in failures:
            context.abort(*failures[service])
        if service not in replies:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return replies[service]

    from concurrent.futures import ThreadPoolExecutor
    server = grpc.server(ThreadPoolExecutor(16))
    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),))
    key, certificate = (open(path, "rb").read() for path in sys.argv[1:3])
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    ports = server.add_insecure_port("127.0.0.1:0"), server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    return server, ports


DATA, HEADERS, RESET, SETTINGS = 0, 1, 3, 4
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, payload, stream=1):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(*fields, end=False):
    """Each name and value as HPACK's "literal without indexing" (RFC 7541 §6.2.2), none longer than 126."""
    block = b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in fields)
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), block)


GRPC = (b"content-type", b"application/grpc")
OK = ((b":status", b"200"), GRPC)
DONE = headers((b"grpc-status", b"0"), end=True)
MESSAGE = b"\0\0\0\0\x02" + SERVING

RAW = {
    "good": headers(*OK) + frame(DATA, 0, MESSAGE) + DONE,
    "pieces": headers(*OK) + b"".join(frame(DATA, 0, bytes([o])) for o in MESSAGE) + DONE,
    "header-only": headers(*OK, (b"grpc-status", b"14"), (b"grpc-message", b"a%20b%zz%C3%A4%0"), end=True),
    "last-counts": headers(*OK, (b"grpc-status", b"0")) + frame(DATA, 0, MESSAGE) + headers((b"grpc-status", b"13"), end=True),
    "http-404": headers((b":status", b"404"), GRPC, end=True),
    "http-404-open": headers((b":status", b"404"), GRPC),
    "html": headers((b":status", b"200"), (b"content-type", b"text/html")) + frame(DATA, END_STREAM, b"<html>"),
    "grpc-web": headers((b":status", b"200"), (b"content-type", b"application/grpc-web")) + frame(DATA, END_STREAM, MESSAGE),
    "with-encoding": headers((b":status", b"200"), (b"content-type", b"application/grpc+proto")) + frame(DATA, 0, MESSAGE) + DONE,
    "no-type": headers((b":status", b"200"), end=True),
    "no-status": headers(*OK) + frame(DATA, END_STREAM, MESSAGE),
    "odd-status": headers(*OK) + frame(DATA, 0, MESSAGE) + headers((b"grpc-status", b"0x0"), end=True),
    "new-status": headers(*OK, (b"grpc-status", b"99"), end=True),
    "no-body": headers(*OK) + DONE,
    "short-frame": headers(*OK) + frame(DATA, 0, MESSAGE[:-1]) + DONE,
    "two-frames": headers(*OK) + frame(DATA, 0, MESSAGE * 2) + DONE,
    "compressed": headers(*OK) + frame(DATA, 0, b"\1" + MESSAGE[1:]) + DONE,
    "endless": headers(*OK) + frame(DATA, 0, b"\0" * 4097),
    "many-headers": headers((b":status", b"103"), *[(b"x-padding", b"y" * 100)] * 100) * 10 + headers(*OK, end=True),
    "late": headers(*OK) + frame(DATA, 0, MESSAGE) + DONE,
    "mute": b"",
    "authority-kept": headers(*OK) + frame(DATA, 0, MESSAGE) + DONE,
    "authority-lost": headers(*OK, (b"grpc-status", b"3"), end=True),
    "reset": headers(*OK) + frame(RESET, 0, b"\0\0\0\2"),
    "cut-off": headers(*OK) + frame(DATA, 0, MESSAGE),
}


def raw_visit(connection):
    data = b""
    while b"HealthCheck-end" not in data:  # the names of services end so
        piece = connection.recv(65536)
        if not piece:
            return
        data += piece
    name = data.split(b"raw/")[1].split(b"/")[0].decode()
    if name == "authority":  # letters for which HPACK has no shorter code
        name = "authority-kept" if b"\x04XZXZ" in data else "authority-lost"
    connection.sendall(frame(SETTINGS, 0, b"", 0) + frame(SETTINGS, 1, b"", 0))
    if name == "late":
        time.sleep(0.25)
    connection.sendall(RAW[name])
    if name != "cut-off":
        while connection.recv(65536):
            pass
    connection.close()


def raw_serve():
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=raw_visit, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    stopped = threading.Event()
    server, ports = serve(stopped) if grpc else (None, (0, 0))
    print(*ports, raw_serve(), flush=True)
    sys.stdin.read()
    stopped.set()
    if server:
        server.stop(0)


main()
