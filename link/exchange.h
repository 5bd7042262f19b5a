// Exchange: what control and one dataplane share for writing, for as long as the two are paired.
//
// One memfd, made by the keeper whenever it starts either process, never used for another pair.
// Untouched pages cost nothing, so the fixed maximum of threads is laid out. Its size is sealed: no
// side can make the other run into SIGBUS. Thread i of the dataplane owns index i everywhere.
//
//   field            writer                meaning
//   segment          keeper, at creation   magic, ABI, layout, generation of control
//   pairing          keeper, at creation   number of this pair; also in the message that brings it
//   threads          keeper, at creation   client-facing threads of the dataplane
//   carried          keeper, at creation   counters of dataplanes that are gone
//   dataplane        dataplane's main thread:
//    .mapped_through                       serial of the newest chunk of `generation` it mapped
//    .ready                                1: it serves
//    .beat                                 grows at least once a second
//   control          control's main thread:
//    .ready                                1: its service thread takes asks
//    .beat                                 grows at least once a second
//   ports[p]         dataplane's main      see ports.h
//   slots[i]         thread i              see epoch.h
//   service_sleep    control's service     see wakeup.h
//   thread_sleep[i]  thread i              see wakeup.h
//   counters[i]      thread i              see counters.h; `loops` is its beat: grows at least once
//                                          a second, also while it has nothing to do
//   asks[i]          thread i, service     see ring.h: producer thread i, consumer service thread
//   replies[i]       service, thread i     see ring.h: producer service thread, consumer thread i
//
// Both processes map all of it writable, so "writer" is a promise. Control does not rely on it: it
// knows pairing and thread count from the keeper's message, takes mapped_through and slots as
// claims whose falsehood harms the dataplane alone (it then reads what it has no right to expect),
// rings as ring.h says, and only displays counters. No secret is in here and no message carries a
// Ref.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "link/context.h"
#include "link/counters.h"
#include "link/epoch.h"
#include "link/outcome.h"
#include "link/ports.h"
#include "link/ring.h"
#include "link/segment.h"
#include "link/wakeup.h"

namespace bowline::link {

inline constexpr unsigned kMaxThreads = 64;  // client-facing threads of a dataplane
static_assert(kMaxThreads <= kMaxReaders);

// The longest sleep of anything that beats: twice in the second that is promised.
inline constexpr int kBeat_ms = 500;

struct Exchange {
  struct alignas(kCacheLine) DataplaneState {
    std::atomic<std::uint64_t> mapped_through;
    std::atomic<std::uint64_t> beat;
    std::atomic<std::uint32_t> ready;
    std::uint32_t unused[11];
  };
  struct alignas(kCacheLine) ControlState {
    std::atomic<std::uint64_t> beat;
    std::atomic<std::uint32_t> ready;
    std::uint32_t unused[13];
  };

  SegmentHeader segment;
  std::uint64_t pairing;
  std::uint32_t threads;
  std::uint32_t unused;
  DataplaneState dataplane;
  ControlState control;
  SleepFlag service_sleep;
  SleepFlag thread_sleep[kMaxThreads];
  EpochSlots slots;
  alignas(kCacheLine) CounterTotals carried;
  CounterBlock counters[kMaxThreads];
  PortStatus ports[kMaxPorts];
  alignas(4096) RingMemory<> asks[kMaxThreads];
  alignas(4096) RingMemory<> replies[kMaxThreads];
};

inline constexpr std::uint64_t kExchangeLayout = layout_hash(
    {sizeof(Exchange), kContextLayout, counters_layout(), offsetof(Exchange, dataplane),
     offsetof(Exchange, control), offsetof(Exchange, service_sleep), offsetof(Exchange, slots),
     offsetof(Exchange, carried), offsetof(Exchange, counters), offsetof(Exchange, ports),
     kPortsLayout, offsetof(Exchange, asks),
     offsetof(Exchange, replies), kMaxThreads, kMaxReaders, kRingBytes});

// A mapping of an exchange; unmaps itself. Movable; the Exchange stays where it is.
class ExchangeMapping {
 public:
  ExchangeMapping() = default;
  explicit ExchangeMapping(Exchange* exchange) : exchange_(exchange) {}
  ExchangeMapping(ExchangeMapping&& other) noexcept;
  ExchangeMapping& operator=(ExchangeMapping&& other) noexcept;
  ~ExchangeMapping();

  explicit operator bool() const { return exchange_ != nullptr; }
  Exchange* get() const { return exchange_; }
  Exchange* operator->() const { return exchange_; }
  Exchange& operator*() const { return *exchange_; }

 private:
  Exchange* exchange_ = nullptr;
};

struct ExchangeIdentity {
  std::uint64_t pairing = 0;
  std::uint64_t generation = 0;  // of control
  std::uint32_t threads = 0;     // 1 to kMaxThreads
};

struct NewExchange {
  ExchangeMapping mapping;
  Fd fd;
};

// The keeper: makes an exchange. `carried` are the totals of all dataplanes that are gone (see
// carried_totals()).
// REQUIRES: identity.threads is 1 to kMaxThreads.
Outcome<NewExchange> create_exchange(const ExchangeIdentity& identity,
                                     const CounterTotals& carried);

// Control and dataplane: maps the exchange that a handover message brought, after its size, seals,
// layout and identity are found right. The caller may close `fd` afterwards.
Outcome<ExchangeMapping> attach_exchange(int fd, const ExchangeIdentity& expected);

// Totals of all dataplanes, past and present: what is displayed.
CounterTotals sum_counters(const Exchange& exchange);

// The keeper: what the exchange that follows `previous` starts with. A dataplane that lives on
// keeps its own totals and commits them to the new exchange, so they are not carried.
CounterTotals carried_totals(const Exchange& previous, bool dataplane_is_gone);

}  // namespace bowline::link
