#include "control/main/process.h"

#include <cap-ng.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ctime>

#include "control/log/log.h"
#include "control/main/verbs.h"

namespace bowline::control {

namespace {

using link::HandoverType;
using log::Category;

constexpr int kBeat_ms = 500;  // "at least once a second" (link/exchange.h)

std::uint64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

// The keeper has taken all privileges away before exec(); whoever starts this program otherwise
// shall not give it any.
void drop_privileges() {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  capng_clear(CAPNG_SELECT_ALL);
  (void)capng_apply(CAPNG_SELECT_CAPS);
}

}  // namespace

Process::Process(int channel) : channel_fd_(channel), started_ms_(now_ms()) {}

int Process::run() {
  drop_privileges();
  if (take_over() && load_configuration() && make_tables() && open_sockets()) {
    start_store();
    loop();
  }
  server_.reset();  // takes its socket files away
  log::flush();
  return exit_code_;
}

// ---- Start ------------------------------------------------------------------------------------

bool Process::take_over() {
  while (!go_ && !stop_) {
    if (!receive()) return false;
  }
  return !stop_;
}

bool Process::load_configuration() {
  keeper_ = std::make_unique<store::KeeperChannel>(channel_fd_, hello_.generation);
  auto loaded = config::load_config(std::string(hello_.text_view()));
  if (!loaded) {
    give_up(loaded.error());
    return false;
  }
  config_ = std::make_shared<const config::Config>(std::move(*loaded));
  if (auto done = log::setup(config_->log()); !done) {
    give_up(done.error());
    return false;
  }
  log::info(Category::kServer, "Bowline {}, control of generation {}, PID {}", BOWLINE_VERSION,
            hello_.generation, ::getpid());
  const std::vector<std::string> ignored = config_->not_yet_effective();
  if (!ignored.empty()) {
    std::string list;
    for (const std::string& name : ignored) list += (list.empty() ? "" : ", ") + name;
    log::warning(Category::kServer, "accepted but not yet effective in this version: {}", list);
  }
  // Serving with a list that is not whole is better than not serving.
  if (auto done = apply_drop_list(*config_); !done) {
    log::error(Category::kServer, "dataplane.drop: {}", done.error());
  }
  return true;
}

bool Process::make_tables() {
  const config::HugePages wanted = config_->dataplane().hugepages;
  auto tables = store::Tables::create(*keeper_, pairing_,
                                      {wanted != config::HugePages::kOff, true});
  if (!tables) {
    give_up(tables.error());
    return false;
  }
  tables_ = std::move(*tables);
  settings_ = store::make_settings(*config_);
  tables_->start_publisher(settings_);
  zones_ = std::make_unique<store::ZoneStore>(*tables_, config_->server().background_workers);
  service_ = std::make_unique<service::Service>(
      service::Service::Tables{tables_->heap().base(), &tables_->header(), &tables_->own_slots(),
                               tables_->secret()},
      [this](std::uint64_t pairing, std::string why) {
        keeper_->send(HandoverType::kCorrupt, why, pairing);
      });
  if (const auto paired = pairing_.get(); paired.exchange) service_->start(paired, bells_);
  return true;
}

bool Process::open_sockets() {
  const config::Control settings = config_->control();
  auto server = api::Server::open(
      settings.listen,
      {std::uint64_t{settings.timeout_s} * 1000, static_cast<int>(settings.backlog)},
      [this](const api::Request& request, std::shared_ptr<api::Response> response) {
        Verbs(*this).run(request, std::move(response));
      });
  if (!server) {
    give_up(server.error());
    return false;
  }
  server_ = std::move(*server);
  return true;
}

void Process::start_store() {
  store_thread_ = std::make_unique<store::StoreThread>([this] { tables_->upkeep(); });
  store_thread_->post([this] { load_first(); });
}

void Process::give_up(const std::string& why) {
  exit_code_ = 1;
  std::string line = why.substr(0, why.find_last_not_of('\n') + 1);
  for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos;)
    line.replace(at, 1, "; ");
  keeper_->send(HandoverType::kFailed, line);
}

// ---- Store's thread ---------------------------------------------------------------------------

void Process::load_first() {
  if (config_->server().async_start) {
    (void)tables_->publisher().publish({});
    keeper_->send(HandoverType::kReady);
  }
  const store::UpdateReport report = zones_->update(config_, store::Which::kAll);
  loading_ = false;
  if (tables_->publisher().current().root == nullptr) {
    keeper_->send(HandoverType::kFailed, "the zones cannot be published; see the messages before");
    return;
  }
  log::info(Category::kServer, "{} zones loaded, {} failed", report.loaded, report.failed);
  if (!config_->server().async_start) keeper_->send(HandoverType::kReady);
}

