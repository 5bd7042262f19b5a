"""A hundred thousand zones on one server: start, questions, one that changes, one that goes."""

import random

import appliance as harness
import client
import wire

ZONES = 100_000
ASKED = 3_000
SEED = 20261121


def zone_name(number):
    return f"zone{number}.many.test."


def zone_text(number, serial=1):
    """`www` has an address that no other zone has."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return (f"@ 300 SOA ns1 host {serial} 3600 600 86400 60\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n"
            f"www 300 A {address}\n")


def write_config(appliance, numbers):
    text = appliance.config_text().replace("    any: info", "    server: info\n    zone: warning")
    appliance.write_config(text.replace("  - id: default\n",
                                        "  - id: default\n    file: zones/%s.zone\n") +
                           "zone:\n" + "".join(f"  - domain: {zone_name(i)}\n" for i in numbers))


def test_a_hundred_thousand_zones():
    rng = random.Random(SEED)
    with harness.Appliance({}, log="info", dataplane="hugepages: off") as appliance:
        folder = appliance.folder / "zones"
        folder.mkdir()
        for i in range(ZONES):
            with open(f"{folder}/zone{i}.many.test.zone", "w") as out:
                out.write(zone_text(i))
        write_config(appliance, range(ZONES))
        appliance.start()
        assert int(appliance.status()["zones-served"]) == ZONES

        numbers = rng.sample(range(ZONES), ASKED)
        for i in numbers:
            reply = wire.parse(client.udp(appliance.address(), wire.query("www." + zone_name(i))))
            address = bytes([10, i >> 16, i >> 8 & 255, i & 255])
            assert reply.rcode == wire.NOERROR and reply.aa, i
            assert [record.rdata for record in reply.answer] == [address], i
        assert appliance.ask(f"www.zone{ZONES}.many.test.").rcode == wire.REFUSED
        assert appliance.ask("many.test.", "SOA").rcode == wire.REFUSED

        changed, gone = numbers[:2]
        harness.Appliance.write_file(folder / f"zone{changed}.many.test.zone",
                                     zone_text(changed, serial=2))
        done = appliance.ctl("reload").told
        assert f"1 zones loaded, 0 failed, 0 removed, {ZONES - 1} unchanged" in done
        assert appliance.serial(zone_name(changed)) == 2

        write_config(appliance, [i for i in range(ZONES) if i != gone])
        done = appliance.ctl("reload").told
        assert f"0 zones loaded, 0 failed, 1 removed, {ZONES - 1} unchanged" in done
        assert appliance.ask("www." + zone_name(gone)).rcode == wire.REFUSED
        for i in numbers[2:100]:
            assert appliance.serial(zone_name(i)) == 1
        assert int(appliance.status()["zones-served"]) == ZONES - 1
