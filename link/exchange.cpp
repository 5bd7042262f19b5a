#include "link/exchange.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace bowline::link {

namespace {

constexpr int kExchangeSeals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

Failure system_failure(const char* what, int error) {
  return Failure{std::string("exchange: ") + what + ": " + std::generic_category().message(error)};
}

Outcome<ExchangeMapping> map_exchange(int fd) {
  void* memory = ::mmap(nullptr, sizeof(Exchange), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return system_failure("cannot map it", errno);
  // Client addresses and questions pass through the rings: not for core files.
  ::madvise(memory, sizeof(Exchange), MADV_DONTDUMP);
  return ExchangeMapping(static_cast<Exchange*>(memory));
}

}  // namespace

ExchangeMapping::ExchangeMapping(ExchangeMapping&& other) noexcept
    : exchange_(std::exchange(other.exchange_, nullptr)) {}

ExchangeMapping& ExchangeMapping::operator=(ExchangeMapping&& other) noexcept {
  std::swap(exchange_, other.exchange_);
  return *this;
}

ExchangeMapping::~ExchangeMapping() {
  if (exchange_ != nullptr) ::munmap(exchange_, sizeof(Exchange));
}

Outcome<NewExchange> create_exchange(const ExchangeIdentity& identity,
                                     const CounterTotals& carried) {
  assert(identity.threads >= 1 && identity.threads <= kMaxThreads);
  Fd fd(::memfd_create("bowline-exchange", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return system_failure("cannot make it", errno);
  if (::ftruncate(fd.get(), sizeof(Exchange)) != 0) return system_failure("cannot size it", errno);
  // What every pairing touches is allocated here, so that a lack of memory shows now and not as
  // SIGBUS. The rings' pages follow when messages pass.
  if (::fallocate(fd.get(), 0, 0, offsetof(Exchange, asks)) != 0) {
    return system_failure("cannot get memory", errno);
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, kExchangeSeals) != 0) {
    return system_failure("cannot seal it", errno);
  }
  Outcome<ExchangeMapping> mapping = map_exchange(fd.get());
  if (!mapping) return Failure{mapping.error()};
  Exchange& exchange = **mapping;
  exchange.segment = make_segment_header(SegmentKind::kExchange, kExchangeLayout, sizeof(Exchange),
                                         identity.generation);
  exchange.pairing = identity.pairing;
  exchange.threads = identity.threads;
  exchange.carried = carried;
  return NewExchange{std::move(*mapping), std::move(fd)};
}

Outcome<ExchangeMapping> attach_exchange(int fd, const ExchangeIdentity& expected) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kExchangeSeals) != kExchangeSeals) {
    return Failure{"exchange: is not sealed against resizing"};
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_failure("cannot look at it", errno);
  if (status.st_size != static_cast<off_t>(sizeof(Exchange))) {
    return Failure{"exchange: has " + std::to_string(status.st_size) + " bytes instead of " +
                   std::to_string(sizeof(Exchange)) + ": restart all of Bowline after an upgrade"};
  }
  Outcome<ExchangeMapping> mapping = map_exchange(fd);
  if (!mapping) return mapping;
  SegmentHeader header;
  std::memcpy(&header, &(*mapping)->segment, sizeof header);
  if (auto failure = check_segment(header, SegmentKind::kExchange, kExchangeLayout,
                                   sizeof(Exchange), expected.generation)) {
    return *failure;
  }
  if ((*mapping)->pairing != expected.pairing || (*mapping)->threads != expected.threads) {
    return Failure{"exchange: belongs to another pairing"};
  }
  return mapping;
}

CounterTotals sum_counters(const Exchange& exchange) {
  CounterTotals totals = exchange.carried;
  for (const CounterBlock& block : exchange.counters) add_block(totals, block);
  return totals;
}

CounterTotals carried_totals(const Exchange& previous, bool dataplane_is_gone) {
  return dataplane_is_gone ? sum_counters(previous) : previous.carried;
}

}  // namespace bowline::link
