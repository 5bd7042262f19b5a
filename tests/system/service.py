"""What systemd gives a service, played by a test: the notify socket, the journal, /dev/log.

The latter two have fixed paths: programs run in a mount namespace of their own,
made by unshare, where these paths are the test's.
"""

import os
import pathlib
import socket
import threading
import time

# Makes a private /dev and /run/systemd, then becomes what follows. $1 is "systemd" if the system
# shall look booted with it.
NAMESPACE = r"""
set -e
mount --make-rprivate /
here=$(mktemp -d)
mount -t tmpfs tmpfs "$here"
mkdir "$here/dev" "$here/systemd"
for device in null zero full random urandom; do cp -a /dev/$device "$here/dev/"; done
mkdir "$here/dev/shm" "$here/dev/net"
mkdir -p /run/systemd
mount --bind "$here/systemd" /run/systemd
mount --bind "$here/dev" /dev
mkdir /run/systemd/journal
if [ "$1" = systemd ]; then mkdir /run/systemd/system; fi
ln -s "$2/journal" /run/systemd/journal/socket
ln -s "$2/log" /dev/log
umount -l "$here" && rmdir "$here"
shift 2
exec "$@"
"""


class Listener:
    """A datagram socket whose messages are collected."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.path.chmod(0o666)
        self.messages = []
        self.times = []
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        while True:
            octets = self.socket.recv(1 << 16)
            if octets == b"end":
                return
            self.times.append(time.monotonic())
            self.messages.append(octets.decode(errors="replace"))

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", str(self.path))
        self.thread.join()
        self.socket.close()
        self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fields(self):
        """Of each message its lines NAME=VALUE, as a dictionary."""
        return [dict(line.split("=", 1) for line in message.splitlines() if "=" in line)
                for message in self.messages]

    def count(self, text):
        return sum(text in message.splitlines() for message in self.messages)


def in_namespace(folder, booted_with_systemd):
    """The words before a command that runs where the journal and /dev/log are in `folder`."""
    return ["unshare", "--mount", "sh", "-c", NAMESPACE, "sh",
            "systemd" if booted_with_systemd else "other", str(folder)]


def may_unshare():
    return os.geteuid() == 0
