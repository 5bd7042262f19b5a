#include "control/main/zone_check.h"

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "control/confdb/source.h"
#include "control/main/zone_names.h"
#include "control/store/zone_loader.h"
#include "link/chunks.h"
#include "zones/heap.h"

namespace bowline::control {

namespace {

struct Wanted {
  std::string source;
  bool force = false;
  std::vector<std::string> zones;
};

// Nothing: the words are not what the header says.
std::optional<Wanted> read_words(std::span<char* const> words) {
  if (words.empty()) return std::nullopt;
  Wanted wanted{words[0], false, {}};
  std::size_t i = 1;
  for (; i < words.size() && std::string_view(words[i]) != "--"; ++i) {
    if (std::string_view(words[i]) != "--force") return std::nullopt;
    wanted.force = true;
  }
  for (++i; i < words.size(); ++i) wanted.zones.emplace_back(words[i]);
  return wanted;
}

// Table memory of this process alone.
class Scratch {
 public:
  static std::unique_ptr<Scratch> make() {
    auto writer = link::ChunkWriter::reserve(false);
    if (!writer) return nullptr;
    std::unique_ptr<Scratch> scratch(new Scratch(std::move(*writer)));
    if (::getrandom(scratch->secret_.bytes.data(), scratch->secret_.bytes.size(), 0) < 0) {
      return nullptr;
    }
    return scratch;
  }

  zones::Arena& arena() { return arena_; }
  const dns::HashKey& secret() const { return secret_; }

 private:
  explicit Scratch(link::ChunkWriter writer)
      : writer_(std::move(writer)),
        heap_(writer_.at<std::byte>(link::kNullRef),
              [this](unsigned index, std::size_t size) {
                return writer_.create(index, size).ok();
              }),
        arena_(heap_) {}

  link::ChunkWriter writer_;
  zones::Heap heap_;
  zones::Arena arena_;
  dns::HashKey secret_{};
};

// Hands on what has been written. False: nobody reads it any more.
bool send(api::Outbox& outbox) {
  for (const api::Outbox::Item& item : outbox.take()) {
    for (std::size_t sent = 0; sent < item.frames.size();) {
      const ssize_t now =
          ::write(STDOUT_FILENO, item.frames.data() + sent, item.frames.size() - sent);
      if (now < 0 && errno != EINTR) return false;
      if (now > 0) sent += static_cast<std::size_t>(now);
    }
  }
  return true;
}

// False: the zone would not be served, or with `force` there is a warning.
bool check_zone(const config::Zone& zone, bool force, Scratch& scratch, api::Response& answer) {
  store::LoadedZone loaded;
  store::load_zone(zone, scratch.arena(), scratch.secret(), {}, loaded);
  const std::string name = zone.name.to_text();
  for (const std::string& text : loaded.errors) answer.failure({name, text, {}});
  for (const std::string& text : loaded.warnings) {
    if (force) {
      answer.failure({name, text, {}});
    } else {
      answer.text(fmt::format("warning: [{}] {}", name, text));
    }
  }
  return loaded.errors.empty() && (!force || loaded.warnings.empty());
}

// False: something is wrong, and the answer has its end.
bool check(const Wanted& wanted, api::Outbox& outbox, api::Response& answer) {
  const auto source = confdb::parse_source(wanted.source);
  if (!source) return answer.end(source.error()), false;
  const auto config = confdb::load(*source);
  if (!config) return answer.end(config.error()), false;
  const auto scratch = Scratch::make();
  if (!scratch) return answer.end("no memory for zone tables"), false;
  bool ok = true;
  if (means_all_zones(wanted.zones)) {
    for (std::size_t i = 0; i < config->zones().size(); ++i) {
      ok &= check_zone(config->zones()[i], wanted.force, *scratch, answer);
      if (!send(outbox)) return false;
    }
  } else {
    const auto zones = find_zones(*config, wanted.zones, answer);
    ok = zones.size() == wanted.zones.size();
    for (const NamedZone& zone : zones) {
      ok &= check_zone(config->zones()[zone.index], wanted.force, *scratch, answer);
      if (!send(outbox)) return false;
    }
  }
  answer.end();
  return ok;
}

}  // namespace

int check_zones(std::span<char* const> words) {
  const auto wanted = read_words(words);
  const auto outbox = std::make_shared<api::Outbox>();
  api::Response answer(outbox, 0);
  bool ok = false;
  if (wanted) {
    ok = check(*wanted, *outbox, answer);
  } else {
    answer.end("usage: bowline-control --zone-check SOURCE [--force] -- [ZONE...]");
  }
  return send(*outbox) && ok ? 0 : 1;
}

}  // namespace bowline::control
