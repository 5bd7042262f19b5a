#include "control/keeper/keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "control/keeper/clock.h"
#include "control/log/log.h"

namespace bowline::control::keeper {

namespace {

using link::HandoverMessage;
using link::HandoverType;
using log::Category;

// An orderly end writes nothing that could be lost, so nobody has to wait long for it.
constexpr std::uint64_t kStopWait_ms = 5'000;
// A set-up that never worked is for a person to mend; later on every try is worth it.
constexpr unsigned kFirstStartTries = 5;
// Messages taken from one child before the other is looked at.
constexpr int kMessagesARound = 64;

std::string describe_death(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

Orders complete(Orders orders, const config::Config& config) {
  if (orders.source.path.empty()) orders.source = {confdb::Source::Kind::kFile, config.path()};
  return orders;
}

}  // namespace

Keeper::Keeper(const config::Config& config, const std::string& folder, Orders orders,
               Starter& starter)
    : orders_(complete(std::move(orders), config)),
      starter_(starter),
      server_(config.server()),
      dataplane_settings_(config.dataplane()),
      identity_{server_.user.uid, server_.user.gid},
      ports_(server_, dataplane_settings_, config.xdp()),
      control_("bowline-control", folder),
      dataplane_("bowline-dataplane", folder) {}

dns::Result<void> Keeper::prepare() {
  if (auto planned = ports_.plan(); !planned) return planned;
  if (auto opened = open_sockets(); !opened) return opened;
  if (auto opened = ports_.open(); !opened) return opened;
  for (unsigned i = 0; i <= ports_.threads().threads; ++i) {
    doorbells_.emplace_back(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!doorbells_.back()) {
      return dns::Error{fmt::format("cannot make an eventfd: {}: raise the limit of open files",
                                    std::strerror(errno))};
    }
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR1}) sigaddset(&signals, signal);
  (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  signals_ = link::Fd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return dns::Error{fmt::format("cannot make a signalfd: {}", std::strerror(errno))};
  return {};
}

dns::Result<void> Keeper::open_sockets() {
  if (server_.listen.empty() && (!dataplane_settings_.xdp || ports_.has_devices())) {
    log::warning(Category::kServer, "no network interface configured, set server.listen, such as "
                                    "'listen: 127.0.0.1@53'");
  }
  const ThreadPlan& plan = ports_.threads();
  const unsigned streams = server_.tcp_reuseport ? plan.threads - plan.workers : 0;
  SocketWorkers workers{plan.first_of_sockets, plan.socket_workers, plan.workers, streams, {}};
  if (server_.socket_affinity) workers.cpus = plan.cores;
  auto listeners = open_listeners(server_.listen, workers, identity_);
  if (!listeners) return dns::Error{listeners.error()};
  listeners_ = std::move(*listeners);
  for (const config::Address& each : server_.listen) {
    log::info(Category::kServer, "binding to interface {}", each.to_text());
  }
  warn_of_missing_addresses();
  return {};
}

// They are bound all the same: they may come later.
void Keeper::warn_of_missing_addresses() {
  std::string missing;
  for (const config::Address& each : missing_addresses(server_.listen)) {
    missing += (missing.empty() ? "" : ", ") + each.host_text();
  }
  if (missing.empty()) return;
  const std::string where = ports_.has_devices()
                                ? "an exception port (ip addr add ADDRESS dev " +
                                      dataplane_settings_.exception_port + "0)"
                                : "an interface (ip addr add ADDRESS dev INTERFACE)";
  log::warning(Category::kServer, "{} of server.listen on no interface yet: add to {}", missing,
               where);
}

int Keeper::run() {
  dataplane_.start_at_ms = now_ms();
  // Devices take their huge pages before control's tables can.
  if (!ports_.has_devices()) control_.start_at_ms = dataplane_.start_at_ms;
  while (stop_by_ms_ == 0 || control_.running() || dataplane_.running()) {
    start_planned();
    wait_for_events();
    look_at_beats();
    if (stop_by_ms_ != 0 && now_ms() >= stop_by_ms_) {
      control_.kill(SIGKILL);
      dataplane_.kill(SIGKILL);
    }
  }
  // Control waited for them, so it ran only if they were open.
  if (ports_.has_devices() && control_.starts != 0) ports_.close_devices();
  log::info(Category::kServer, "shutting down");
  return exit_code_;
}

// ---- The life of the children -----------------------------------------------------------------

// Starts what is due. Both at once get one exchange between them.
void Keeper::start_planned() {
  if (stop_by_ms_ != 0) return;
  const std::uint64_t now = now_ms();
  const auto due = [now](const Child& child) {
    return !child.running() && child.start_at_ms != 0 && child.start_at_ms <= now;
  };
  const bool start_control_now = due(control_) && start_process(control_, Keep::kNothing);
  if (start_control_now) ++generation_;
  const bool start_dataplane_now =
      due(dataplane_) &&
      start_process(dataplane_, ports_.has_devices() ? Keep::kDevices : Keep::kNothing);
  if (!start_control_now && !start_dataplane_now) return;
  // One number for each start, so that pairing less generation counts the restarts of the
  // dataplane; the first start of both has one number, also when control's comes later.
  const bool both_again = start_control_now && start_dataplane_now && pairing_ != 0;
  if (generation_ != 0) pairing_ += both_again ? 2 : 1;
  if (start_control_now) greet(control_);
  if (start_dataplane_now) greet(dataplane_);
  pair();
  if (start_dataplane_now) furnish_dataplane();
  if (start_control_now) {
    ports_.send_to_control(control_);
    control_.send(make_message(HandoverType::kGo));
  }
}

bool Keeper::start_process(Child& child, Keep keep) {
  auto started = child.start(identity_, keep);
  if (!started) {
    log::error(Category::kServer, "{}", started.error());
    if (!announced_) {
      fail_start(started.error());
    } else {
      plan_restart(child);
    }
    return false;
  }
  log::info(Category::kServer, "started {}, PID {}", child.name(), child.pid());
  return true;
}

void Keeper::greet(Child& child) {
  HandoverMessage hello = make_message(HandoverType::kHello, generation_, pairing_);
  hello.threads = ports_.threads().threads;
  hello.workers = ports_.threads().workers;
  if (dataplane_settings_.poll == config::Poll::kBusy) hello.flags |= link::kPollBusy;
  if (dataplane_settings_.hugepages != config::HugePages::kOff) hello.flags |= link::kWantHugePages;
  hello.cores = ports_.threads().cores;
  if (&child == &dataplane_ && ports_.has_devices()) {
    hello.flags |= link::kDropPrivileges;
    if (dataplane_settings_.hugepages == config::HugePages::kOff) hello.flags |= link::kNoHugePages;
    hello.memory_mib = dataplane_settings_.dpdk_memory_mib;
    hello.uid = identity_.uid;
    hello.gid = identity_.gid;
  }
  if (orders_.verbose) hello.flags |= link::kVerbose;
  hello.set_text(orders_.source.to_text());
  child.send(hello);
  if (&child == &control_ && !orders_.control_socket.empty()) {
    HandoverMessage socket = make_message(HandoverType::kControlSocket);
    socket.set_text(orders_.control_socket);
    child.send(socket);
  }
  for (unsigned i = 0; i <= hello.threads; ++i) {
    HandoverMessage bell = make_message(HandoverType::kDoorbell);
    bell.index = i == hello.threads ? link::kServiceBell : i;
    child.send(bell, doorbells_[i].get());
  }
}

// Makes a new exchange and gives it to whoever runs.
void Keeper::pair() {
  link::CounterTotals carried{};
  if (exchange_.mapping) {
    const bool lives_on = dataplane_.running() && exchange_of_dataplane_ == dataplane_.starts;
    carried = link::carried_totals(*exchange_.mapping, !lives_on);
  }
  const unsigned threads = ports_.threads().threads;
  auto made = link::create_exchange({pairing_, generation_, threads}, carried);
  if (!made) {
    log::critical(Category::kServer, "{}", made.error());
    return fail_start(made.error());
  }
  exchange_ = std::move(*made);
  exchange_of_dataplane_ = dataplane_.running() ? dataplane_.starts : 0;
  HandoverMessage message = make_message(HandoverType::kExchange, generation_, pairing_);
  message.threads = threads;
  control_.send(message, exchange_.fd.get());
  dataplane_.send(message, exchange_.fd.get());
  const HandoverMessage unpaired = make_message(HandoverType::kUnpaired, 0, pairing_);
  if (!control_.running()) dataplane_.send(unpaired);
  if (!dataplane_.running()) control_.send(unpaired);
}

void Keeper::furnish_dataplane() {
  for (const Listener& listener : listeners_) {
    HandoverMessage message = make_message(HandoverType::kListener);
    message.index = listener.index;
    message.transport = listener.transport;
    message.worker = listener.worker;
    message.endpoint = listener.endpoint;
    dataplane_.send(message, listener.socket.get());
  }
  ports_.send_to_dataplane(dataplane_);
  replay_chunks();
  dataplane_.send(make_message(HandoverType::kGo));
}

void Keeper::replay_chunks() {
  chunks_.for_each([this](const ChunkBook::Chunk& chunk) {
    dataplane_.send(chunk.announcement, chunk.fd.get());
  });
  chunks_.for_each_generation([this](std::uint64_t generation) {
    if (generation != generation_ || !control_.running()) {
      dataplane_.send(make_message(HandoverType::kDropGeneration, generation));
    }
  });
}

void Keeper::reap() {
  for (Child* child : {&control_, &dataplane_}) {
    siginfo_t info{};
    // Not waited for yet: until its last words are read, its number must not become another's.
    if (child->running() && ::waitid(P_PID, static_cast<id_t>(child->pid()), &info,
                                     WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
      handle_death(*child);
    }
  }
}

void Keeper::handle_death(Child& child) {
  receive(child, INT_MAX);
  int status = 0;
  (void)::waitpid(child.pid(), &status, 0);
  const bool expected = stop_by_ms_ != 0;
  log::message(Category::kServer, expected ? log::Level::kInfo : log::Level::kError,
               "{}, PID {}, {}", child.name(), child.pid(), describe_death(status));
  child.died();
  if (expected) return;
  const HandoverMessage unpaired = make_message(HandoverType::kUnpaired, 0, pairing_);
  if (&child == &control_) {
    dataplane_.send(unpaired);
    dataplane_.send(make_message(HandoverType::kDropGeneration, generation_));
    // What was never published will never be read; what was goes on serving.
    if (!chunks_.published(generation_)) chunks_.drop_generation(generation_);
  } else {
    control_.send(unpaired);
  }
  plan_restart(child);
}

void Keeper::plan_restart(Child& child) {
  const std::uint64_t now = now_ms();
  const std::uint64_t delay = child.policy.delay_after_death(now);
  if (!announced_ && child.policy.failed_starts() >= kFirstStartTries) {
    log::critical(Category::kServer, "{}, does not start, its last messages say why",
                  child.name());
    return fail_start(child.name() + " does not start; the log says why");
  }
  child.start_at_ms = now + delay;
  if (delay != 0) {
    log::warning(Category::kServer, "{}, started again in {} ms", child.name(), delay);
  }
}

void Keeper::begin_stop() {
  if (stop_by_ms_ != 0) return;
  stop_by_ms_ = now_ms() + kStopWait_ms;
  service_.stopping();
  control_.send(make_message(HandoverType::kStop));
  dataplane_.send(make_message(HandoverType::kStop));
}

void Keeper::fail_start(const std::string& why) {
  exit_code_ = 1;
  // In the foreground the log has told whoever looks.
  if (starter_.is_daemon()) starter_.failed(why);
  begin_stop();
}

void Keeper::check_ready() {
  if (announced_ || !control_.ready || !dataplane_.ready || !settled_) return;
  announced_ = true;
  log::info(Category::kServer, "server started {}, PID {}, ready",
            starter_.is_daemon() ? "as a daemon" : "in the foreground", ::getpid());
  service_.ready(control_.state);
  starter_.ready();
}

// ---- Waiting ------------------------------------------------------------------------------------

void Keeper::wait_for_events() {
  const auto events_of = [](const Child& child) {
    return static_cast<short>(POLLIN | (child.has_queue() ? POLLOUT : 0));
  };
  std::array<pollfd, 4> wanted{{{signals_.get(), POLLIN, 0},
                                {control_.channel(), events_of(control_), 0},
                                {dataplane_.channel(), events_of(dataplane_), 0},
                                {ports_.network_fd(), POLLIN, 0}}};
  if (::poll(wanted.data(), wanted.size(), timeout_ms()) < 0 && errno != EINTR) return;
  if (control_.channel() >= 0 && (wanted[1].revents & POLLOUT) != 0) control_.flush();
  if (dataplane_.channel() >= 0 && (wanted[2].revents & POLLOUT) != 0) dataplane_.flush();
  constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
  if (control_.channel() >= 0 && (wanted[1].revents & kReadable) != 0)
    receive(control_, kMessagesARound);
  if (dataplane_.channel() >= 0 && (wanted[2].revents & kReadable) != 0)
    receive(dataplane_, kMessagesARound);
  if (wanted[3].revents != 0) ports_.follow_network();
  if (wanted[0].revents != 0) handle_signals();
  reap();
}

int Keeper::timeout_ms() const {
  std::uint64_t at = UINT64_MAX;
  if (stop_by_ms_ != 0) {
    at = stop_by_ms_;
  } else {
    for (const Child* child : {&control_, &dataplane_}) {
      if (!child->running() && child->start_at_ms != 0) at = std::min(at, child->start_at_ms);
    }
  }
  if (service_.look_every_ms() != 0) at = std::min(at, next_look_ms_);
  if (at == UINT64_MAX) return -1;
  const std::uint64_t now = now_ms();
  return at <= now ? 0 : static_cast<int>(std::min<std::uint64_t>(at - now, 60'000));
}

// The service manager's watchdog is fed as long as all beat that run. A child that is gone is our
// business: it is started again.
void Keeper::look_at_beats() {
  const std::uint64_t now = now_ms();
  if (service_.look_every_ms() == 0 || now < next_look_ms_) return;
  next_look_ms_ = now + service_.look_every_ms();
  if (!exchange_.mapping) return service_.alive();
  const link::Exchange& exchange = *exchange_.mapping;
  Heartbeats::Expected expected;
  if (stop_by_ms_ == 0) {
    const bool began = exchange.control.beat.load(std::memory_order_relaxed) != 0;
    expected.control = control_.running() && (control_.ready || began);
    expected.dataplane = dataplane_.running() && dataplane_.ready;
    expected.threads = expected.dataplane ? ports_.threads().threads : 0;
  }
  const std::string late = heartbeats_.look(exchange, expected, now);
  if (late.empty()) service_.alive();
  if (late.empty() == !somebody_late_) return;
  somebody_late_ = !late.empty();
  if (somebody_late_) {
    log::warning(Category::kServer, "watchdog, not fed, no heartbeat of {}", late);
  } else {
    log::info(Category::kServer, "watchdog, fed again, all heartbeats are there");
  }
}

}  // namespace bowline::control::keeper
