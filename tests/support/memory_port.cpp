// memory_port: the worker over a memory port, as a program for tests/packets. Frames come on
// standard input and replies leave on standard output, each behind its size (four octets, network
// order).
//
//   memory_port PORT UDP-MAX-PAYLOAD IPV4 IPV6 IDENTITY VERSION NSID PROXY4 PROXY6 ZONE=FILE ...
//
// There is no control: what only control could answer gets SERVFAIL. Ends with its input. One
// thread; tests start it and talk to it.
#include <arpa/inet.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/io/memory.h"
#include "dataplane/worker.h"
#include "dns/result.h"
#include "dns/zone_file.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/publisher.h"

namespace bowline::tests {
namespace {

using dataplane::MemoryIo;
using dataplane::net::Listener;

constexpr std::size_t kSizeOctets = 4;            // before each frame
constexpr std::size_t kFrameMax = 65'536;         // more is not Ethernet: the input is out of step
constexpr std::size_t kReadSize = 64 * 1024;

// Zones of files, in tables of this process.
class Tables {
 public:
  static dns::Result<std::unique_ptr<Tables>> make(const link::Settings& settings) {
    std::unique_ptr<Tables> tables(new Tables);
    auto chunks = link::ChunkWriter::reserve(false);
    if (!chunks) return dns::Error{chunks.error()};
    tables->chunks_ = std::move(*chunks);
    link::ChunkWriter& writer = tables->chunks_;
    tables->heap_ = std::make_unique<zones::Heap>(
        writer.at<std::byte>(0),
        [&writer](unsigned index, std::size_t size) { return writer.create(index, size).ok(); });
    {
      zones::Arena arena(*tables->heap_);
      arena.free(arena.allocate(link::kGranule), link::kGranule);  // makes chunk 0
    }
    tables->header_ = link::init_tables(
        writer.at<std::byte>(0), writer.size(0), 1, zones::kTablesLayout,
        std::span<const std::uint8_t, link::kHashSecretBytes>(tables->secret_.bytes));
    tables->publisher_ =
        std::make_unique<zones::Publisher>(*tables->heap_, *tables->header_, settings, nullptr);
    return tables;
  }

  dns::Result<void> load(const std::string& zone, const std::string& path) {
    const auto apex = dns::Name::from_text(zone);
    if (!apex) return dns::Error{zone + ": " + apex.error()};
    zones::Arena arena(*heap_);
    zones::ZoneBuilder builder(arena, secret_, *apex);
    dns::ZoneFileOptions options;
    options.origin = *apex;
    const auto read = dns::read_zone_file(path, options, [&](const dns::ZoneRecord& record) {
      return builder.add(record.owner, record.type, record.ttl, record.rdata);
    });
    if (!read.ok()) return dns::Error{read.errors.front().to_text()};
    auto draft = builder.build();
    if (!draft) return dns::Error{path + ": " + draft.error()};
    std::vector<zones::ZoneDraft> drafts;
    drafts.push_back(std::move(*draft));
    const auto published = publisher_->publish(std::move(drafts));
    if (!published) return dns::Error{path + ": " + published.error()};
    return {};
  }

  // What the worker serves from; `exchange` outlives it.
  dataplane::Pairing pairing(link::Exchange& exchange) const {
    dataplane::Pairing made;
    made.header = header_;
    made.tables = chunks_.view();
    made.secret = secret_;
    made.exchange = &exchange;
    made.slots = &exchange.slots;
    made.number = 1;
    return made;
  }

 private:
  Tables() = default;

  link::ChunkWriter chunks_;
  std::unique_ptr<zones::Heap> heap_;
  link::TablesHeader* header_ = nullptr;
  dns::HashKey secret_{};  // nobody attacks a test
  std::unique_ptr<zones::Publisher> publisher_;
};

// Takes frames off a stream of octets that comes in any pieces.
class Input {
 public:
  enum class Next { kFrame, kNeedMore, kOutOfStep };

  // False: the input has ended.
  bool read_more() {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const std::size_t before = pending_.size();
    pending_.resize(before + kReadSize);
    const ssize_t size = ::read(STDIN_FILENO, pending_.data() + before, kReadSize);
    pending_.resize(before + static_cast<std::size_t>(size > 0 ? size : 0));
    return size > 0;
  }

  Next next(dns::Bytes& frame) {
    if (pending_.size() - at_ < kSizeOctets) return Next::kNeedMore;
    const std::size_t size = dns::load_u32(&pending_[at_]);
    if (size > kFrameMax) return Next::kOutOfStep;
    if (pending_.size() - at_ - kSizeOctets < size) return Next::kNeedMore;
    frame = {pending_.data() + at_ + kSizeOctets, size};
    at_ += kSizeOctets + size;
    return Next::kFrame;
  }

