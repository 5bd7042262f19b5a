// The zone-file reader: rows of text with the records or the errors that they give, Knot's reader
// cases and real zones.
#include "dns/zone_file.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "dns/rdata.h"
#include "dns/rr_type.h"
#include "dns/zone_scanner.h"
#include "dns/zone_scanner_window.h"

namespace bowline::dns {
namespace {

using Lines = std::vector<std::string>;

struct Reading {
  Lines records;  // "owner ttl type rdata"
  Lines errors;   // "file:line:column: message"
  bool too_many = false;
};

ZoneFileOptions options_for(std::string_view origin) {
  ZoneFileOptions options;
  options.origin = *Name::from_text(origin);
  return options;
}

std::string text_of(const ZoneRecord& record) {
  return record.owner.to_text() + ' ' + std::to_string(record.ttl) + ' ' + to_text(record.type) +
         ' ' + rdata_to_text(record.type, record.rdata);
}

Reading reading_of(const ZoneFileResult& result, Lines records) {
  Reading reading{std::move(records), {}, result.too_many_errors};
  for (const ZoneFileError& error : result.errors) reading.errors.push_back(error.to_text());
  CHECK(result.records == reading.records.size());
  return reading;
}

Reading read_text(std::string_view text, const ZoneFileOptions& options) {
  Lines records;
  const auto result = read_zone_text(text, "z", options, [&](const ZoneRecord& record) {
    records.push_back(text_of(record));
    return true;
  });
  return reading_of(result, records);
}

Reading read_path(const std::string& path, const ZoneFileOptions& options) {
  Lines records;
  const auto result = read_zone_file(path, options, [&](const ZoneRecord& record) {
    records.push_back(text_of(record));
    return true;
  });
  return reading_of(result, records);
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// A directory that goes away with it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "zone_file_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string add(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::filesystem::path shared_data() {
  const char* shared = std::getenv("BOWLINE_SHARED");
  if (shared != nullptr) return std::filesystem::path(shared) / "data";
  std::filesystem::path source = std::filesystem::absolute(__FILE__);
  for (int i = 0; i < 5; ++i) source = source.parent_path();
  return source / "shared" / "data";
}

bool is_there(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return true;
  std::cout << "SKIP: " << path << " is absent\n";
  return false;
}

struct GoodRow {
  const char* what;
  std::string_view text;
  Lines records;
};

const GoodRow kGoodRows[] = {
    // Owners.
    {"relative, absolute, @ and blank",
     "@ NS a\nb NS b.\n NS @\n\tNS c\n",
     {"example. 3600 NS a.example.", "b.example. 3600 NS b.", "b.example. 3600 NS example.",
      "b.example. 3600 NS c.example."}},
    {"escapes", "a\\.b NS \\120\\ \\@\\\\.\n",
     {"a\\.b.example. 3600 NS x\\032\\@\\\\."}},
    {"all that may stand in a name as it is", "aZ09-_/*.x NS b/25._c\n",
     {"aZ09-_/*.x.example. 3600 NS b/25._c.example."}},
    {"what may not, with a backslash", "\\&\\@\\$\\%\\+\\=\\: NS \\195\\169\\!\\#\\~\n",
     {"\\&\\@\\$\\%\\+\\=\\:.example. 3600 NS \\195\\169\\!\\#\\~.example."}},
    {"the same text under another origin",
     "a NS .\n$ORIGIN x.\na NS .\n NS b\n",
     {"a.example. 3600 NS .", "a.x. 3600 NS .", "a.x. 3600 NS b.x."}},
    {"a blank owner is no matter of the origin", "a NS .\n$ORIGIN x.\n NS .\n",
     {"a.example. 3600 NS .", "a.example. 3600 NS ."}},
    {"upper case is kept", "AbC NS .\nabc NS .\n",
     {"AbC.example. 3600 NS .", "abc.example. 3600 NS ."}},
    {"a name that looks like a type or a TTL", "A A 192.0.2.1\n10 10 IN A 192.0.2.1\n",
     {"A.example. 3600 A 192.0.2.1", "10.example. 10 A 192.0.2.1"}},
    {"\\$ starts a name", "\\$ORIGIN NS .\n", {"\\$ORIGIN.example. 3600 NS ."}},
    {"an owner behind a parenthesis", "( a NS\n . )\n", {"a.example. 3600 NS ."}},

    // TTL and class.
    {"both orders, either missing",
     "a 1 IN NS .\na IN 2 NS .\na IN NS .\na 3 NS .\na NS .\na in ns .\na CLASS1 4 TYPE2 .\n",
     {"a.example. 1 NS .", "a.example. 2 NS .", "a.example. 2 NS .", "a.example. 3 NS .",
      "a.example. 3 NS .", "a.example. 3 NS .", "a.example. 4 NS ."}},
    {"$TTL is stronger than the last TTL",
     "a 7 NS .\n$TTL 1h\na NS .\na 5 NS .\na NS .\n$ttl 1\na NS .\n",
     {"a.example. 7 NS .", "a.example. 3600 NS .", "a.example. 5 NS .", "a.example. 3600 NS .",
      "a.example. 1 NS ."}},
    {"units", "a 1w2d3h4m5s NS .\na 1S NS .\na 4294967295 NS .\na 0 NS .\n",
     {"a.example. 788645 NS .", "a.example. 1 NS .", "a.example. 4294967295 NS .",
      "a.example. 0 NS ."}},

    // Lines.
    {"nothing", "", {}},
    {"nothing but blanks and comments", "\n \t\n; a\n  ; b \"( \\\n\n", {}},
    {"no line feed at the end", "a NS .", {"a.example. 3600 NS ."}},
    {"a comment without one", "a NS .;x", {"a.example. 3600 NS ."}},
    {"parentheses", "a ( ) NS ( ; one (\n) .\nb (IN\n\n ; two )\nNS)(.\n)\n\t(NS\n)\td\n",
     {"a.example. 3600 NS .", "b.example. 3600 NS .", "b.example. 3600 NS d.example."}},
    {"tabs and many blanks", "a\t \tIN\t\t NS   \t.  \t \n", {"a.example. 3600 NS ."}},
    {"empty parentheses are no entry", "( )\n(\n\n)\na NS .\n", {"a.example. 3600 NS ."}},

    // Strings.
    {"quotes", "a TXT \"a b\" c \"\" \";()\\\"\\\\\" d\\ e \\\"\n",
     {"a.example. 3600 TXT \"a b\" \"c\" \"\" \";()\\\"\\\\\" \"d e\" \"\\\"\""}},
    {"a line break in quotes inside parentheses", "a TXT ( \"x\ny\" )\nb NS .\n",
     {"a.example. 3600 TXT \"x\\010y\"", "b.example. 3600 NS ."}},
    {"octets above 127", "a TXT \xc3\xa9\n", {"a.example. 3600 TXT \"\\195\\169\""}},
    {"a quoted value in a word", "a SVCB 1 . alpn=\"h2,h3\" port=53\n",
     {"a.example. 3600 SVCB 1 . alpn=h2,h3 port=53"}},

    // RFC 3597.
    {"generic rdata", "a A \\# 4 c0000201\na TYPE65000 \\# 3 (01 02\n03)\na TYPE65001 \\# 0\n",
     {"a.example. 3600 A 192.0.2.1", "a.example. 3600 TYPE65000 \\# 3 010203",
      "a.example. 3600 TYPE65001 \\# 0"}},

    // $GENERATE.
    {"plain", "$GENERATE 1-3 h$ A 192.0.2.$\n",
     {"h1.example. 3600 A 192.0.2.1", "h2.example. 3600 A 192.0.2.2",
      "h3.example. 3600 A 192.0.2.3"}},
    {"step, TTL, class, and the TTL stays",
     "$GENERATE 0-5/4 $ 5m IN PTR h$.\nx NS .\n",
     {"0.example. 300 PTR h0.", "4.example. 300 PTR h4.", "x.example. 300 NS ."}},
    {"modifiers", "$GENERATE 10-10 a${0}b${-10,3}c${5,4,x}d${20,0,X}e${0,3,o} NS ${1,4,d}\n",
     {"a10b000c000fd1Ee012.example. 3600 NS 0011.example."}},
    {"nibbles", "$GENERATE 18-18 ${0,7,n}.ip6.arpa. PTR ${256,0,n}.${30,0,N}\n",
     {"2.1.0.0.ip6.arpa. 3600 PTR 2.1.1.0.3.example."}},
    {"dollar signs", "$GENERATE 1-1 a$$b\\$c$ NS $\n",
     {"a\\$b\\$c1.example. 3600 NS 1.example."}},
    {"quoted rdata of several words", "$GENERATE 1-2 @ MX \"$ mail$\"\n",
     {"example. 3600 MX 1 mail1.example.", "example. 3600 MX 2 mail2.example."}},
    {"rdata of several words", "$GENERATE 1-1 @ TXT a$ \"b $\"\n",
     {"example. 3600 TXT \"a1\" \"b 1\""}},
    {"a string in quoted rdata", "$GENERATE 1-1 @ TXT \"\\\"b $\\\"\"\n",
     {"example. 3600 TXT \"b 1\""}},
    {"the largest numbers", "$GENERATE 2147483646-2147483647 $ NS .\n",
     {"2147483646.example. 3600 NS .", "2147483647.example. 3600 NS ."}},
};

struct BadRow {
  const char* what;
  std::string_view text;
  Lines errors;  // how each begins, behind "z:"
  std::size_t records = 0;
};

const BadRow kBadRows[] = {
    // Owners.
    {"no owner yet", " NS .\n", {"1:2: found 'NS', expected an owner name"}},
    {"the owner before was wrong", "a NS .\n..b NS .\n NS .\nc NS .\n",
     {"2:1: found '..b', expected a domain name", "3:2: found 'NS', expected an owner name"}, 2},
    {"characters that need a backslash",
     "a& NS .\n@@ NS .\na NS b$\na SRV 0 0 0 %.\n$ORIGIN x+.\n\xc3\xa9 NS .\n",
     {"1:1: found 'a&', expected a domain name: this has a character that needs a backslash",
      "2:1: found '@@'", "3:6: found b$, expected a domain name", "4:13: found %.",
      "5:9: found 'x+.'", "6:1: found '\?\?'"}},
    {"quoted owner", "\"a\" NS .\n", {"1:1: found \"a\", expected an owner name without quotes"}},
    {"long label",
     "1234567890123456789012345678901234567890123456789012345678901234 NS .\n",
     {"1:1: found '1234567890123456789012345678901234567890123456789012345678901234', expected a "
      "domain name: this has a label of more than 63 octets"}},

    // TTL, class, type.
    {"TTL over 32 bits", "a 4294967296 NS .\n", {"1:3: found '4294967296', expected a TTL"}},
    {"TTL unit", "a 1x NS .\n", {"1:3: found '1x', expected a TTL"}},
    {"two TTLs", "a 1 2 NS .\n", {"1:5: found '2', expected a TTL, a class or a record type"}},
    {"two classes", "a IN IN NS .\n", {"1:6: found 'IN', expected"}},
    {"another class", "a CH NS .\na CLASS2 NS .\na HS NS .\n",
     {"1:3: found 'CH', expected the zone's class IN", "2:3: found 'CLASS2'", "3:3: found 'HS'"}},
    {"class number", "a CLASS65536 NS .\na CLASS NS .\n",
     {"1:3: found 'CLASS65536', expected", "2:3: found 'CLASS', expected"}},
    {"unknown type", "a IN FOO .\n", {"1:6: found 'FOO', expected a TTL, a class or"}},
    {"type number", "a TYPE65536 \\# 0\n", {"1:3: found 'TYPE65536'"}},
    {"meta-types", "a ANY \\# 0\na OPT \\# 0\na TYPE251 \\# 0\n",
     {"1:3: found 'ANY', expected", "2:3: found 'OPT', expected a type that a zone can hold",
      "3:3: found 'TYPE251', expected a type that a zone can hold"}},
    {"quoted type", "a \"NS\" .\n", {"1:3: found \"NS\", expected a TTL, a class or"}},
    {"nothing behind the owner", "a\nb IN ; x\n",
     {"1:2: found the end of the line, expected a record type", "2:5: found the end"}},

    // Rdata.
    {"rdata", "a A 192.0.2\nb A 192.0.2.1 x\nc A 192.0.2.1\n",
     {"1:5: found 192.0.2, expected", "2:15: found x, expected"}, 1},
    {"no rdata", "a A\n", {"1:"}},
    {"base64 in words that are no groups of four",
     "a DHCID AA ==\na DNSKEY 0 3 8 A A==\na DHCID =\n",
     {"1:9: found AA, expected base64", "2:16: found A,", "3:9: found =,"}},
    {"hex in words that are no octets", "a DS 1 8 2 0 0\na TYPE9999 \\# 2 000 0\n",
     {"1:12: found 0, expected pairs of hex digits", "2:17: found 000,"}},
    {"keys", "a KEY 0 3 8\na IPSECKEY 1 0 0 . AA==\n",
     {"1:12: found the end of the record, expected base64", "2:20: found AA==, expected the end"}},
    {"NSEC3 hashes", "a NSEC3 1 0 0 - 00\na NSEC3 1 0 0 - 0=======\n",
     {"1:17: found 00, expected a hash in base32hex", "2:17: found 0======="}},
    {"original TTL with a unit",
     "a RRSIG A 8 1 1h 20260101000000 20250101000000 1 @ AA==\n", {"1:15: found 1h"}},
    {"rdata on another line", "a A (\n  192.0.2\n)\n", {"2:3: found 192.0.2"}},

    // Lines.
    {"nested parentheses", "a NS ((.))\nb NS .\n", {"1:7: found '(' inside parentheses"}, 1},
    {"nested over lines", "a NS ((.\n)\n)\nb NS .\n", {"1:7: found '(' inside"}, 1},
    {"stray parenthesis", "a NS . )\nb NS .\n", {"1:8: found ')', expected a '('"}, 1},
    {"only a parenthesis", ")\n", {"1:1: found ')'"}},
    {"open parenthesis", "a NS .\nb NS ( .\nc NS .\n", {"2:6: found '(' and then the end of"}, 1},
    {"open quote", "a TXT \"b\nc NS .\n", {"1:7: found '\"' and then the end of the line"}, 1},
    {"open quote in parentheses", "a TXT ( \"b\nc NS .\n", {"1:9: found '\"' and then the end"}},
    {"open quote without a line feed", "a TXT \"b", {"1:7: found '\"'"}},
    {"quote in a word", "a TXT b\"c\"\n", {"1:8: found '\"' inside a word"}},
    {"text behind a quote", "a TXT \"b\"c\nd TXT \"\"\"\n",
     {"1:10: found text right after a quoted", "2:9: found text right after"}},
    {"backslash at the end", "a TXT \\\nb TXT x\\", {"1:7: found '\\' at the end", "2:8: found"}},
    {"carriage return", "a NS .\rb NS .\nc NS .\n", {"1:7: found a carriage return"}, 1},
    {"byte order mark", "\xef\xbb\xbf" "a NS .\nb NS .\n", {"1:1: found a byte order mark"}},
    {"byte order mark of UTF-16", std::string_view("\xff\xfe" "a\0 \0N\0S\0 \0.\0\n\0", 16),
     {"1:1: found a byte order mark"}},

    // Directives.
    {"unknown", "$FOO x\n", {"1:1: found '$FOO', expected $ORIGIN, $TTL, $INCLUDE or $GENERATE"}},
    {"not at the line's start", "a NS .\n $TTL 5\n", {"2:2: found '$TTL', expected a TTL,"}, 1},
    {"$ORIGIN", "$ORIGIN\n$ORIGIN a\n$ORIGIN a..\n$ORIGIN a. b.\n$ORIGIN \"a.\"\n",
     {"1:8: found the end of the line, expected a domain name",
      "2:9: found 'a', expected an absolute domain name: this does not end in a dot",
      "3:9: found 'a..'", "4:12: found 'b.', expected the end of the line", "5:9: found \"a.\""}},
    {"$TTL", "$TTL\n$TTL -1\n$TTL 4294967296\n$TTL 1 2\n$TTL \"1\"\na NS .\n",
     {"1:5: found the end", "2:6: found '-1'", "3:6: found '4294967296'", "4:8: found '2'",
      "5:6: found \"1\""}, 1},
    {"$INCLUDE", "$INCLUDE\n$INCLUDE /nowhere/x a\n$INCLUDE /nowhere/x a. b\n"
                 "$INCLUDE /nowhere/x\n$INCLUDE \"\"\n$INCLUDE a\\000b\n",
     {"1:9: found the end of the line, expected the name of a file", "2:21: found 'a'",
      "3:24: found 'b'",
      "4:10: found '/nowhere/x', expected a file, but /nowhere/x cannot be opened: No such file",
      "5:10: found \"\", expected the name", "6:10: found 'a\\000b', expected the name"}},
    {"$GENERATE ranges",
     "$GENERATE 2-1 a A 192.0.2.1\n$GENERATE 1-2/0 a A 192.0.2.1\n$GENERATE 1 a A 192.0.2.1\n"
     "$GENERATE 1-2x a A 192.0.2.1\n$GENERATE 1-2147483648 a A 192.0.2.1\n"
     "$GENERATE -1-2 a A 192.0.2.1\n$GENERATE 0-65536 a A 192.0.2.1\n",
     {"1:11: found '2-1', expected a range", "2:11: found '1-2/0'", "3:11: found '1'",
      "4:11: found '1-2x'", "5:11: found '1-2147483648'", "6:11: found '-1-2'",
      "7:11: found '0-65536', expected a range of at most 65536 steps"}},
    {"$GENERATE parts",
     "$GENERATE 1-2 a A\n$GENERATE 1-2 a IN A\n$GENERATE 1-2 \"a\" A 192.0.2.1\n"
     "$GENERATE 1-2 a FOO x\n",
     {"1:18: found the end", "2:21: found the end of the line, expected rdata",
      "3:15: found \"a\"", "4:17: found 'FOO', expected"}},
    {"$GENERATE templates",
     "$GENERATE 1-2 a${0,0,y} NS .\n$GENERATE 1-2 a NS ${x}\n$GENERATE 1-2 a NS ${-2}\n"
     "$GENERATE 1-2 a${0,256} NS .\n$GENERATE 1-2 a${0,1 NS .\n",
     {"1:15: found 'a${0,0,y}', expected ${offset,width,base}", "2:20: found '${x}'",
      "3:20: found '${-2}', expected an offset", "4:15: found 'a${0,256}'",
      "5:15: found 'a${0,1'"}},
    {"$GENERATE makes one error, not one a step", "$GENERATE 250-999 a A 192.0.2.$\n",
     {"1:23: found 192.0.2.256, expected an IPv4 address"}, 6},
    {"$GENERATE of an open quote", "$GENERATE 1-2 a TXT \"\\\"x\"\n", {"1:21: found '\"' and"}},
};

}  // namespace

TEST_CASE("zone file: records") {
  for (const GoodRow& row : kGoodRows) {
    INFO(row.what);
    const Reading reading = read_text(row.text, options_for("example."));
    CHECK(reading.errors == Lines{});
    CHECK(reading.records == row.records);
  }
}

TEST_CASE("zone file: CRLF gives the same records") {
  for (const GoodRow& row : kGoodRows) {
    if (row.text.find("\"x\ny\"") != std::string_view::npos) continue;  // a string of its own
    INFO(row.what);
    const Reading plain = read_text(row.text, options_for("example."));
    const Reading crlf = read_text(with_crlf(row.text), options_for("example."));
    CHECK(crlf.records == plain.records);
    CHECK(crlf.errors.size() == plain.errors.size());
  }
}

TEST_CASE("zone file: errors say where and what") {
  for (const BadRow& row : kBadRows) {
    INFO(row.what);
    const Reading reading = read_text(row.text, options_for("example."));
    CHECK(reading.records.size() == row.records);
    CHECK_FALSE(reading.too_many);
    REQUIRE(reading.errors.size() == row.errors.size());
    for (std::size_t i = 0; i < row.errors.size(); ++i) {
      CHECK_THAT(reading.errors[i], Catch::Matchers::StartsWith("z:" + row.errors[i]));
    }
  }
}

TEST_CASE("zone file: twenty errors are collected") {
  std::string text;
  for (std::size_t i = 0; i < kMaxZoneFileErrors; ++i) text += "a A x\nb A 192.0.2.1\n";
  Reading reading = read_text(text, options_for("example."));
  CHECK(reading.errors.size() == kMaxZoneFileErrors);
  CHECK_FALSE(reading.too_many);
  CHECK(reading.records.size() == kMaxZoneFileErrors);
  reading = read_text(text + "a A x\nb A 192.0.2.1\n", options_for("example."));
  CHECK(reading.errors.size() == kMaxZoneFileErrors);
  CHECK(reading.too_many);
  CHECK(reading.records.size() == kMaxZoneFileErrors);
}

TEST_CASE("zone file: the handler can stop it") {
  for (const std::string_view text : {"a NS .\nb NS .\nc NS .\n", "$GENERATE 1-9 $ NS .\n"}) {
    int left = 2;
    const auto result = read_zone_text(text, "z", options_for("example."),
                                       [&](const ZoneRecord&) { return --left > 0; });
    CHECK(result.ok());
    CHECK(result.records == 2);
    CHECK(left == 0);
  }
}

TEST_CASE("zone file: lines of records, and the class of the options") {
  std::vector<std::uint32_t> lines;
  ZoneFileOptions options = options_for("example.");
  options.rr_class = 3;
  const auto result = read_zone_text("; x\na TXT (\n b )\n\nc CH TXT d\n$GENERATE 1-2 $ TXT x\n",
                                     "z", options, [&](const ZoneRecord& record) {
                                       CHECK(record.rr_class == 3);
                                       lines.push_back(record.line);
                                       return true;
                                     });
  CHECK(result.ok());
  CHECK(lines == std::vector<std::uint32_t>{2, 5, 6, 6});
}

TEST_CASE("zone file: files that cannot be read") {
  const Folder folder;
  const ZoneFileOptions options = options_for("example.");
  const std::string absent = folder.path() + "/absent";
  CHECK(read_path(absent, options).errors ==
        Lines{absent + ": cannot be opened: No such file or directory"});
  CHECK(read_path(folder.path(), options).errors ==
        Lines{folder.path() + ": cannot be opened: it is a directory"});
  CHECK(read_path("/dev/null", options).errors ==
        Lines{"/dev/null: cannot be opened: it is not a regular file"});
  CHECK(read_path(folder.add("empty", ""), options).errors == Lines{});
}

TEST_CASE("zone file: $INCLUDE") {
  const Folder folder;
  const std::string main =
      folder.add("main", "$TTL 10\na NS .\n$INCLUDE sub/one\n NS x\n"
                         "$INCLUDE \"sub/on\\101\" o.\nb NS x\n"
                         "$INCLUDE " + folder.path() + "/sub/two ; absolute\n");
  folder.add("sub/one", "b NS b\n$ORIGIN other.\n$TTL 20\nc NS c\n$INCLUDE two\n NS d");
  folder.add("sub/two", "e NS e\n");
  const Reading reading = read_path(main, options_for("example."));
  CHECK(reading.errors == Lines{});
  CHECK(reading.records ==
        Lines{"a.example. 10 NS .", "b.example. 10 NS b.example.", "c.other. 20 NS c.other.",
              "e.other. 20 NS e.other.", "c.other. 20 NS d.other.", "a.example. 10 NS x.example.",
              "b.o. 10 NS b.o.", "c.other. 20 NS c.other.", "e.other. 20 NS e.other.",
              "c.other. 20 NS d.other.", "b.example. 10 NS x.example.",
              "e.example. 10 NS e.example."});
}

TEST_CASE("zone file: $INCLUDE from memory looks in the current directory") {
  const Folder folder;
  folder.add("absent-elsewhere", "a NS .\n");
  const auto result =
      read_zone_text("$INCLUDE absent-elsewhere\n", folder.path() + "/name",
                     options_for("example."), [](const ZoneRecord&) { return true; });
  REQUIRE(result.errors.size() == 1);
  CHECK_THAT(result.errors[0].message, Catch::Matchers::Contains("but absent-elsewhere cannot"));
}

TEST_CASE("zone file: $INCLUDE that fails") {
  const Folder folder;
  const std::string loop = folder.add("loop", "a NS .\n$INCLUDE loop\n");
  Reading reading = read_path(loop, options_for("example."));
  CHECK(reading.records.size() == kMaxIncludeDepth + 1);
  REQUIRE(reading.errors.size() == 1);
  CHECK_THAT(reading.errors[0], Catch::Matchers::StartsWith(loop + ":2:10: found 'loop'"));

  folder.add("blank", " NS .\nx A y\n");
  const std::string main = folder.add("main", "a NS .\n$INCLUDE blank\n NS .\n$INCLUDE .\n");
  reading = read_path(main, options_for("example."));
  CHECK(reading.records.size() == 2);
  REQUIRE(reading.errors.size() == 3);
  CHECK_THAT(reading.errors[0], Catch::Matchers::StartsWith(folder.path() + "/blank:1:2: found"));
  CHECK_THAT(reading.errors[1], Catch::Matchers::StartsWith(folder.path() + "/blank:2:5: found"));
  CHECK_THAT(reading.errors[2], Catch::Matchers::Contains("it is a directory"));

  ZoneFileOptions options = options_for("example.");
  options.allow_include = false;
  reading = read_path(main, options);
  CHECK(reading.records.size() == 2);
  REQUIRE(reading.errors.size() == 2);
  CHECK_THAT(reading.errors[0], Catch::Matchers::StartsWith(main + ":2:1: found '$INCLUDE'"));
}

TEST_CASE("zone file: files that include ever more files end") {
  const Folder folder;
  std::string main;
  for (unsigned level = 0; level <= kMaxIncludeDepth; ++level) {
    std::string text = "a NS .\n";
    for (int i = 0; i < 10 && level < kMaxIncludeDepth; ++i) {
      text += "$INCLUDE level" + std::to_string(level + 1) + "\n";
    }
    const std::string path = folder.add("level" + std::to_string(level), text);
    if (level == 0) main = path;
  }
  const Reading reading = read_path(main, options_for("example."));
  CHECK(reading.records.size() == kMaxIncludedFiles + 1);
  REQUIRE(reading.errors.size() == 1);
  CHECK_THAT(reading.errors[0], Catch::Matchers::Contains("no more than 10000 included files"));
}

TEST_CASE("zone file: what only the server may read is not included from elsewhere") {
  const Folder zones;
  const Folder others;
  const std::string main = zones.add("main", "");
  const std::string secret = others.add("secret", "a NS .\n");
  zones.add("below/private", "b NS .\n");
  std::filesystem::create_symlink(secret, zones.path() + "/link");
  std::filesystem::create_symlink(main, others.path() + "/zone");
  const auto restrict = [](const std::string& path, bool is_public) {
    using std::filesystem::perms;
    std::filesystem::permissions(path, is_public ? perms(0644) : perms(0640));
  };
  const auto reads = [&](const std::string& path, const std::string& from) {
    std::ofstream(main) << "$INCLUDE " << path << "\n";
    return read_path(from, options_for("example.")).records.size() == 1;
  };
  restrict(secret, false);
  restrict(zones.path() + "/below/private", false);
  CHECK_FALSE(reads(secret, main));
  CHECK_FALSE(reads("link", main));
  CHECK(reads("below/private", main));
  CHECK(reads(zones.path() + "/below/private", main));
  CHECK(reads("secret", others.path() + "/zone"));  // below the folder that the zone was named in
  CHECK(reads(zones.path() + "/below/private", others.path() + "/zone"));
  restrict(secret, true);
  CHECK(reads(secret, main));
  CHECK(reads("link", main));
}

TEST_CASE("zone file: progress ends at the whole size") {
  std::string text;
  while (text.size() < 3 * kWindowSize) text += "some-name 3600 IN A 192.0.2.1\n";
  ZoneFileOptions options = options_for("example.");
  std::vector<std::uint64_t> done;
  options.progress = [&](std::uint64_t octets, std::uint64_t size) {
    CHECK(size == text.size());
    done.push_back(octets);
  };
  CHECK(read_zone_text(text, "z", options, [](const ZoneRecord&) { return true; }).ok());
  CHECK(done.size() >= 3);
  CHECK(std::is_sorted(done.begin(), done.end()));
  REQUIRE_FALSE(done.empty());
  CHECK(done.back() == text.size());
}

TEST_CASE("zone file: entries that lie across the end of the window") {
  const std::string entries = "a.b TXT ( \"x\\\"y\" ; c\r\n\t\\ z )\n\n b A 1.2.3.4 \\\n c \"d\n"
                              " TYPE65000 \\# 2 0102\n";
  const Reading whole = read_text(entries, options_for("example."));
  REQUIRE(whole.records.size() == 2);
  REQUIRE(whole.errors.size() == 2);
  for (std::size_t shift = 0; shift <= entries.size() + 2; ++shift) {
    // Comment lines up to where the window ends, less `shift`.
    std::string text(kWindowSize - shift, 'c');
    for (std::size_t i = 0; i < text.size(); i += 64) text[i] = ';';
    for (std::size_t i = 63; i < text.size(); i += 64) text[i] = '\n';
    text.back() = '\n';
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const Reading reading = read_text(text + entries, options_for("example."));
    INFO("shift " << shift);
    CHECK(reading.records == whole.records);
    REQUIRE(reading.errors.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string place = ':' + std::to_string(lines + 4 + i) + ':';
      CHECK_THAT(reading.errors[i], Catch::Matchers::Contains(place));
    }
  }
}

TEST_CASE("zone file: what is longer than a string becomes several") {
  const std::string most(255, 'x');
  const std::string prefix = "a.example. 3600 TXT ";
  const auto strings = [&](const std::string& text) {
    const Reading reading = read_text("a TXT " + text + "\n", options_for("example."));
    CHECK(reading.errors == Lines{});
    return reading.records == Lines{} ? "" : reading.records[0].substr(prefix.size());
  };
  const std::string one = '"' + most + '"';
  CHECK(strings(one) == one);
  CHECK(strings('"' + most + "y\"") == one + " \"y\"");
  CHECK(strings('"' + most + "\\121\"") == one + " \"y\"");
  CHECK(strings(most + most) == one + ' ' + one);
  CHECK(strings(most + most + "\\  b") == one + ' ' + one + " \" \" \"b\"");
  std::string escaped;
  for (int i = 0; i < 255; ++i) escaped += "\\120";
  CHECK(strings(escaped) == one);
}

TEST_CASE("zone file: the largest rdata, in its longest spellings") {
  std::string octets;  // 255 strings of 255 octets and their lengths, and one of 254
  std::string strings;
  for (int i = 0; i < 256; ++i) {
    strings += i % 2 == 0 ? " " : "\n";
    for (int j = 0; j < (i < 255 ? 255 : 254); ++j) strings += "\\255";
  }
  std::string digits;
  for (std::size_t i = 0; i < kMaxRdataSize; ++i) digits += " 01";
  std::size_t sizes = 0;
  const auto add_size = [&](const ZoneRecord& record) {
    sizes += record.rdata.size();
    return true;
  };
  const ZoneFileOptions options = options_for("example.");
  auto result = read_zone_text("a TXT (" + strings + ")\n", "z", options, add_size);
  CHECK(result.ok());
  CHECK(sizes == kMaxRdataSize);
  sizes = 0;
  result = read_zone_text("a 1 IN TYPE65000 \\# 65535" + digits + "\n", "z", options, add_size);
  CHECK(result.ok());
  CHECK(sizes == kMaxRdataSize);
  result = read_zone_text("a TXT (" + strings + "x)\nb TXT c\n", "z", options, add_size);
  CHECK(result.errors.size() == 1);
  CHECK(result.records == 1);
}

TEST_CASE("zone file: entries without an end") {
  const ZoneFileOptions options = options_for("example.");
  std::string words = "a TXT";
  for (std::size_t i = 0; i < kMaxEntryTokens; ++i) words += " b";
  Reading reading = read_text(words + "\nc NS .\n", options);
  CHECK(reading.records.size() == 1);
  REQUIRE(reading.errors.size() == 1);
  CHECK_THAT(reading.errors[0], Catch::Matchers::Contains("of more than 131088 words"));

  reading = read_text("c NS .\na TXT (" + std::string(kMaxEntrySize, '\n') + "b )\nc NS .\n",
                      options);
  CHECK(reading.records.size() == 1);
  REQUIRE(reading.errors.size() == 1);
  CHECK_THAT(reading.errors[0], Catch::Matchers::StartsWith("z:2:1: found an entry of more than"));
}

namespace {

// Lines whose records we accept and Knot's reader does not, and why.
const std::map<std::string, std::vector<std::uint32_t>> kDifferences = {
    {"00-2_general", {}},  // CR LF is a line break to us
    {"02_class", {10}},    // RFC 3597 5: CLASS1 is IN
};

struct KnotCase {
  Lines records;  // "owner class ttl type rdata" in hex
  std::size_t warnings = 0;
  bool stopped = false;  // by an error; we go on
};

KnotCase read_knot_case(const std::filesystem::path& path) {
  KnotCase expected;
  std::map<std::string, std::string> block;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) {
      block[line.substr(0, equals)] = line.substr(equals + 1);
      continue;
    }
    if (block.contains("OWNER")) {
      expected.records.push_back(block["OWNER"] + ' ' + block["CLASS"] + ' ' + block["RRTTL"] +
                                 ' ' + block["RTYPE"] + ' ' + block["RDATA"]);
    }
    expected.warnings += block.contains("WARNG");
    expected.stopped |= block.contains("ERROR");
    block.clear();
  }
  return expected;
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::uint8_t octet : bytes) {
    text += "0123456789ABCDEF"[octet >> 4];
    text += "0123456789ABCDEF"[octet & 15];
  }
  return text;
}

