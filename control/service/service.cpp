#include "control/service/service.h"

#include <poll.h>
#include <pthread.h>

#include "control/service/refuse.h"

namespace bowline::control::service {

namespace {

// Messages taken from one ring before the next one's turn: no thread of the dataplane starves
// another.
constexpr unsigned kTurn = 64;
// A sleeping service looks at its rings this often even if nobody rings: a lost wake-up costs at
// most this.
constexpr int kSleep_ms = 500;

dns::Bytes as_octets(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

void Service::start(const store::Pairing::Current& pairing, const Bells& bells) {
  stop();
  pairing_ = pairing;
  bells_ = bells;
  asks_.clear();
  replies_.clear();
  link::Exchange& exchange = **pairing.exchange;
  for (unsigned i = 0; i < pairing.threads && i < bells.threads.size(); ++i) {
    asks_.emplace_back(exchange.asks[i]);
    replies_.emplace_back(exchange.replies[i]);
  }
  stop_ = false;
  thread_ = std::thread([this] { run(); });
  (void)::pthread_setname_np(thread_.native_handle(), "service");
  exchange.control.ready.store(1, std::memory_order_release);
}

void Service::stop() {
  if (!thread_.joinable()) return;
  (*pairing_.exchange)->control.ready.store(0, std::memory_order_release);
  stop_ = true;
  (void)::eventfd_write(bells_.own, 1);
  thread_.join();
  pairing_ = {};
}

void Service::run() {
  link::SleepFlag& flag = (*pairing_.exchange)->service_sleep;
  while (!stop_) {
    bool worked = false;
    for (unsigned thread = 0; thread < asks_.size(); ++thread) worked |= serve_thread(thread);
    if (worked) continue;
    flag.about_to_sleep();
    if (!stop_ && all_empty()) {
      pollfd bell{bells_.own, POLLIN, 0};
      (void)::poll(&bell, 1, kSleep_ms);
    }
    flag.awake();
    link::drain_event(bells_.own);
  }
}

bool Service::all_empty() {
  for (link::RingReader<>& ring : asks_) {
    if (!ring.empty()) return false;
  }
  return true;
}

// Returns whether there was anything to do.
bool Service::serve_thread(unsigned thread) {
  unsigned served = 0;
  for (; served < kTurn; ++served) {
    std::uint32_t length = 0;
    const link::Pop pop = asks_[thread].pop(buffer_, length);
    if (pop == link::Pop::kCorrupt) return fail("an ask ring is malformed");
    if (pop == link::Pop::kEmpty) break;
    if (!answer(thread, std::span(buffer_).first(length))) return fail("an ask is malformed");
  }
  if (served != 0)
    (*pairing_.exchange)->thread_sleep[thread].wake_if_asleep(bells_.threads[thread]);
  return served != 0;
}

// False: the message breaks the rules.
bool Service::answer(unsigned thread, std::span<const std::byte> message) {
  const auto ask = link::read_ask(message);
  if (!ask || ask->header.context.worker != thread) return false;
  const dns::Bytes request = as_octets(ask->payload);
  dns::QueryFacts facts;
  const dns::QueryFault fault = dns::read_query(request, facts);
  std::array<std::uint8_t, kMaxRefusal> out;
  std::size_t size = 0;
  if (fault != dns::QueryFault::kTooShort && fault != dns::QueryFault::kResponse) {
    size = write_refusal(request, facts, ask->header.kind, {is_served(facts, request)}, out);
  }
  link::ReplyHeader header;
  header.context = ask->header.context;
  const auto payload = std::as_bytes(std::span(out).first(size));
  // A full ring: the dataplane does not take its replies; the client asks again.
  (void)link::push_message(replies_[thread], header, payload);
  answered_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool Service::is_served(const dns::QueryFacts& facts, dns::Bytes request) {
  if (facts.qname_size == 0) return false;
  dns::NameKey key;
  dns::make_name_key(tables_.secret, {request.data() + dns::kHeaderSize, facts.qname_size}, key);
  reader_.go_online();
  const link::Ref root = reader_.enter();
  const bool served =
      root != link::kNullRef &&
      zones::find_zone_exact({tables_.base, tables_.base.at<zones::Root>(root)}, key, key.depth) !=
          nullptr;
  reader_.leave();
  reader_.go_offline();
  return served;
}

// Ends the work of this pairing: the keeper makes another. Returns false: there is nothing to do.
bool Service::fail(const char* why) {
  asks_.clear();
  replies_.clear();
  corrupt_(pairing_.number, why);
  return false;
}

}  // namespace bowline::control::service
