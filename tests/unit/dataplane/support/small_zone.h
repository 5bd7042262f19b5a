// SmallZone: tables with a small zone, and the exchange of one pairing, in this process; and what
// the tests have to play of control.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/pairing.h"
#include "link/chunks.h"
#include "link/exchange.h"
#include "zones/publisher.h"

namespace bowline::dataplane::test {

class SmallZone {
 public:
  explicit SmallZone(std::uint64_t generation = 1, const link::Settings& settings = {});
  ~SmallZone();

  // Publishes example.test with www A `address`, and what the tests ask for besides.
  void publish(std::string_view address = "192.0.2.80");
  void reclaim(std::uint64_t oldest) { publisher_->reclaim(oldest); }
  std::uint64_t epoch() const { return publisher_->epoch(); }
  void set_settings(const link::Settings& settings);

  const link::TablesHeader& header() const { return *header_; }
  link::TablesView view() const { return chunks_.view(); }
  const dns::HashKey& secret() const { return secret_; }

  struct Chunk {
    std::uint32_t index;
    std::uint64_t size;
    link::Fd fd;
  };
  const std::vector<Chunk>& chunks() const { return made_; }

 private:
  link::ChunkWriter chunks_;
  std::vector<Chunk> made_;
  std::unique_ptr<zones::Heap> heap_;
  link::TablesHeader* header_ = nullptr;
  dns::HashKey secret_;
  std::unique_ptr<zones::Publisher> publisher_;
};

// A pairing of a SmallZone with a fresh exchange, on a board of its own.
class Paired {
 public:
  explicit Paired(SmallZone& zone, unsigned threads = 1, bool asks_open = true);

  PairingBoard board;
  Pairing pairing;
  link::Exchange& exchange() { return *exchange_.mapping; }
  std::uint64_t count(link::Counter counter) const;

 private:
  link::NewExchange exchange_;
};

// Control's service thread for one ring pair.
class Service {
 public:
  Service(link::Exchange& exchange, unsigned thread)
      : asks_(exchange.asks[thread]),
        replies_(exchange.replies[thread]),
        buffer_(link::kMaxRingMessage) {}

  // The next ask; nothing if there is none. Its payload lives until the next call.
  std::optional<link::Ask> take();
  bool reply(const link::ClientContext& context, std::span<const std::uint8_t> message,
             link::ReplyPart part = link::ReplyPart::kFinal);

 private:
  link::RingReader<> asks_;
  link::RingWriter<> replies_;
  std::vector<std::byte> buffer_;
};

}  // namespace bowline::dataplane::test
