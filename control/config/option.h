// The option table: every section and item that the configuration knows, from options.def.
//
// Constant data; any process, any thread. Parser, checks, defaults and the list of what is not yet
// effective all walk this table, so a new item is one new row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::control::config {

enum class Type : std::uint8_t {
  kInt,         // number within bounds
  kBool,        // on, off, true, false
  kTime,        // seconds, with an optional unit
  kSize,        // octets, with an optional unit
  kText,        // any string, words of no meaning to the parser
  kPath,        // a file or directory
  kZoneFile,    // a path with formatters, see zone_file_name.h
  kHexOrText,   // 0x and hexadecimal digits, else the octets of the text
  kBase64,      // octets
  kPin,         // base64 of a SHA-256 hash
  kAddress,     // ADDR[@INT]
  kSocket,      // ADDR[@INT], else the path of a UNIX socket
  kDevice,      // ADDR[@INT], else a network device's name [@INT]
  kRange,       // ADDR[/INT] or ADDR-ADDR
  kRangeOrPath, // the same, or the absolute path of a UNIX socket
  kName,        // a domain name
  kWord,        // one of a list of words
  kBoolOrWord,  // on, off, true, false or one of a list of words
  kReference,   // identifier of an entry in one of some sections; with a least size of 0 or none
  kModule,      // mod-name or mod-name/identifier
  kModuleName,  // mod-name
  kUser,        // user[:group]
  kFraction,    // R/M
  kRrType,      // mnemonic or TYPEnnn
};

// A type with what it allows.
struct Kind {
  Type type = Type::kText;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view words{};  // kWord, kBoolOrWord: words; kReference: sections; split by '|'
};

// What applies if an item is not set: nothing, an error, a literal of the item's own syntax
// (several joined by spaces), or something found at run time that the text describes.
struct Default {
  enum class Form : std::uint8_t { kNone, kRequired, kLiteral, kComputed };

  Form form = Form::kNone;
  std::string_view text{};
};

enum class Count : std::uint8_t { kOne, kMany };
enum class Effect : std::uint8_t { kNow, kLater };        // kLater: accepted, not yet acted upon
enum class When : std::uint8_t { kReload, kRestart };   // what makes a changed value take effect

struct Option {
  std::string_view section;
  std::string_view name;
  Kind kind;
  Default fallback;
  Count count = Count::kOne;
  Effect effect = Effect::kLater;
  When change = When::kReload;
  std::string_view since;  // the first version of Bowline that has it
  std::string_view help;
};

struct Section {
  std::string_view name;
  std::string_view id;  // the item that identifies an entry; empty: the section has no entries
  std::string_view help;

  bool has_entries() const { return !id.empty(); }
};

std::span<const Section> sections();
std::span<const Option> options();

// Null: no such section.
const Section* find_section(std::string_view name);
// The row of an item; a template has the rows of a zone. Null: no such item.
const Option* find_option(std::string_view section, std::string_view item);
// Empty: no such section. Lives as long as the program.
const std::vector<const Option*>& options_of(std::string_view section);

// Names of query modules, with `mod-`, that may be referenced.
std::span<const std::string_view> module_names();

// The candidate that `word` is most likely a slip of; empty: nothing is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// Splits "a|b|c".
std::vector<std::string_view> split_words(std::string_view words, char separator = '|');

}  // namespace bowline::control::config
