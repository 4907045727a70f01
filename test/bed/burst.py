#!/usr/bin/python3
"""Sends a bounded burst of token requests to one address of the bed and prints what came back as one JSON object.

usage: burst.py URL [--total N] [--concurrent N] [--kept N] [--milliseconds N] [--timeout SECONDS]

A client opens a connection, sends up to --kept requests over it (1: a new connection each) and opens the next one.
`new` counts the first requests of connections, `reused` the later ones: a proxy may answer 502 to the former, and drops
the connection of the latter. `dropped` is a connection closed instead of an answer. Only addresses of the bed are taken.
"""

import argparse
import http.client
import json
import ssl
import threading
import time
from urllib.parse import urlsplit

BODY = json.dumps({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "burst"}}}}})


class Burst:
    def __init__(self, options):
        self.options = options
        self.address = urlsplit(options.url)
        self.path = "/v3/auth/tokens?ms=%d" % options.milliseconds
        self.lock = threading.Lock()
        self.left = options.total
        self.counts = {"new": {}, "reused": {}}
        self.seconds = []

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def connect(self):
        host, port, timeout = self.address.hostname, self.address.port, self.options.timeout
        if self.address.scheme == "https":
            # One certificate of no authority serves the whole bed.
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())
        return http.client.HTTPConnection(host, port, timeout=timeout)

    def request(self, connection, last):
        """One request; returns its outcome and whether the connection can take another."""
        headers = {"Content-Type": "application/json", "Connection": "close" if last else "keep-alive"}
        try:
            connection.request("POST", self.path, BODY, headers)
            response = connection.getresponse()
            response.read()
            return str(response.status), not (last or response.will_close)
        except TimeoutError:
            return "timeout", False
        except (http.client.HTTPException, ssl.SSLEOFError, ConnectionResetError, BrokenPipeError):
            return "dropped", False
        except OSError as problem:
            return type(problem).__name__, False

    def client(self):
        connection, sent = None, 0
        while self.take():
            kind = "reused" if connection else "new"
            connection = connection or self.connect()
            started = time.monotonic()
            outcome, usable = self.request(connection, sent + 1 >= self.options.kept)
            with self.lock:
                self.seconds.append(time.monotonic() - started)
                self.counts[kind][outcome] = self.counts[kind].get(outcome, 0) + 1
            sent += 1
            if not usable:
                connection.close()
                connection, sent = None, 0

    def run(self):
        threading.stack_size(256 * 1024)
        started = time.monotonic()
        clients = [threading.Thread(target=self.client, daemon=True) for _ in range(self.options.concurrent)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        elapsed, sorted_seconds = time.monotonic() - started, sorted(self.seconds)
        return {
            "requests": len(sorted_seconds),
            "seconds": round(elapsed, 2),
            "new": self.counts["new"],
            "reused": self.counts["reused"],
            "medianMilliseconds": round(1000 * sorted_seconds[len(sorted_seconds) // 2]),
            "maxMilliseconds": round(1000 * sorted_seconds[-1]),
        }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--total", type=int, default=600)
    parser.add_argument("--concurrent", type=int, default=200)
    parser.add_argument("--kept", type=int, default=1)
    parser.add_argument("--milliseconds", type=int, default=200)
    parser.add_argument("--timeout", type=float, default=60)
    options = parser.parse_args()
    if not (1 <= options.total <= 20000 and 1 <= options.concurrent <= 1000 and options.milliseconds <= 10000):
        parser.error("at most 20000 requests, 1000 at a time, 10000 ms each")
    if not (urlsplit(options.url).hostname or "").startswith(("10.77.0.", "127.")):
        parser.error("only addresses of the bed are taken")
    print(json.dumps(Burst(options).run()))


if __name__ == "__main__":
    main()
