"""What does not fit: TC, and whole RRsets up to there (RFC 2181 9, RFC 9471). The very octet at
which a message is too long is in test_sizes.py."""

from cases import check
from tables import SIGNED_SOA, row, table
from wire import NXDOMAIN

LARGE = [f'TXT "{letter * 100}"' for letter in "abcde"]
MANY = [f"many A 192.0.2.{100 + i}" for i in range(40)]
SIX = [f"six AAAA 2001:db8::{i:x}" for i in range(1, 21)]
BOTH = [f"both AAAA 2001:db8::1:{i:x}" for i in range(1, 21)]
B_GLUE = [f"b.glue AAAA 2001:db8::2:{i:x}" for i in range(1, 21)]
SERVERS = [f"servers NS host{i:02}.{'x' * 20}.servers" for i in range(30)]
STEPS = [f"{'s' * 59}{i} CNAME {'s' * 59}{i + 1}" for i in range(8)]
END = f"{'s' * 59}8 A 192.0.2.5"


def large(owner):
    return [f"{owner} {text}" for text in LARGE]


def short(sentence, question, whole, **cut):
    """Over UDP without EDNS it is `cut`, over TCP and with EDNS `whole`."""
    return [row(f"{sentence}; all of it fits 1232 octets", f"{question} edns=1232", **whole),
            row(sentence, question, **{**whole, "tc": True, **cut},
                stream={"tc": False, **whole})]


def optional(sentence, question, whole, additional, **more):
    """The same for additional data that nobody needs: no TC."""
    return [row(f"{sentence}; all of it fits 1232 octets", f"{question} edns=1232", **whole),
            row(sentence, question, **{**whole, "additional": additional, **more}, stream=whole)]


@table("trunc.test.", [
    *short("an RRset that does not fit is left out whole", "large TXT",
           {"answer": large("large")}, answer=()),
    *short("it is so for addresses", "many A", {"answer": MANY}, answer=()),
    *short("an alias stays when its target does not fit", "alias TXT",
           {"answer": ["alias CNAME large", *large("large")]}, answer="alias CNAME large"),
    *short("two aliases stay when their target does not fit", "alias2 TXT",
           {"answer": ["alias2 CNAME alias", "alias CNAME large", *large("large")]},
           answer=["alias2 CNAME alias", "alias CNAME large"]),
    *short("a DNAME and its alias stay when the target does not fit", "x.old TXT",
           {"answer": ["old DNAME deep", "x.old CNAME x.deep", "x.deep CNAME large",
                       *large("large")]},
           answer=["old DNAME deep", "x.old CNAME x.deep", "x.deep CNAME large"]),
    *short("an alias of a wildcard stays when its target does not fit", "x.wild TXT",
           {"answer": ["x.wild CNAME large", *large("large")]}, answer="x.wild CNAME large"),
    *short("a wildcard's RRset that does not fit is left out whole", "x.expanded TXT",
           {"answer": large("x.expanded")}, answer=()),
    *short("of aliases those come that fit", f"{'s' * 59}0 A", {"answer": [*STEPS, END]},
           answer=STEPS[:5]),
    *short("servers of a delegation that do not fit are left out whole", "x.servers A",
           {"aa": False, "authority": SERVERS}, authority=()),
    *short("glue that must not be missing sets TC", "x.glue A",
           {"aa": False, "authority": ["glue NS a.glue", "glue NS b.glue"],
            "additional": ["a.glue A 192.0.2.3", *B_GLUE]},
           additional="a.glue A 192.0.2.3"),
    *optional("glue of others that does not fit sets no TC", "x.sibling A",
              {"aa": False, "authority": ["sibling NS b.glue", "sibling NS ns"],
               "additional": [*B_GLUE, "ns A 192.0.2.53"]}, "ns A 192.0.2.53"),
    *optional("glue below the cut goes before glue beside it", "x.mixed A",
              {"aa": False, "authority": ["mixed NS a.mixed", "mixed NS b.glue"],
               "additional": ["a.mixed A 192.0.2.4", *B_GLUE]}, "a.mixed A 192.0.2.4"),
    *optional("addresses that an answer need not have set no TC, and the next ones come",
              "mail MX", {"answer": ["mail MX 10 six", "mail MX 20 small"],
                          "additional": [*SIX, "small A 192.0.2.1"]}, "small A 192.0.2.1"),
    *optional("of one host those addresses come that fit", "both-mail MX",
              {"answer": "both-mail MX 10 both", "additional": ["both A 192.0.2.2", *BOTH]},
              "both A 192.0.2.2"),
    row("a size of less than 512 means 512 (RFC 6891 6.2.3)", "small A edns=100",
        answer="small A 192.0.2.1"),
    row("a size of 0 means 512", "small A edns=0", answer="small A 192.0.2.1"),
    row("a size of less than 512 does not let more than 512 through", "large TXT edns=0",
        tc=True, stream={"tc": False, "answer": large("large")}),
    row("a size of 512 is kept to", "large TXT edns=512", tc=True,
        stream={"tc": False, "answer": large("large")}),
    row("a size between is kept to", "many A edns=600", tc=True,
        stream={"tc": False, "answer": MANY}),
])
def test_truncation(port, case):
    check(port, case)


TEXT = "text TXT " + " ".join(f'"{letter * 104}"' for letter in "abcd")
HOST = [f"host AAAA 2001:db8::{i:x}" for i in range(1, 14)]
CHILD = [f"child NS ns{i}.{'y' * 35}{i}.elsewhere.invalid." for i in range(7)]
DS = "child DS 1 13 2 " + "0" * 64
LONG = "x" * 63


def at_512(sentence, question, whole, **cut):
    """With DO and 512 octets it is `cut`, over TCP and with 1232 octets `whole`."""
    return [row(f"{sentence}; all of it fits 1232 octets", f"{question} +do edns=1232", **whole),
            row(sentence, f"{question} +do edns=512", **{**whole, **cut},
                stream={"tc": False, **whole})]


@table("sigtrunc.test.", [
    *at_512("an RRset is left out with the signature that does not fit", "text TXT",
            {"answer": [TEXT, "text RRSIG TXT"]}, answer=(), tc=True),
    row("without the signature it fits 512 octets", "text TXT edns=512", answer=TEXT),
    *at_512("additional addresses are left out with their signature, without TC", "mail MX",
            {"answer": ["mail MX 10 host", "mail RRSIG MX"],
             "additional": [*HOST, "host RRSIG AAAA"]}, additional=()),
    row("without the signature the addresses fit 512 octets", "mail MX edns=512",
        answer="mail MX 10 host", additional=HOST),
    *at_512("a DS that does not fit sets TC", "x.child A",
            {"aa": False, "authority": ["child NS ns.child", *CHILD, DS, "child RRSIG DS"],
             "additional": "ns.child A 192.0.2.1"},
            authority=["child NS ns.child", *CHILD], additional=(), tc=True),
    *at_512("a proof that does not fit sets TC", f"{LONG}.{LONG}.{LONG}.zzzzzzz A",
            {"rcode": NXDOMAIN,
             "authority": [*SIGNED_SOA, "text 60 NSEC @ TXT RRSIG NSEC", "text 60 RRSIG NSEC",
                           "@ 60 NSEC child NS SOA RRSIG NSEC", "@ 60 RRSIG NSEC"]},
            authority=[*SIGNED_SOA, "text 60 NSEC @ TXT RRSIG NSEC", "text 60 RRSIG NSEC"],
            tc=True),
])
def test_truncated_signatures(port, case):
    check(port, case)