std::string hex_number(std::uint64_t value, int digits) {
  char text[20];
  std::snprintf(text, sizeof text, "%0*llX", digits, static_cast<unsigned long long>(value));
  return text;
}

void check_knot_case(const std::filesystem::path& input) {
  const std::string name = input.stem().string();
  INFO(name);
  KnotCase expected = read_knot_case(std::filesystem::path(input).replace_extension(".out"));
  const auto known = kDifferences.find(name);
  const std::vector<std::uint32_t> difference =
      known == kDifferences.end() ? std::vector<std::uint32_t>{} : known->second;
  std::vector<std::uint32_t> ours;
  Lines records;
  ZoneFileOptions options = options_for(".");
  options.default_ttl = 0;
  const auto result = read_zone_file(input.string(), options, [&](const ZoneRecord& record) {
    if (std::count(difference.begin(), difference.end(), record.line) != 0) {
      ours.push_back(record.line);
      return true;
    }
    records.push_back(hex(record.owner.bytes()) + ' ' + hex_number(record.rr_class, 4) + ' ' +
                      hex_number(record.ttl, 8) + ' ' + hex_number(code_of(record.type), 4) + ' ' +
                      hex(record.rdata));
    return true;
  });
  CHECK(ours == difference);
  if (expected.stopped) {
    records.resize(std::min(records.size(), expected.records.size()));
    CHECK(result.errors.size() >= (name == "00-2_general" ? 0 : expected.warnings + 1));
  } else {
    CHECK(result.errors.size() == expected.warnings - difference.size());
  }
  CHECK(records == expected.records);
}

}  // namespace

TEST_CASE("zone file: the cases of Knot's reader") {
  const std::filesystem::path folder = shared_data() / "zonefile";
  if (!is_there(folder)) return;
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".in") continue;
    // 06-*: the files that they include are not there.
    if (entry.path().filename().string().starts_with("06-")) continue;
    check_knot_case(entry.path());
    ++cases;
  }
  CHECK(cases >= 50);
}

TEST_CASE("zone file: real zones") {
  struct Row {
    const char* file;
    const char* origin;
    std::size_t records;  // as dnspython counts them
  };
  for (const Row& row : {Row{"root-2011.zone", ".", 3979},
                         Row{"xfr_huge.zone", "huge.example.", 10003}}) {
    const std::filesystem::path path = shared_data() / "zones" / row.file;
    if (!is_there(path)) continue;
    const auto result =
        read_zone_file(path.string(), options_for(row.origin), [](const ZoneRecord& record) {
          return check_rdata(record.type, record.rdata);
        });
    CHECK(result.ok());
    CHECK(result.records == row.records);
  }
}

}  // namespace bowline::dns
