#include "small_zone.h"

#include <stdexcept>
#include <string>

#include "dns/zone_file.h"
#include "zones/builder.h"
#include "zones/layout.h"

namespace bowline::dataplane::test {

namespace {

constexpr std::string_view kZone = R"($ORIGIN example.test.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 1800 1209600 300
@ NS ns1
ns1 A 192.0.2.1
alias CNAME www
)";

// Some 40 kilobytes in one RRset: what only a stream carries.
std::string large_text() {
  std::string text = "large";
  for (int i = 0; i < 200; ++i) {
    text += " TXT \"" + std::to_string(i) + std::string(190, 'x') + "\"\n";
  }
  return text;
}

}  // namespace

SmallZone::SmallZone(std::uint64_t generation, const link::Settings& settings)
    : chunks_(std::move(link::ChunkWriter::reserve(false).value())) {
  heap_ = std::make_unique<zones::Heap>(
      chunks_.at<std::byte>(0), [this](unsigned index, std::size_t size) {
        auto made = chunks_.create(index, size);
        if (!made) return false;
        made_.push_back({index, size, std::move(made->fd)});
        return true;
      });
  {
    zones::Arena arena(*heap_);
    arena.free(arena.allocate(16), 16);  // makes chunk 0
  }
  for (unsigned i = 0; i < secret_.bytes.size(); ++i) {
    secret_.bytes[i] = static_cast<std::uint8_t>(i * 29 + generation);
  }
  header_ = link::init_tables(chunks_.at<std::byte>(0), chunks_.size(0), generation,
                              zones::kTablesLayout,
                              std::span<const std::uint8_t, 16>(secret_.bytes));
  publisher_ = std::make_unique<zones::Publisher>(*heap_, *header_, settings, nullptr);
}

SmallZone::~SmallZone() = default;

void SmallZone::publish(std::string_view address) {
  const dns::Name apex = *dns::Name::from_text("example.test.");
  zones::Arena arena(*heap_);
  zones::ZoneBuilder builder(arena, secret_, apex);
  dns::ZoneFileOptions options;
  options.origin = apex;
  const std::string text =
      std::string(kZone) + "www A " + std::string(address) + "\n" + large_text();
  const auto read = dns::read_zone_text(text, "example.test", options, [&](const auto& record) {
    return builder.add(record.owner, record.type, record.ttl, record.rdata);
  });
  if (!read.ok()) throw std::runtime_error(read.errors.front().to_text());
  auto draft = builder.build();
  if (!draft) throw std::runtime_error(draft.error());
  std::vector<zones::ZoneDraft> drafts;
  drafts.push_back(std::move(*draft));
  const auto published = publisher_->publish(std::move(drafts));
  if (!published) throw std::runtime_error(published.error());
}

void SmallZone::set_settings(const link::Settings& settings) {
  if (!publisher_->publish_settings(settings)) throw std::runtime_error("settings");
}

Paired::Paired(SmallZone& zone, unsigned threads, bool asks_open)
    : exchange_(std::move(link::create_exchange({1, 1, threads}, {}).value())) {
  pairing.header = &zone.header();
  pairing.tables = zone.view();
  pairing.secret = zone.secret();
  pairing.exchange = exchange_.mapping.get();
  pairing.slots = &pairing.exchange->slots;
  pairing.number = 1;
  pairing.asks_open = asks_open;
  pairing.exchange->control.ready.store(1);
  board.want(pairing);
}

std::uint64_t Paired::count(link::Counter counter) const {
  return link::sum_counters(*exchange_.mapping)[static_cast<std::size_t>(counter)];
}

std::optional<link::Ask> Service::take() {
  std::uint32_t length = 0;
  if (asks_.pop(buffer_, length) != link::Pop::kMessage) return std::nullopt;
  return link::read_ask(std::span(buffer_).first(length));
}

bool Service::reply(const link::ClientContext& context, std::span<const std::uint8_t> message,
                    link::ReplyPart part) {
  link::ReplyHeader header;
  header.part = part;
  header.context = context;
  return link::push_message(replies_, header, std::as_bytes(message)) == link::Push::kDone;
}

}  // namespace bowline::dataplane::test
