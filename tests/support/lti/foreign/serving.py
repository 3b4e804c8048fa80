"""Serves a WSGI application on ``localhost``, on both its addresses where it has two; tells the port on standard output.

Used by the platforms of the tests, also by those that run in another virtual environment: the standard library only. A process
that ``run`` serves in ends when its standard input does, so that none outlives the test run.
"""

import contextlib
import json
import os
import socket
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_parts):
        """Says nothing: what arrives is read back by the tests."""

    def address_string(self):
        return self.client_address[0]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        # HTTPServer's own asks the name service who we are, which may take seconds
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()


class _Six(_Server):
    address_family = socket.AF_INET6


class Serving:
    """An application that is served in this process's threads, until ``stop``."""

    def __init__(self, application, port=0):
        four = _Server(("127.0.0.1", port), _Quiet)
        self.port = four.server_port
        self.servers = [four]
        with contextlib.suppress(OSError):  # a machine without IPv6, or the port is taken there
            self.servers.append(_Six(("::1", self.port), _Quiet))
        for server in self.servers:
            server.set_app(application)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def run(make):
    """Serves ``make(port)``, which is called when the port is known, until standard input ends."""
    made = []
    serving = Serving(lambda environ, start: made[0](environ, start))  # noqa: PLW0108  it is not made yet
    made.append(make(serving.port))
    sys.stdout.write(json.dumps({"listening": serving.port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)
