#include "subject.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "answer/query.h"
#include "answer/scratch.h"
#include "link/publish.h"
#include "rdata.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/placeholder.h"
#include "zones/publisher.h"
#include "zones/writer.h"

namespace bowline::oracle {

namespace {

constexpr std::size_t kTableOctets = 64U << 20;
constexpr std::array<std::uint8_t, link::kHashSecretBytes> kSecret = {3, 1, 4, 1, 5, 9, 2, 6};

dns::Name to_name(const Name& name) {
  const Octets wire = to_wire(name);
  return dns::NameView(reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size());
}

link::SettingText to_setting(const std::string& text) {
  link::SettingText setting;
  setting.length = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), setting.bytes);
  return setting;
}

link::Settings to_settings(const Setup& setup) {
  link::Settings settings;
  settings.udp_max_payload_ipv4 = static_cast<std::uint16_t>(setup.udp_payload);
  settings.udp_max_payload_ipv6 = static_cast<std::uint16_t>(setup.udp_payload);
  settings.identity = to_setting(setup.identity);
  settings.version = to_setting(setup.version);
  settings.nsid = to_setting(setup.nsid);
  settings.edns_client_subnet = setup.client_subnet;
  settings.answer_rotation = setup.rotation;
  settings.tcp_idle_timeout_ms = setup.idle_ms;
  return settings;
}

template <typename T>
T checked(dns::Result<T> result) {
  if (!result) throw std::runtime_error(result.error());
  return std::move(*result);
}
void checked(const dns::Result<void>& result) {
  if (!result) throw std::runtime_error(result.error());
}

// ---- Zones by changes of others -----------------------------------------------------------------

// An RRset has the lowest TTL of its records, so this one goes with its record.
constexpr std::uint32_t kStrangeTtl = 0x7fffffff;

// A record that a zone does not have: delegations, aliases of all below, and wildcards that come
// and go change what other names are.
Record strange_record(const Record& near, std::size_t i) {
  switch (i % 3) {
    case 0: return {near.owner, RrType::kNs, kStrangeTtl, to_wire({"strange"})};
    case 1: return {near.owner, RrType::kDname, kStrangeTtl, to_wire({"strange"})};
    default: return {below(near.owner, "*"), RrType::kTxt, kStrangeTtl, u8(7) + "strange"};
  }
}

// What is added to and taken from the first version of a zone.
struct Changes {
  std::vector<Record> first, added, removed;

  explicit Changes(const std::vector<Record>& wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const bool is_first = i % 2 == 0 || wanted[i].type == RrType::kSoa;
      (is_first ? first : added).push_back(wanted[i]);
      if (i % 5 != 0 || wire_size(wanted[i].owner) + 2 > kMaxName) continue;
      Record strange = strange_record(wanted[i], i / 5);
      strange.owner = lower(strange.owner);
      if (std::find(removed.begin(), removed.end(), strange) != removed.end()) continue;
      first.push_back(strange);
      removed.push_back(std::move(strange));
    }
  }
};

dns::Bytes rdata_of(const Record& record) {
  return {reinterpret_cast<const std::uint8_t*>(record.rdata.data()), record.rdata.size()};
}

zones::ZoneDraft load(zones::Arena& arena, const dns::HashKey& secret, const Name& apex,
                      const std::vector<Record>& records) {
  if (records.empty()) return checked(zones::make_placeholder(arena, secret, to_name(apex)));
  zones::ZoneBuilder builder(arena, secret, to_name(apex));
  for (const Record& record : records) {
    if (!builder.add(to_name(record.owner), record.type, record.ttl, rdata_of(record))) {
      throw std::runtime_error("a record of " + to_text(record.owner) + " is outside its zone");
    }
  }
  return checked(builder.build());
}

zones::ZoneDraft change(zones::Arena& arena, const dns::HashKey& secret, const zones::Zone& zone,
                        const Changes& changes) {
  zones::ZoneWriter writer(arena, secret, zone);
  for (const Record& record : changes.added) {
    checked(writer.add(to_name(record.owner), record.type, record.ttl, rdata_of(record)));
  }
  for (const Record& record : changes.removed) {
    if (!checked(writer.remove(to_name(record.owner), record.type, rdata_of(record)))) {
      throw std::runtime_error("a record of " + to_text(record.owner) + " is not there");
    }
  }
  return checked(writer.finish());
}

