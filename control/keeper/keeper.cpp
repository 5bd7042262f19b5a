#include "control/keeper/keeper.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

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

std::uint64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

HandoverMessage make_message(HandoverType type, std::uint64_t generation = 0,
                             std::uint64_t pairing = 0) {
  HandoverMessage message;
  message.type = type;
  message.generation = generation;
  message.pairing = pairing;
  return message;
}

std::string describe_death(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

Keeper::Keeper(const config::Config& config, const std::string& folder)
    : config_path_(config.path()),
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
    log::warning(Category::kServer,
                 "no address to listen on: set server.listen, such as 'listen: 127.0.0.1@53'");
  }
  const ThreadPlan& plan = ports_.threads();
  const unsigned streams = server_.tcp_reuseport ? plan.threads - plan.workers : 0;
  auto listeners = open_listeners(
      server_.listen, {plan.first_of_sockets, plan.socket_workers, plan.workers, streams},
      ports_.has_devices() ? Bind::kFree : Bind::kOwn);
  if (!listeners) return dns::Error{listeners.error()};
  listeners_ = std::move(*listeners);
  if (!ports_.has_devices()) return {};
  std::string missing;
  for (const config::Address& each : missing_addresses(server_.listen)) {
    missing += (missing.empty() ? "" : ", ") + each.host_text();
  }
  if (!missing.empty()) {
    log::warning(Category::kServer,
                 "{} of server.listen on no interface yet: add to an exception port (ip addr add "
                 "ADDRESS dev {}0)",
                 missing, dataplane_settings_.exception_port);
  }
  return {};
}

int Keeper::run() {
  dataplane_.start_at_ms = now_ms();
  // Devices take their huge pages before control's tables can.
  if (!ports_.has_devices()) control_.start_at_ms = dataplane_.start_at_ms;
  while (stop_by_ms_ == 0 || control_.running() || dataplane_.running()) {
    start_planned();
    wait_for_events();
    if (stop_by_ms_ != 0 && now_ms() >= stop_by_ms_) {
      control_.kill(SIGKILL);
      dataplane_.kill(SIGKILL);
    }
  }
  // Control waited for them, so it ran only if they were open.
  if (ports_.has_devices() && control_.starts != 0) ports_.close_devices();
  log::info(Category::kServer, "stopped");
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
      exit_code_ = 1;
      begin_stop();
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
  hello.set_text(config_path_);
  child.send(hello);
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
    exit_code_ = 1;
    begin_stop();
    return;
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
    log::critical(Category::kServer, "{} does not start; its last messages say why", child.name());
    exit_code_ = 1;
    return begin_stop();
  }
  child.start_at_ms = now + delay;
  if (delay != 0) {
    log::warning(Category::kServer, "{} is started again in {} ms", child.name(), delay);
  }
}

void Keeper::begin_stop() {
  if (stop_by_ms_ != 0) return;
  stop_by_ms_ = now_ms() + kStopWait_ms;
  (void)::sd_notify(0, "STOPPING=1");
  control_.send(make_message(HandoverType::kStop));
  dataplane_.send(make_message(HandoverType::kStop));
}

void Keeper::check_ready() {
  if (announced_ || !control_.ready || !dataplane_.ready) return;
  announced_ = true;
  log::info(Category::kServer, "ready");
  (void)::sd_notify(0, "READY=1");
}

// ---- Messages ---------------------------------------------------------------------------------

void Keeper::receive(Child& child, int most) {
  static link::Received received;  // large, and there is one thread
  for (int i = 0; i < most; ++i) {
    switch (link::receive_handover(child.channel(), received)) {
      case link::Receive::kMessage:
        handle(child, received);
        break;
      case link::Receive::kNothing:
        return;
      case link::Receive::kClosed:
        child.kill(SIGKILL);  // it cannot go on without us; its death comes by SIGCHLD
        return;
      case link::Receive::kMalformed:
        log::error(Category::kServer, "{} sent a malformed message: {}; it is restarted",
                   child.name(), received.why);
        child.kill(SIGKILL);
        return;
    }
  }
}