 private:
  std::vector<std::uint8_t> pending_;
  std::size_t at_ = 0;
};

class Port {
 public:
  Port(dataplane::PairingBoard& board, std::vector<Listener> listeners)
      : link_(0, board),
        worker_(io_, link_, {.poll_busy = true, .listeners = std::move(listeners)}) {}

  // False: the output is closed, or the input nonsense.
  bool serve(Input& input) {
    dns::Bytes frame;
    while (true) {
      const Input::Next next = input.next(frame);
      if (next == Input::Next::kOutOfStep) return false;
      // As a device with buffers of that size: what does not fit is not received.
      if (next == Input::Next::kFrame && frame.size() <= MemoryIo::kBufferSize) io_.arrive(frame);
      if ((next == Input::Next::kNeedMore || io_.full()) && !answer()) return false;
      if (next == Input::Next::kNeedMore) return true;
    }
  }

 private:
  bool answer() {
    while (!io_.idle()) worker_.breathe();
    bool written = true;
    for (const MemoryIo::Sent& sent : io_.sent()) {
      std::uint8_t size[kSizeOctets];
      dns::store_u32(size, static_cast<std::uint32_t>(sent.size));
      written = written && std::fwrite(size, sizeof size, 1, stdout) == 1 &&
                std::fwrite(sent.data, sent.size, 1, stdout) == 1;
    }
    io_.forget_sent();
    return written && std::fflush(stdout) == 0;
  }

  MemoryIo io_;
  dataplane::ThreadLink link_;
  dataplane::Worker<MemoryIo> worker_;
};

int fail(const std::string& why) {
  std::fprintf(stderr, "memory_port: %s\n", why.c_str());
  return 1;
}

void set_text(std::string_view text, link::SettingText& to) {
  to.length = static_cast<std::uint8_t>(text.copy(reinterpret_cast<char*>(to.bytes),
                                                  link::kMaxSettingText));
}

// One proxy of each family. False: not an address.
bool set_proxies(const std::string& ipv4, const std::string& ipv6, link::Settings& settings) {
  settings.proxy_ranges = 2;
  settings.proxy_ipv4_ranges = 1;
  for (std::size_t i = 0; i < 2; ++i) {
    link::SettingRange& range = settings.proxy_allowlist[i];
    const std::string text = i == 0 ? "::ffff:" + ipv4 : ipv6;
    if (::inet_pton(AF_INET6, text.c_str(), range.first) != 1) return false;
    std::memcpy(range.last, range.first, sizeof range.last);
  }
  return true;
}

int run(int count, char** arguments) {
  if (count < 10) {
    return fail(
        "usage: PORT UDP-MAX-PAYLOAD IPV4 IPV6 IDENTITY VERSION NSID PROXY4 PROXY6 ZONE=FILE ...");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  link::Settings settings;
  settings.udp_max_payload_ipv4 = static_cast<std::uint16_t>(std::atoi(arguments[2]));
  settings.udp_max_payload_ipv6 = settings.udp_max_payload_ipv4;
  settings.edns_client_subnet = true;
  set_text(arguments[5], settings.identity);
  set_text(arguments[6], settings.version);
  set_text(arguments[7], settings.nsid);
  if (!set_proxies(arguments[8], arguments[9], settings)) return fail("not a proxy's address");
  std::vector<Listener> listeners = {{.ipv6 = false, .port = port}, {.ipv6 = true, .port = port}};
  if (::inet_pton(AF_INET, arguments[3], listeners[0].address.data()) != 1 ||
      ::inet_pton(AF_INET6, arguments[4], listeners[1].address.data()) != 1) {
    return fail("not an address");
  }
  auto tables = Tables::make(settings);
  if (!tables) return fail(tables.error());
  for (int i = 10; i < count; ++i) {
    const std::string_view text = arguments[i];
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return fail("not ZONE=FILE: " + std::string(text));
    const auto loaded = (*tables)->load(std::string(text.substr(0, equals)),
                                        std::string(text.substr(equals + 1)));
    if (!loaded) return fail(loaded.error());
  }
  auto exchange = link::create_exchange({1, 1, 1}, {});
  if (!exchange) return fail(exchange.error());
  const dataplane::Pairing pairing = (*tables)->pairing(*exchange->mapping);
  dataplane::PairingBoard board;
  board.want(pairing);
  const auto served = std::make_unique<Port>(board, listeners);
  Input input;
  while (input.read_more()) {
    if (!served->serve(input)) return fail("the other end is gone or out of step");
  }
  return 0;
}

}  // namespace
}  // namespace bowline::tests

int main(int count, char** arguments) { return bowline::tests::run(count, arguments); }
