"""The transports that have no frames: UDP sockets and TCP, as ports for the tables.

A frame that goes in is taken apart for its message, and the message that comes back is put into
the frame that a link would bring.
"""

import contextlib
import tempfile

import appliance as harness
import client
import frames
import live  # noqa: F401 - adds its ports
import messages
import ports

HOSTS = {4: "127.0.0.1", 6: "::1"}


class SocketsPort(ports.Port):
    """UDP by sockets of the kernel."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bowline-packets-"))
            self.appliance = stack.enter_context(harness.Appliance(
                {**ports.zone_files(folder), **self.zones}, log="info",
                server=messages.SERVER_OPTIONS))
            self.appliance.start()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, kind, *rest):
        return self.stack.__exit__(kind, *rest)

    def address(self, version):
        return self.appliance.address(HOSTS[version])

    def ask(self, version, message):
        return client.udp(self.address(version), message)

    def exchange(self, octets, replies=0):
        found = []
        for each in octets:
            ipv6 = int.from_bytes(each[12:14], "big") == frames.IPV6
            message = self.ask(6 if ipv6 else 4, frames.message_of(each))
            found.append(frames.reply_to(frames.Frame(ipv6=ipv6), message))
        return found


class TcpPort(SocketsPort):
    """A connection for each question; test_tcp.py has what is particular to connections."""

    stream = True

    def ask(self, version, message):
        return client.tcp(self.address(version), message)


TRANSPORTS = {"sockets": SocketsPort, "tcp": TcpPort}
ALL = ports.PORTS | TRANSPORTS