store::UpdateReport Process::reload(store::Which which) {
  store::UpdateReport report;
  auto loaded = config::load_config(std::string(hello_.text_view()));
  if (!loaded) {
    log::error(Category::kServer, "configuration is not reloaded, the former one stays: {}",
               loaded.error());
    report.errors.push_back(loaded.error());
    return report;
  }
  const auto config = std::make_shared<const config::Config>(std::move(*loaded));
  if (auto done = log::setup(config->log()); !done) {
    log::error(Category::kServer, "{}", done.error());
    report.errors.push_back(done.error());
    return report;
  }
  report = zones_->update(config, which);
  if (auto done = publish_settings(*config); !done) report.errors.push_back(done.error());
  if (auto done = apply_drop_list(*config); !done) {
    log::error(Category::kServer, "dataplane.drop: {}", done.error());
    report.errors.push_back("dataplane.drop: " + done.error());
  }
  log::info(Category::kServer,
            "configuration reloaded: {} zones loaded, {} failed, {} removed, {} unchanged",
            report.loaded, report.failed, report.removed, report.unchanged);
  return report;
}

dns::Result<void> Process::publish_settings(const config::Config& config) {
  const link::Settings settings = store::make_settings(config);
  if (std::memcmp(&settings, &settings_, sizeof settings) == 0) return {};
  auto epoch = tables_->publisher().publish_settings(settings);
  if (!epoch) return dns::Error{epoch.error()};
  settings_ = settings;
  log::info(Category::kServer, "published epoch {}, new settings", *epoch);
  return {};
}

dns::Result<void> Process::apply_drop_list(const config::Config& config) {
  const std::vector<config::AddressRange> ranges = config.dataplane().drop;
  if (!xdp_maps_.drop_list().attached()) {
    if (!ranges.empty()) {
      log::warning(Category::kServer,
                   "dataplane.drop drops nothing: it needs an interface in xdp.listen");
    }
    return {};
  }
  const auto change = xdp_maps_.drop_list().configure(ranges);
  if (!change) return dns::Error{change.error()};
  if (change->added + change->removed > 0) {
    log::info(Category::kServer, "drop list: {} prefixes of dataplane.drop added, {} removed",
              change->added, change->removed);
  }
  return {};
}

// ---- Main thread ------------------------------------------------------------------------------

void Process::loop() {
  std::array<pollfd, 2> wanted{{{channel_fd_, POLLIN, 0}, {server_->poll_fd(), POLLIN, 0}}};
  while (!stop_) {
    beat();
    (void)::poll(wanted.data(), wanted.size(), kBeat_ms);
    if (wanted[0].revents != 0 && !receive()) break;
    server_->handle_events(now_ms());
  }
}

void Process::beat() {
  if (const auto paired = pairing_.get(); paired.exchange) {
    (*paired.exchange)->control.beat.fetch_add(1, std::memory_order_relaxed);
  }
}

// Waits for one message if there is none. False: the keeper is gone.
bool Process::receive() {
  static link::Received received;  // large, and one thread receives
  switch (link::receive_handover(channel_fd_, received)) {
    case link::Receive::kMessage:
      handle(received);
      return true;
    case link::Receive::kNothing:
      return true;
    default:
      return false;
  }
}

void Process::handle(link::Received& received) {
  const link::HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kHello:
      hello_ = message;
      bells_.threads.assign(message.threads, -1);
      return;
    case HandoverType::kDoorbell: {
      bell_fds_.push_back(std::move(received.fds[0]));
      const int fd = bell_fds_.back().get();
      if (message.index == link::kServiceBell) bells_.own = fd;
      if (message.index < bells_.threads.size()) bells_.threads[message.index] = fd;
      return;
    }
    case HandoverType::kExchange:
      return attach_exchange(received);
    case HandoverType::kXdpMaps:
      return xdp_maps_.take(received);
    case HandoverType::kUnpaired:
      return detach(message.pairing);
    case HandoverType::kGo:
      go_ = true;
      return;
    case HandoverType::kReload:
      if (store_thread_) {
        store_thread_->post_reload([this] { reload(store::Which::kChanged); });
      }
      return;
    case HandoverType::kLogReopen:
      (void)log::reopen();
      return;
    case HandoverType::kStop:
      stop_ = true;
      return;
    default:
      return;
  }
}

void Process::attach_exchange(link::Received& received) {
  const link::HandoverMessage& message = received.message;
  detach(newest_pairing_);
  auto mapped = link::attach_exchange(received.fds[0].get(),
                                      {message.pairing, message.generation, message.threads});
  if (!mapped) {
    log::error(Category::kServer, "{}", mapped.error());
    return;
  }
  newest_pairing_ = message.pairing;
  pairing_.set(std::move(*mapped), message.pairing, message.threads);
  if (service_) service_->start(pairing_.get(), bells_);
}

void Process::detach(std::uint64_t pairing) {
  if (pairing != newest_pairing_) return;
  pairing_.clear();
  if (service_) service_->stop();
}

}  // namespace bowline::control
