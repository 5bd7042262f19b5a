#!/usr/bin/python3
"""Makes zones for measurements: the same arguments always give the same octets.

  make_zone.py delegations COUNT FILE      one zone, registry.test., of COUNT delegations: each with
                                           two NS; every second one with an A record as glue
  make_zone.py hosts COUNT FILE            one zone, hosts.test., of h0, h1 and so on, COUNT of them,
                                           each with an address
  make_zone.py small COUNT FOLDER          COUNT zones of five names, z0.test. and so on, one file each
"""

import pathlib
import random
import sys

SYLLABLES = ["ba", "co", "di", "fu", "ge", "ha", "jo", "ki", "lu", "me", "no", "pa", "qui", "ro", "si", "tu"]

ZONE_HEAD = """$ORIGIN {apex}
$TTL 3600
@ SOA ns1 hostmaster 2026112101 7200 900 1209600 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
"""

BATCH = 10000


def label(number, chance):
    return "".join(chance.choices(SYLLABLES, k=3)) + str(number)


def delegations(count, path):
    chance = random.Random(1)
    with open(path, "w", encoding="ascii") as out:
        out.write(ZONE_HEAD.format(apex="registry.test."))
        lines = []
        for number in range(count):
            name = label(number, chance)
            host = f"ns{number % 977}.hoster{number % 4001}.test."
            if number % 2:
                glue = f"ns.{name}"
                lines.append(f"{name} NS {glue}\n{name} NS {host}\n"
                             f"{glue} A 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\n")
            else:
                lines.append(f"{name} NS {host}\n{name} NS b.{host}\n")
            if len(lines) == BATCH:
                out.writelines(lines)
                lines.clear()
                progress(number + 1, count)
        out.writelines(lines)
    progress(count, count)


def hosts(count, path):
    with open(path, "w", encoding="ascii") as out:
        out.write(ZONE_HEAD.format(apex="hosts.test."))
        for number in range(count):
            out.write(f"h{number} A 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\n")


def small(count, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        text = ZONE_HEAD.format(apex=f"z{number}.test.") + "www A 192.0.2.80\nmail A 192.0.2.25\n"
        (folder / f"z{number}.test.zone").write_text(text, encoding="ascii")
        if number % BATCH == BATCH - 1:
            progress(number + 1, count)
    progress(count, count)


def progress(done, count):
    if sys.stderr.isatty():
        print(f"\r{done} of {count}", end="\n" if done == count else "", file=sys.stderr, flush=True)


def main():
    kinds = {"delegations": delegations, "hosts": hosts, "small": small}
    if len(sys.argv) != 4 or sys.argv[1] not in kinds or not sys.argv[2].isdigit():
        sys.exit(__doc__)
    kinds[sys.argv[1]](int(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
