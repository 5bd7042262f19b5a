// A set of tables in this process for tests: chunks, heap, publisher, and short ways to say names.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dns/rdata.h"
#include "link/chunks.h"
#include "link/publish.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/publisher.h"
#include "zones/writer.h"

namespace bowline::zones::test {

// REQUIRES: good text. Without Catch2's macros: reader threads call it too.
inline dns::Name name(std::string_view text) { return dns::Name::from_text(text).value(); }

// The rdata that `text` says; the words are split at blanks.
inline std::vector<std::uint8_t> rdata(dns::RrType type, std::string_view text) {
  std::vector<dns::Token> tokens;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) tokens.push_back({text.substr(0, end)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::vector<std::uint8_t> octets(dns::kMaxRdataSize);
  dns::WireWriter writer(octets);
  dns::TextError error;
  const bool good = dns::rdata_from_text(type, tokens, dns::NameView(), writer, error);
  INFO(error.expected << " / " << error.found);
  REQUIRE(good);
  octets.resize(writer.size());
  return octets;
}

inline const char* const kSoaText = "ns.test. admin.test. 1 3600 900 86400 300";

class Tables {
 public:
  Tables()
      : chunks_(std::move(link::ChunkWriter::reserve(false).value())),
        heap_(chunks_.at<std::byte>(0), [this](unsigned index, std::size_t size) {
          return chunks_.create(index, size).ok();
        }) {
    Arena arena(heap_);
    arena.free(arena.allocate(16), 16);  // makes chunk 0
    for (unsigned i = 0; i < secret_.bytes.size(); ++i) {
      secret_.bytes[i] = static_cast<std::uint8_t>(i * 37 + 1);
    }
    header_ = link::init_tables(chunks_.at<std::byte>(0), chunks_.size(0), 1, kTablesLayout,
                                std::span<const std::uint8_t, 16>(secret_.bytes));
    publisher_ = std::make_unique<Publisher>(heap_, *header_, link::Settings{}, nullptr);
  }

  Heap& heap() { return heap_; }
  const dns::HashKey& secret() const { return secret_; }
  link::TablesHeader& header() { return *header_; }
  Publisher& publisher() { return *publisher_; }
  Base base() const { return heap_.base(); }

  void publish(dns::Result<ZoneDraft> draft) {
    REQUIRE(draft.ok());
    std::vector<ZoneDraft> drafts;
    drafts.push_back(std::move(*draft));
    REQUIRE(publisher_->publish(std::move(drafts)).ok());
  }

  struct Line {
    std::string_view owner;
    dns::RrType type;
    std::string_view text;
  };
  // Builds and publishes a zone; a SOA is added unless there is one.
  void load(std::string_view apex_text, const std::vector<Line>& lines) {
    Arena arena(heap_);
    ZoneBuilder builder(arena, secret_, name(apex_text));
    bool has_soa = false;
    for (const Line& line : lines) {
      has_soa |= line.type == dns::RrType::kSoa;
      INFO(line.owner);
      REQUIRE(builder.add(name(line.owner), line.type, 3600, rdata(line.type, line.text)));
    }
    if (!has_soa) {
      builder.add(name(apex_text), dns::RrType::kSoa, 3600, rdata(dns::RrType::kSoa, kSoaText));
    }
    publish(builder.build());
  }

  const Zone* zone(std::string_view text) const {
    dns::NameKey key;
    dns::make_name_key(secret_, name(text), key);
    return find_zone(publisher_->current(), key, key.depth);
  }
  dns::NameKey key(std::string_view text) const {
    dns::NameKey made;
    dns::make_name_key(secret_, name(text), made);
    return made;
  }

 private:
  link::ChunkWriter chunks_;
  Heap heap_;
  dns::HashKey secret_;
  link::TablesHeader* header_ = nullptr;
  std::unique_ptr<Publisher> publisher_;
};

// The seed of this run: BOWLINE_SEED, or a fixed one. Random tests print it on failure.
inline std::uint64_t seed() {
  const char* const text = std::getenv("BOWLINE_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20110302;
}

}  // namespace bowline::zones::test
