"""Bowline, its peers and the reflector: how each is configured and started.

Every server gets the same: one worker for each of `workers`, answers without what nobody asked for
(the smallest that each can be told to send), no log of questions, no limit of rates.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

from side.links import SERVER_INTERFACE

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BOWLINE_BUILD", TOP / "build")).resolve()
UDP_SIZE = 1232


@dataclasses.dataclass
class Place:
    """Where a server is to serve what. `folder` is its own; `link` as in links.DESCRIPTIONS;
    `device`: of DPDK, for memif; `cpu`: of its only worker, None if it may choose."""

    folder: pathlib.Path
    zones: list  # of (name, path)
    address: str
    port: int = 53
    link: str = "sockets"
    device: str = ""
    cpu: int = None
    workers: int = 1
    poll: str = "adaptive"


def write(place, text, name="conf"):
    (place.folder / name).write_text(text)
    return str(place.folder / name)


# ---- one function a server: writes its configuration, returns its command ------------------------

def reflector(place):
    port = ["--dpdk", place.device] if place.link == "memif" else ["--xdp", SERVER_INTERFACE]
    return [str(BUILD / "perf/reflector"), *port]


def bowline_backends(place):
    if place.link == "memif":
        return f"  backend: [ dpdk ]\n  devices: [ \"{place.device}\" ]\n"
    if place.link == "xdp":
        # A busy worker on sockets would take half of the only CPU.
        return f"  backend: [ {'xdp' if place.poll == 'busy' else 'xdp, sockets'} ]\n"
    return "  backend: [ sockets ]\n"


def bowline(place):
    cores = f"  cores: [ {place.cpu} ]\n" if place.cpu is not None else ""
    listen = f"xdp:\n  listen: {SERVER_INTERFACE}\n" if place.link == "xdp" else ""
    text = (f"server:\n  rundir: {place.folder}/run\n  listen: {place.address}@{place.port}\n"
            f"  tcp-workers: 1\n{listen}dataplane:\n{bowline_backends(place)}"
            f"  workers: {place.workers}\n{cores}  poll: {place.poll}\n"
            f"log:\n  - target: stderr\n    any: info\nzone:\n")
    text += "".join(f"  - domain: {name}\n    file: {path}\n" for name, path in place.zones)
    return [str(BUILD / "bowlined"), "-c", write(place, text)]


def knotd(place):
    (place.folder / "db").mkdir()
    listen = f"xdp:\n  listen: {SERVER_INTERFACE}\n" if place.link == "xdp" else ""
    text = (f"server:\n  rundir: {place.folder}\n  listen: {place.address}@{place.port}\n"
            f"  user: root\n  udp-workers: {place.workers}\n  tcp-workers: 1\n"
            f"  background-workers: 1\n  udp-max-payload: {UDP_SIZE}\n{listen}"
            f"database:\n  storage: {place.folder}/db\n"
            f"log:\n  - target: stderr\n    any: warning\n"
            "template:\n  - id: default\n    journal-content: none\n    zonefile-sync: -1\nzone:\n")
    text += "".join(f"  - domain: {name}\n    file: {path}\n" for name, path in place.zones)
    return ["knotd", "-c", write(place, text)]


def nsd(place):
    text = (f"server:\n  ip-address: {place.address}@{place.port}\n  pidfile: {place.folder}/pid\n"
            f"  xfrdfile: {place.folder}/xfrd\n  zonelistfile: {place.folder}/list\n"
            f"  username: \"\"\n  database: \"\"\n  zonesdir: {place.folder}\n"
            f"  server-count: {place.workers}\n  minimal-responses: yes\n  rrl-ratelimit: 0\n"
            f"  ipv4-edns-size: {UDP_SIZE}\nremote-control:\n  control-enable: no\n")
    text += "".join(f"zone:\n  name: {name}\n  zonefile: {path}\n" for name, path in place.zones)
    return ["nsd", "-d", "-c", write(place, text)]


def named(place):
    text = (f'options {{ directory "{place.folder}";\n'
            f"  listen-on port {place.port} {{ {place.address}; }}; listen-on-v6 {{ none; }};\n"
            f'  pid-file "{place.folder}/pid"; session-keyfile "{place.folder}/key";\n'
            f"  recursion no; dnssec-validation no; minimal-responses yes; notify no;\n"
            f"  max-udp-size {UDP_SIZE}; edns-udp-size {UDP_SIZE}; empty-zones-enable no; }};\n"
            "controls { };\n")
    text += "".join(f'zone "{name}" {{ type primary; file "{path}"; }};\n'
                    for name, path in place.zones)
    return ["named", "-f", "-n", str(place.workers), "-c", write(place, text)]


def pdns_server(place):
    zones = "".join(f'zone "{name}" {{ type master; file "{path}"; }};\n'
                    for name, path in place.zones)
    bind = write(place, zones, "zones")
    write(place, f"launch=bind\nbind-config={bind}\nlocal-address={place.address}\n"
          f"local-port={place.port}\nsocket-dir={place.folder}\ndaemon=no\nguardian=no\n"
          f"disable-syslog=yes\nloglevel=3\nreceiver-threads={place.workers}\n"
          f"distributor-threads={place.workers}\nudp-truncation-threshold={UDP_SIZE}\n",
          "pdns.conf")
    return ["pdns_server", f"--config-dir={place.folder}"]


SERVERS = {"reflector": reflector, "bowline": bowline, "knotd": knotd, "nsd": nsd, "named": named,
           "pdns_server": pdns_server}
OURS = ("reflector", "bowline")
PACKAGES = {"knotd": "knot", "nsd": "nsd", "named": "bind9",
            "pdns_server": "pdns-server pdns-backend-bind"}
VERSION_FLAGS = {"knotd": "-V", "nsd": "-v", "named": "-V", "pdns_server": "--version"}

# Which servers can be measured on which link. On sockets the reflector is what the veth pair and
# the generator can do at most; it takes its frames by AF_XDP there, too.
ON_LINK = {
    "memory": ("bowline",),
    "memif": ("reflector", "bowline"),
    "xdp": ("reflector", "bowline", "knotd"),
    "sockets": ("reflector", "bowline", "knotd", "nsd", "named", "pdns_server"),
}


def find(server):
    """Path of a peer's program; None if it is not installed."""
    return shutil.which(server, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def missing(server):
    """Why a server cannot be started here, or None."""
    if server not in OURS and find(server) is None:
        return f"{server} is not installed (apt-get install {PACKAGES[server]})"
    return None


def command(server, place):
    """Writes the configuration into place.folder; the command that serves it in the foreground."""
    words = SERVERS[server](place)
    return words if server in OURS else [find(server), *words[1:]]


def version(server):
    """One line."""
    if server == "reflector":
        done = subprocess.run(["git", "-C", str(TOP), "describe", "--always", "--dirty"],
                              capture_output=True, text=True)
        return f"of {done.stdout.strip() or 'this tree'}"
    words = [str(BUILD / "bowlined"), "-V"] if server == "bowline" else \
        [find(server), VERSION_FLAGS[server]]
    done = subprocess.run(words, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    found = next((line for line in lines if any(c.isdigit() for c in line)), "unknown")
    return re.sub(r"^.*(?=PowerDNS Auth)", "", found).strip()  # its log begins with the date