void Keeper::handle(Child& child, link::Received& received) {
  const HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kReady:
      child.ready = true;
      child.policy.ready();
      check_ready();
      return;
    case HandoverType::kFailed:
      return handle_failure(child, message.text_view());
    case HandoverType::kCorrupt:
      if (message.pairing == pairing_) restart_dataplane(message.text_view());
      return;
    default:
      if (&child == &control_) return handle_control(received);
      return handle_dataplane(message);
  }
}

void Keeper::handle_control(link::Received& received) {
  const HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kChunk:
      return handle_chunk(received);
    case HandoverType::kWithdraw:
      if (message.generation == generation_ && chunks_.withdraw(generation_, message.index)) {
        dataplane_.send(message);
      }
      return;
    case HandoverType::kRestartDataplane:
      return restart_dataplane(message.text_view());
    case HandoverType::kReload:
      return reload();
    case HandoverType::kStop:
      return begin_stop();
    default:
      log::warning(Category::kServer, "{} sent a message that is not its own", control_.name());
  }
}

void Keeper::handle_chunk(link::Received& received) {
  const HandoverMessage message = received.message;
  if (message.generation != generation_) return;
  const int fd = received.fds[0].get();
  dataplane_.send(message, fd);
  if (!chunks_.add(message, std::move(received.fds[0]))) {
    log::error(Category::kServer, "{} sent chunk {} twice; it is restarted", control_.name(),
               message.index);
    control_.kill(SIGKILL);
  }
}

void Keeper::handle_dataplane(const HandoverMessage& message) {
  if (message.type == HandoverType::kDevicesOpen && control_.starts == 0) {
    control_.start_at_ms = now_ms();
  }
  if (message.type == HandoverType::kSettled && chunks_.published(message.generation)) {
    log::info(Category::kServer, "dataplane uses tables of generation {}", message.generation);
    chunks_.drop_older_than(message.generation);
  }
}

void Keeper::handle_failure(const Child& child, std::string_view why) {
  log::error(Category::kServer, "{}: {}", child.name(), why);
  if (announced_) return;
  exit_code_ = 1;
  begin_stop();
}

void Keeper::restart_dataplane(std::string_view why) {
  log::warning(Category::kServer, "dataplane is restarted: {}", why);
  dataplane_.kill(SIGKILL);
}

// ---- Signals ----------------------------------------------------------------------------------

void Keeper::handle_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGCHLD:
        break;
      case SIGHUP:
        control_.send(make_message(HandoverType::kReload));
        reload();
        break;
      case SIGUSR1:
        (void)log::reopen();
        control_.send(make_message(HandoverType::kLogReopen));
        break;
      default:
        if (stop_by_ms_ != 0) stop_by_ms_ = 1;  // asked twice: at once
        log::info(Category::kServer, "stopping");
        begin_stop();
    }
  }
}

void Keeper::reload() {
  compare_configuration();
  (void)::malloc_trim(0);  // a million zones were in it
}

// What of a new configuration is the keeper's own. Control reports what is wrong with it.
void Keeper::compare_configuration() {
  const auto loaded = config::load_config(config_path_);
  if (!loaded) return;
  if (auto done = log::setup(loaded->log()); !done) {
    log::error(Category::kServer, "{}", done.error());
  }
  const config::Server server = loaded->server();
  const config::Dataplane dataplane = loaded->dataplane();
  const bool same = ports_.same_with(dataplane, loaded->xdp()) &&
                    server.listen == server_.listen && server.rundir == server_.rundir &&
                    server.user.uid == server_.user.uid && server.user.gid == server_.user.gid &&
                    server.tcp_workers == server_.tcp_workers &&
                    server.tcp_reuseport == server_.tcp_reuseport &&
                    dataplane.workers == dataplane_settings_.workers &&
                    dataplane.cores == dataplane_settings_.cores &&
                    dataplane.poll == dataplane_settings_.poll &&
                    dataplane.hugepages == dataplane_settings_.hugepages;
  if (!same) {
    log::warning(
        Category::kServer,
        "listen, rundir, user, workers, tcp-reuseport, cores, poll, hugepages, backend, devices and "
        "xdp keep their former values: restart bowlined to change them");
  }
}

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
  if (at == UINT64_MAX) return -1;
  const std::uint64_t now = now_ms();
  return at <= now ? 0 : static_cast<int>(std::min<std::uint64_t>(at - now, 60'000));
}

}  // namespace bowline::control::keeper