// A query in a buffer that ends where its capacity does, so that a sanitizer sees what runs over.
struct Slot {
  explicit Slot(const Query& from)
      : buffer(std::max(from.transport.size_max, from.message.size())) {
    std::copy(from.message.begin(), from.message.end(), buffer.begin());
    query.message = buffer.data();
    query.size = static_cast<std::uint32_t>(from.message.size());
    query.capacity = static_cast<std::uint32_t>(buffer.size());
    query.size_max = static_cast<std::uint32_t>(from.transport.size_max);
    query.stream = from.transport.stream;
    query.ipv6 = from.ipv6;
  }

  std::vector<std::uint8_t> buffer;
  answer::Query query;
};

Subject::Result result_of(const answer::Query& query) {
  const Octets message(reinterpret_cast<const char*>(query.message), query.size);
  switch (query.action) {
    case answer::Action::kSend: return {Answer::Action::kSend, query.truncated, message};
    case answer::Action::kAsk: return {Answer::Action::kAsk, false, message};
    default: return {Answer::Action::kDrop, false, {}};
  }
}

}  // namespace

struct Subject::Tables {
  explicit Tables(const Setup& setup)
      : memory(static_cast<std::byte*>(mmap(nullptr, kTableOctets, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))),
        heap(memory, [](unsigned index, std::size_t) { return index == 0; }),
        header(link::init_tables(memory, kTableOctets, 1, zones::kTablesLayout, kSecret)),
        publisher(heap, *header, to_settings(setup), nullptr) {
    std::copy(kSecret.begin(), kSecret.end(), secret.bytes.begin());
  }
  ~Tables() { munmap(memory, kTableOctets); }

  answer::Sources sources() const {
    const zones::View view = publisher.current();
    return {view, &secret, view.base.at<link::Settings>(view.root->settings)};
  }

  std::byte* memory;
  zones::Heap heap;
  link::TablesHeader* header;
  zones::Publisher publisher;
  dns::HashKey secret;
  answer::Scratch scratch;
};

Subject::Subject(const std::vector<ZoneRecords>& all, const Setup& setup)
    : tables_(std::make_unique<Tables>(setup)) {
  zones::Arena arena(tables_->heap);
  const dns::HashKey& secret = tables_->secret;
  std::vector<zones::ZoneDraft> drafts;
  std::vector<Changes> changes;
  for (const ZoneRecords& zone : all) {
    changes.emplace_back(zone.records);
    drafts.push_back(load(arena, secret, zone.apex,
                          setup.edited ? changes.back().first : zone.records));
  }
  checked(tables_->publisher.publish(std::move(drafts)));
  for (std::size_t i = 0; setup.edited && i < all.size(); ++i) {
    if (all[i].records.empty()) continue;
    dns::NameKey key;
    dns::make_name_key(secret, to_name(all[i].apex), key);
    const zones::View view = tables_->publisher.current();
    std::vector<zones::ZoneDraft> next;
    next.push_back(
        change(arena, secret, *zones::find_zone_exact(view, key, key.depth), changes[i]));
    checked(tables_->publisher.publish(std::move(next)));
  }
}

Subject::~Subject() = default;

std::vector<Subject::Result> Subject::answer(std::span<const Query> queries) {
  std::vector<Slot> slots;
  slots.reserve(queries.size());
  for (const Query& query : queries) slots.emplace_back(query);
  std::array<answer::Query, kMaxBurst> burst;
  for (std::size_t i = 0; i < slots.size(); ++i) burst[i] = slots[i].query;
  answer::answer_burst(std::span(burst).first(slots.size()), tables_->sources(),
                       tables_->scratch);
  std::vector<Result> results;
  for (std::size_t i = 0; i < slots.size(); ++i) results.push_back(result_of(burst[i]));
  return results;
}

}  // namespace bowline::oracle
