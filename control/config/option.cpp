// The option table as constant data, and look-ups in it.
#include "control/config/option.h"

#include <algorithm>
#include <limits>

#include "control/config/default_paths.h"

namespace bowline::control::config {
namespace {

constexpr std::int64_t kMaxWorkers = 256;  // as many as the exchange can have slots for
constexpr std::int64_t kMaxCore = 1023;    // CPU_SETSIZE - 1
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kKibi = 1024;
constexpr std::int64_t kMebi = 1024 * kKibi;
constexpr std::int64_t kGibi = 1024 * kMebi;
constexpr std::int64_t kTebi = 1024 * kGibi;
constexpr std::int64_t kMaxText = 4096;  // octets of a string: PATH_MAX, and more than any name
constexpr std::string_view kLogLevels = "critical|error|warning|notice|info|debug";

constexpr Kind integer(std::int64_t min, std::int64_t max) { return {Type::kInt, min, max, {}}; }
constexpr Kind time(std::int64_t min, std::int64_t max) { return {Type::kTime, min, max, {}}; }
constexpr Kind size(std::int64_t min, std::int64_t max) { return {Type::kSize, min, max, {}}; }
constexpr Kind boolean() { return {Type::kBool, 0, 1, {}}; }
constexpr Kind text() { return {Type::kText, 0, kMaxText, {}}; }
constexpr Kind path() { return {Type::kPath, 0, kMaxText, {}}; }
constexpr Kind zone_file() { return {Type::kZoneFile, 0, kMaxText, {}}; }
constexpr Kind hex_or_text(std::int64_t min = 0, std::int64_t max = 255) {
  return {Type::kHexOrText, min, max, {}};
}
constexpr Kind base64() { return {Type::kBase64, 1, kMaxText, {}}; }
constexpr Kind pin() { return {Type::kPin, 32, 32, {}}; }
constexpr Kind address() { return {Type::kAddress, 0, 0, {}}; }
constexpr Kind socket_address() { return {Type::kSocket, 0, 0, {}}; }
constexpr Kind device() { return {Type::kDevice, 0, 0, {}}; }
constexpr Kind range() { return {Type::kRange, 0, 0, {}}; }
constexpr Kind range_or_path() { return {Type::kRangeOrPath, 0, 0, {}}; }
constexpr Kind dname() { return {Type::kName, 0, 0, {}}; }
constexpr Kind words(std::string_view list) { return {Type::kWord, 0, 0, list}; }
constexpr Kind bool_or(std::string_view list) { return {Type::kBoolOrWord, 0, 0, list}; }
constexpr Kind reference(std::string_view to) { return {Type::kReference, 1, kMaxText, to}; }
constexpr Kind reference_or_none(std::string_view to) {
  return {Type::kReference, 0, kMaxText, to};
}
constexpr Kind module_reference() { return {Type::kModule, 0, 0, {}}; }
constexpr Kind module_name() { return {Type::kModuleName, 0, 0, {}}; }
constexpr Kind user() { return {Type::kUser, 0, 0, {}}; }
constexpr Kind fraction() { return {Type::kFraction, 0, 256, {}}; }
constexpr Kind rr_type() { return {Type::kRrType, 0, 0, {}}; }

constexpr Default none() { return {}; }
constexpr Default required() { return {Default::Form::kRequired, {}}; }
constexpr Default literal(std::string_view value) { return {Default::Form::kLiteral, value}; }
constexpr Default computed(std::string_view how) { return {Default::Form::kComputed, how}; }

using enum Count;
using enum Effect;
using enum When;

constexpr Section kSections[] = {
#define SECTION(name, id, help) {name, id, help},
#define OPTION(...)
#include "control/config/options.def"
#undef OPTION
#undef SECTION
};

constexpr std::string_view kComment = "comment";

// Every section and every entry may carry a remark.
constexpr Option comment_of(std::string_view section) {
  return {section, kComment, text(),  none(), kOne, kNow,
          kReload, "0.1",    "A remark for who reads it; of no effect."};
}

constexpr Option kOptions[] = {
#define SECTION(name, id, help) comment_of(name),
#define OPTION(section, name, kind, fallback, count, effect, change, since, help) \
  {section, name, kind, fallback, count, effect, change, since, help},
#include "control/config/options.def"
#undef OPTION
#undef SECTION
};

constexpr std::string_view kModules[] = {
    "mod-authsignal", "mod-cookies",  "mod-dnsproxy",    "mod-dnstap",   "mod-geoip",
    "mod-noudp",      "mod-onlinesign", "mod-probe",     "mod-queryacl", "mod-rrl",
    "mod-stats",      "mod-synthrecord", "mod-whoami",
};

constexpr std::size_t kFarthestSlip = 2;  // edits: more is another word

using Rows = std::vector<const Option*>;

bool belongs_to(const Option& option, std::string_view section) {
  if (option.section == section) return true;
  return section == "template" && option.section == "zone" && option.name != "domain" &&
         option.name != "template" && option.name != kComment;
}

// The rows of each section, in the order of kSections: the identifying item, the remark, the rest.
std::vector<Rows> make_rows() {
  std::vector<Rows> rows;
  for (const Section& section : kSections) {
    Rows& own = rows.emplace_back();
    for (const Option& option : kOptions) {
      if (!belongs_to(option, section.name)) continue;
      own.insert(option.name == section.id ? own.begin() : own.end(), &option);
    }
  }
  return rows;
}

// Optimal string alignment distance: insertions, removals, changes, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

std::span<const Section> sections() { return kSections; }
std::span<const Option> options() { return kOptions; }
std::span<const std::string_view> module_names() { return kModules; }

const Section* find_section(std::string_view name) {
  for (const Section& section : kSections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

const std::vector<const Option*>& options_of(std::string_view section) {
  static const std::vector<Rows> rows = make_rows();
  static const Rows nothing;
  const Section* const found = find_section(section);
  return found == nullptr ? nothing : rows[static_cast<std::size_t>(found - kSections)];
}

const Option* find_option(std::string_view section, std::string_view item) {
  for (const Option* option : options_of(section)) {
    if (option->name == item) return option;
  }
  return nullptr;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongestWord = 64;  // no name is longer, and the work is quadratic
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = kFarthestSlip + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t found = distance(word, candidate);
    if (found < best_distance && found < candidate.size()) {
      best = candidate;
      best_distance = found;
    }
  }
  return best;
}

std::vector<std::string_view> split_words(std::string_view words, char separator) {
  std::vector<std::string_view> result;
  while (!words.empty()) {
    const std::size_t end = words.find(separator);
    result.push_back(words.substr(0, end));
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
  }
  return result;
}

}  // namespace bowline::control::config
