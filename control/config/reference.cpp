// bowline.conf(5) and lists, written from the option table.
#include "control/config/reference.h"

#include <fmt/format.h>

#include <cassert>
#include <string_view>

#include "control/config/option.h"
#include "control/config/reference_text.h"

namespace bowline::control::config {

namespace {

// What may stand behind the colon, in words.
std::string value_text(const Kind& kind) {
  const auto bounds = [&](std::string_view what) {
    return kind.max > kind.min ? fmt::format("{} from {} to {}", what, kind.min, kind.max)
                               : std::string(what);
  };
  const auto list = [&] {
    std::string text;
    for (const std::string_view word : split_words(kind.words)) {
      text += (text.empty() ? "" : ", ") + std::string(word);
    }
    return text;
  };
  switch (kind.type) {
    case Type::kInt: return bounds("a number");
    case Type::kBool: return "on or off";
    case Type::kTime: return bounds("a time in seconds, or with a unit (s, m, h, d, w, M, y),");
    case Type::kSize: return bounds("a size in octets, or with a unit (B, K, M, G),");
    case Type::kText: return "text";
    case Type::kPath: return "a path";
    case Type::kZoneFile: return "a path, in which %s, %c[N-M], %l[N] and %% are replaced";
    case Type::kHexOrText: return "text, or 0x and hexadecimal digits";
    case Type::kBase64: return "base64";
    case Type::kPin: return "base64 of a SHA-256 hash";
    case Type::kAddress: return "an address, ADDR or ADDR@PORT";
    case Type::kSocket: return "an address, ADDR or ADDR@PORT, or the path of a UNIX socket";
    case Type::kDevice: return "an address, ADDR or ADDR@PORT, or a network device";
    case Type::kRange: return "ADDR, ADDR/BITS or ADDR-ADDR";
    case Type::kRangeOrPath: return "ADDR, ADDR/BITS, ADDR-ADDR or the path of a UNIX socket";
    case Type::kName: return "a domain name";
    case Type::kWord: return "one of: " + list();
    case Type::kBoolOrWord: return "on, off or one of: " + list();
    case Type::kReference: return "the identifier of an entry in: " + list();
    case Type::kModule: return "a module, mod-NAME or mod-NAME/ID";
    case Type::kModuleName: return "a module's name, mod-NAME";
    case Type::kUser: return "USER or USER:GROUP";
    case Type::kFraction: return "a part of the whole, R/M";
    case Type::kRrType: return "an RR type";
  }
  return {};
}

// Text in which roff sees nothing of its own.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string default_text(const Default& fallback) {
  switch (fallback.form) {
    case Default::Form::kNone: return "not set";
    case Default::Form::kRequired: return "none, it must be given";
    case Default::Form::kLiteral: return std::string(fallback.text);
    case Default::Form::kComputed: return std::string(fallback.text);
  }
  return {};
}

void write_option(std::string& page, const Option& option) {
  std::string value = value_text(option.kind);
  if (!value.empty() && value.back() == ',') value.pop_back();
  page += fmt::format(".TP\n.B {}:\n{}\n", plain(option.name), plain(option.help));
  page += fmt::format(".br\nValue: {}{}.\n", plain(value),
                      option.count == Count::kMany ? "; several may be given" : "");
  page += fmt::format(".br\nDefault: {}.\n", plain(default_text(option.fallback)));
  page += fmt::format(".br\nA change takes effect at the next {}. Since version {}.\n",
                      option.change == When::kRestart ? "start" : "reload", plain(option.since));
  if (option.effect == Effect::kLater) {
    page += ".br\nAccepted and checked, without effect in this version.\n";
  }
}

void write_lines(std::string& page, std::string_view text) {
  page += ".PP\n.nf\n" + plain(text) + ".fi\n";
}

void write_section(std::string& page, const Section& section) {
  const SectionText* const text = text_of(section.name);
  assert(text != nullptr);
  page += fmt::format(".SH SECTION {}\n{}\n", plain(section.name), plain(text->introduction));
  write_lines(page, text->example);
  for (const Option* option : options_of(section.name)) {
    if (option->section == section.name) write_option(page, *option);
  }
}

}  // namespace

std::string manual_page(const std::string& version) {
  std::string page = fmt::format(".TH BOWLINE.CONF 5 \"\" \"Bowline {}\" \"Bowline\"\n", version);
  page += ".SH NAME\nbowline.conf \\- configuration of the Bowline DNS server\n";
  page += ".SH DESCRIPTION\n" + std::string(dialect_text());
  for (const Section& section : sections()) write_section(page, section);
  page += ".SH SEE ALSO\nbowlined(8), bowlinec(8)\n";
  return page;
}

std::string later_page() {
  std::string page =
      "# Options that are not yet effective\n\n"
      "They are accepted and checked, and named once at start and reload; nothing acts upon them "
      "yet.\nWritten from the option table by `docs/option_reference --later` of a build "
      "folder; a test compares.\n";
  for (const Section& section : sections()) {
    std::string items;
    for (const Option* option : options_of(section.name)) {
      if (option->section != section.name || option->effect != Effect::kLater) continue;
      if (option->name == section.id) continue;
      items += fmt::format("* `{}`\n", option->name);
    }
    if (!items.empty()) page += fmt::format("\n## {}\n\n{}", section.name, items);
  }
  return page;
}

}  // namespace bowline::control::config
