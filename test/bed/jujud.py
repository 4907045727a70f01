"""A stand-in for the Juju agent of a unit of the bed: a service of systemd whose children are what Juju runs on the unit.

serve         listens on /run/bed/socket, and keeps /run/bed/here there for as long as the unit's link carries
run COMMAND…  asks the agent to run a command with the files and the JUJU_ variables of the caller, and ends as it ended

As Juju's, a command is a process group of its own; it gets TERM when its client goes away, and its end is told only over a link
that carries. When the agent ends first, or no agent answers, `run` kills itself with signal 9: nobody knows what became of the command.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys

SOCKET = "/run/bed/socket"
HERE = "/run/bed/here"
REQUEST_LIMIT = 1 << 20
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}


def link_carries():
    try:
        with open("/sys/class/net/eth0/carrier") as file:
            return file.read().strip() == "1"
    except OSError:
        return False


def be_gone():
    with contextlib.suppress(FileNotFoundError):
        os.unlink(HERE)


def receive(connection):
    """The request, one line, and the three files that came with its first byte."""
    text, files, _, _ = socket.recv_fds(connection, REQUEST_LIMIT, 3)
    while text and not text.endswith(b"\n"):
        text += connection.recv(REQUEST_LIMIT)
    return json.loads(text), files


class Agent:
    """One thread, so that it hears its own TERM before the end of a command that systemd killed with it."""

    def __init__(self, listener):
        self.listener = listener
        # Processes are pidfds. One whose client went away has no connection.
        self.running = {}
        self.connection_of = {}
        self.command_of = {}
        self.to_tell = {}

    def step(self):
        ready, _, _ = select.select([self.listener, *self.running, *self.connection_of], [], [], 0.1)
        for file in ready:
            if file is self.listener:
                self.begin(self.listener.accept()[0])
            elif file in self.connection_of:
                self.end(file)
            elif file in self.running:
                self.hang_up(file)
        self.face_the_controller()

    def begin(self, connection):
        request, files = receive(connection)
        own = {name: value for name, value in os.environ.items() if name.startswith("JUJU_")}
        command = subprocess.Popen(
            request["command"],
            stdin=files[0],
            stdout=files[1],
            stderr=files[2],
            env={**ENVIRONMENT, **own, **request["environment"]},
            cwd="/",
            preexec_fn=os.setpgrp,
        )
        for file in files:
            os.close(file)
        process = os.pidfd_open(command.pid)
        self.running[connection] = process
        self.connection_of[process], self.command_of[process] = connection, command

    def end(self, process):
        connection = self.connection_of.pop(process)
        code = self.command_of.pop(process).wait()
        os.close(process)
        if connection is not None:
            del self.running[connection]
            self.to_tell[connection] = code if code >= 0 else 128 - code

    def hang_up(self, connection):
        process = self.running.pop(connection)
        os.killpg(self.command_of[process].pid, signal.SIGTERM)
        # Its end is still waited for, but there is nobody to tell.
        self.connection_of[process] = None
        connection.close()

    def face_the_controller(self):
        """Whoever stands in for the controller sees a file appear and vanish, as it would see the agent's connection."""
        if not link_carries():
            be_gone()
            return
        open(HERE, "w").close()
        for connection, code in self.to_tell.items():
            with contextlib.suppress(OSError):
                connection.sendall(b"%d\n" % code)
            connection.close()
        self.to_tell.clear()


def serve():
    def stop(_signal, _frame):
        be_gone()
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(SOCKET)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(SOCKET)
        listener.listen(64)
        agent = Agent(listener)
        while True:
            agent.step()


def run(command):
    environment = {name: value for name, value in os.environ.items() if name.startswith("JUJU_")}
    request = json.dumps({"command": command, "environment": environment}).encode() + b"\n"
    answer = b""
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.connect(SOCKET)
        # As much as the socket takes comes with the files; the rest follows.
        sent = socket.send_fds(connection, [request], [0, 1, 2])
        connection.sendall(request[sent:])
        answer = connection.recv(16)
    if not answer:
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(int(answer))


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else run(sys.argv[2:])
