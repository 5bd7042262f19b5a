"""Writes zone files and signs them with ldns-signzone or dnssec-signzone, several at a time."""

import base64
import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib
import random
import struct
import subprocess

import names

EXPIRES = "20370101000000"
BEGINS = "20200101000000"
# What a zone is signed with: (algorithm, has a KSK besides) of each pair. RSA is slow to make.
LAYOUTS = [[("ECDSAP256SHA256", True)]] * 8 + [[("ECDSAP256SHA256", False)]] * 3 + [
    [("ED25519", True)], [("ED25519", False)], [("ECDSAP384SHA384", True)], [("RSASHA256", True)],
    [("ECDSAP256SHA256", True), ("ED25519", True)]]
SECURE_ENTRY = 0x0001


class SigningError(Exception):
    """No signer could do it."""


@dataclasses.dataclass
class Key:
    base: pathlib.Path  # the path of the key files without .key or .private
    rdata: bytes        # of the DNSKEY
    is_ksk: bool


def key_tag(rdata):
    total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def ds_text(zone, key):
    digest = hashlib.sha256(names.wire(zone.key) + key.rdata).hexdigest()
    return f"{key_tag(key.rdata)} {key.rdata[3]} 2 {digest}"


def run(command, folder):
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True,
                          text=True, errors="replace", timeout=120)
    if done.returncode != 0:
        raise SigningError(f"{' '.join(str(p) for p in command)}: {done.stdout}{done.stderr}")
    return done.stdout


def make_key(zone, folder, algorithm, is_ksk):
    size = ["-b", "1024"] if algorithm.startswith("RSA") else []
    flag = ["-f", "KSK"] if is_ksk else []
    base = folder / run(["dnssec-keygen", "-q", "-a", algorithm, *size, *flag, str(zone)],
                        folder).strip()
    for line in base.with_name(base.name + ".key").read_text().splitlines():
        fields = line.split()
        if "DNSKEY" in fields[:4]:
            at = fields.index("DNSKEY")
            flags, protocol, number = (int(f) for f in fields[at + 1:at + 4])
            rdata = struct.pack("!HBB", flags, protocol, number) + base64.b64decode(
                "".join(fields[at + 4:]))
            return Key(base, rdata, is_ksk)
    raise SigningError(f"no DNSKEY in {base}.key")


def make_keys(zone, folder, rng):
    for algorithm, has_ksk in rng.choice(LAYOUTS):
        zone.keys.append(make_key(zone, folder, algorithm, True))
        if has_ksk:
            zone.keys.append(make_key(zone, folder, algorithm, False))


def zone_text(zone):
    lines = [f"{names.text(owner)} {ttl} IN {rr_type} {rdata}"
             for owner, ttl, rr_type, rdata in zone.records]
    for child in zone.secure_children:
        for key in child.keys:
            if key.is_ksk:
                lines.append(f"{names.text(child.origin)} 300 IN DS {ds_text(child, key)}")
    for key in zone.keys:
        public = base64.b64encode(key.rdata[4:]).decode()
        lines.append(f"{names.text(zone.origin)} 3600 IN DNSKEY "
                     f"{key.rdata[0] * 256 + key.rdata[1]} 3 {key.rdata[3]} {public}")
    return "\n".join(lines) + "\n"


def is_single(zone):
    return all(key.is_ksk for key in zone.keys)


def ldns_command(zone, rng):
    command = ["ldns-signzone", "-e", EXPIRES, "-i", BEGINS, "-o", str(zone), "-f", zone.path]
    if zone.flavour in ("nsec3", "optout"):
        command += ["-n", "-t", rng.choice(["0", "0", "1", "10"])]
        salt = rng.choice(["", "", "ab", "0123456789abcdef"])
        command += ["-s", salt] if salt else []
        command += ["-p"] if zone.flavour == "optout" else []
    if rng.random() < 0.3:
        command += ["-z", "simple:sha384"]
    if len({key.rdata[3] for key in zone.keys}) > 1:
        command += ["-U"]
    return command + [zone.source] + [key.base for key in zone.keys]


def bind_command(zone, rng):
    command = ["dnssec-signzone", "-q", "-P", "-s", BEGINS, "-e", EXPIRES, "-n", "1", "-o",
               str(zone), "-f", zone.path]
    if zone.flavour in ("nsec3", "optout"):
        command += ["-3", rng.choice(["-", "-", "ab", "0123456789abcdef"]),
                    "-H", rng.choice(["0", "0", "1", "10"])]
        command += ["-A"] if zone.flavour == "optout" else []
    command += ["-z"] if is_single(zone) else rng.choice([[], ["-x"]])
    return command + [zone.source] + [key.base for key in zone.keys]


def sign(zone, folder, seed):
    """Signs with one of the two; with the other one if the first does not know a record."""
    rng = random.Random(f"sign {seed}")
    commands = [ldns_command(zone, rng), bind_command(zone, rng)]
    rng.shuffle(commands)
    if "\\" in zone.source.read_text():
        commands = [command for command in commands if command[0] != "ldns-signzone"]  # no escapes
    for command in commands:
        try:
            run(command, folder)
            zone.signed_by = " ".join(str(part) for part in command)
            return
        except SigningError as error:
            failure = error
    raise SigningError(f"{zone}: {failure}")


def write_world(zones, folder, seed):
    """Makes keys, zone files and signed zone files of a batch; sets path, source and signed_by."""
    signed = [zone for zone in zones if zone.flavour != "unsigned"]
    for number, zone in enumerate(zones):
        zone.source = folder / f"{number}.source"
        zone.path = folder / f"{number}.zone"
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda zone: make_keys(zone, folder, random.Random(f"keys {seed} {zone}")),
                      signed))
        for zone in zones:
            target = zone.source if zone in signed else zone.path
            target.write_text(zone_text(zone))
        list(pool.map(lambda zone: sign(zone, folder, f"{seed} {zone}"), signed))
    for zone in zones:
        if zone not in signed:
            zone.source = zone.path
