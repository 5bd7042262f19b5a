"""zone.default-ttl: the TTL of records of a zone file that say none, before anything else does."""

import appliance as harness
import wire

ZONE = "small.test."
BODY = "@ SOA ns1 hostmaster {serial} 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n"


def ttls(running, zone):
    """Of the SOA, of ns1, and of the name `own`, if it is there."""
    records = [running.ask(name, kind).answer for name, kind in
               ((zone, "SOA"), (f"ns1.{zone}", "A"), (f"own.{zone}", "A"))]
    return [answer[0].ttl if answer else None for answer in records]


def test_it_holds_until_the_file_says_another_one():
    # RFC 2308 4: without $TTL the last TTL that was written; RFC 1035 5.1.
    after_ttl = BODY.format(serial=1) + "$TTL 77\nown A 192.0.2.2\n"
    after_record = BODY.format(serial=1) + "x 88 A 192.0.2.9\nown A 192.0.2.2\n"
    zones = {"plain.test.": BODY.format(serial=1), "ttl.test.": after_ttl,
             "record.test.": after_record, "first.test.": "$TTL 66\n" + BODY.format(serial=1)}
    with harness.Appliance(zones) as running:
        text = running.config_text().replace("  - id: default\n",
                                             "  - id: default\n    default-ttl: 11m\n")
        text = text.replace("    file: plain.test.zone\n",
                            "    file: plain.test.zone\n    default-ttl: 0\n")
        running.write_config(text)
        running.start()
        assert ttls(running, "plain.test.") == [0, 0, None]
        assert ttls(running, "ttl.test.") == [660, 660, 77]
        assert ttls(running, "record.test.") == [660, 660, 88]
        assert ttls(running, "first.test.") == [66, 66, None]


def test_a_reload_takes_a_changed_one_though_the_file_is_the_same():
    with harness.Appliance({ZONE: BODY.format(serial=1)}) as running:
        running.start()
        assert ttls(running, ZONE) == [3600, 3600, None]
        running.write_config(running.config_text().replace(
            "  - id: default\n", "  - id: default\n    default-ttl: 90m\n"))
        running.ctl("reload")
        assert ttls(running, ZONE) == [5400, 5400, None]
