"""A stand-in for an OpenStack API's WSGI application, for the bed: the routes that load, checks and tests need.

GET  /                       300, the versions
GET  /healthcheck            200
POST /v3/auth/tokens?ms=N    201 and a token, after N milliseconds (10 when N is not given)
GET  /pid                    200, which process of which daemon group answered
"""

import base64
import json
import os
import time
from urllib.parse import parse_qs


def answer(environ):
    path = environ.get("PATH_INFO", "/")
    if path == "/healthcheck":
        return "200 OK", [], b"OK"
    if path in ("", "/"):
        return "300 Multiple Choices", [], json.dumps({"versions": {"values": [{"id": "v3.14", "status": "stable"}]}}).encode()
    if path == "/v3/auth/tokens" and environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        time.sleep(int(parse_qs(environ.get("QUERY_STRING", "")).get("ms", ["10"])[0]) / 1000)
        token = "gAAAAA" + base64.urlsafe_b64encode(os.urandom(60)).decode()
        return "201 Created", [("X-Subject-Token", token)], b'{"token": {"methods": ["password"]}}'
    if path == "/pid":
        return "200 OK", [], json.dumps({"pid": os.getpid(), "group": environ.get("mod_wsgi.process_group")}).encode()
    return "404 Not Found", [], b"{}"


def application(environ, start_response):
    status, headers, body = answer(environ)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers])
    return [body]
