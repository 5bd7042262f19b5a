#include "control/main/process.h"

#include <cap-ng.h>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "control/log/log.h"

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

// What the files set that has no effect any more, a line each.
void log_notices(const config::Config& config) {
  std::string_view rest = config.notices();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    log::notice(Category::kServer, "config, obsolete, {}", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

Process::Process(int channel) : channel_fd_(channel), started_ms_(now_ms()) {}

int Process::run() {
  drop_privileges();
  if (take_over() && load_configuration() && make_tables() && open_sockets()) {
    start_store();
    loop();
    bus_->stopped();
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
  auto home = ConfHome::open(hello_.text_view());
  if (!home) {
    give_up(home.error());
    return false;
  }
  conf_home_ = std::move(*home);
  auto loaded = conf_home_->load();
  if (!loaded) {
    give_up(loaded.error());
    return false;
  }
  first_config_ = std::make_shared<const config::Config>(std::move(*loaded));
  log::set_options({(hello_.flags & link::kVerbose) != 0, {}});
  if (auto done = log::setup(first_config_->log()); !done) {
    give_up(done.error());
    return false;
  }
  log_notices(*first_config_);
  const std::vector<std::string> ignored = first_config_->not_yet_effective();
  if (!ignored.empty()) {
    std::string list;
    for (const std::string& name : ignored) list += (list.empty() ? "" : ", ") + name;
    log::warning(Category::kServer, "config, accepted but not yet effective in this version, {}",
                 list);
  }
  return true;
}

bool Process::make_tables() {
  const config::HugePages wanted = first_config_->dataplane().hugepages;
  auto tables = store::Tables::create(*keeper_, pairing_,
                                      {wanted != config::HugePages::kOff, true});
  if (!tables) {
    give_up(tables.error());
    return false;
  }
  tables_ = std::move(*tables);
  tables_->start_publisher(store::make_settings(*first_config_));
  zones_ =
      std::make_unique<store::ZoneStore>(*tables_, first_config_->server().background_workers);
  const config::Server server = first_config_->server();
  bus_ = std::make_unique<bus::Bus>(server.dbus_events,
                                    std::chrono::seconds(server.dbus_init_delay_s));
  zones_->on_published([this](dns::NameView zone, std::uint32_t serial) {
    bus_->zone_updated(zone, serial);
  });
  reconfigure_ = std::make_unique<Reconfigure>(
      Reconfigure::Parts{*tables_, *zones_, xdp_maps_.drop_list(),
                         [this] { keeper_->send(HandoverType::kReload); }},
      first_config_);
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
  config::Control settings = first_config_->control();
  if (!control_socket_.empty()) settings.listen = {control_socket_};
  auto server = api::Server::open(
      settings.listen,
      {std::uint64_t{settings.timeout_s} * 1000, static_cast<int>(settings.backlog)},
      [this](const api::Request& request, std::shared_ptr<api::Response> response) {
        dispatch_.run(request, std::move(response));
      });
  if (!server) {
    give_up(server.error());
    return false;
  }
  server_ = std::move(*server);
  for (const std::string& path : settings.listen) {
    log::info(Category::kServer, "control, binding to '{}'", path);
  }
  return true;
}

void Process::start_store() {
  store_thread_ = std::make_unique<store::StoreThread>([this] { tables_->upkeep(); });
  fill_dispatch();
  store_thread_->post([this] { load_first(); });
}

// The commands, before the first of them can come.
void Process::fill_dispatch() {
  waiting_ = std::make_unique<Waiting>(*store_thread_, zones_->progress());
  parts_ = std::make_unique<Parts>(Parts{
      hello_, pairing_, newest_pairing_, loading_, started_ms_, *keeper_, *tables_, *zones_,
      *store_thread_, *service_, xdp_maps_, *waiting_, [this] { return server_->clients(); },
      [this](const std::function<void()>& checked) {
        keeper_->send(HandoverType::kLogReopen);  // it tells us in turn, once it has its own
        return reload(checked);
      },
      [this] { return reconfigure_->awaiting_restart(); }});
  add_server_verbs(dispatch_, *parts_);
  add_drop_verbs(dispatch_, *parts_);
  add_zone_verbs(dispatch_, *parts_);
  add_stats_verbs(dispatch_, *parts_);
  statistics_ = std::make_unique<Statistics>([this](const config::Config& config, std::size_t i) {
    return zone_counters(zones_->status(config, i));
  });
  serve_configuration();
}

void Process::serve_configuration() {
  ConfHome::Parts parts;
  parts.current = [this] { return reconfigure_->current(); };
  parts.apply = [this](std::shared_ptr<const config::Config> next) {
    Report report = reconfigure_->apply(std::move(next), Cause::kCommit);
    tell_ready();
    return report;
  };
  parts.post = [this](std::function<void()> job) { store_thread_->post(std::move(job)); };
  parts.now_ms = now_ms;
  conf_home_->serve(std::move(parts), *waiting_, dispatch_);
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
  const bool is_ready = first_config_->server().async_start;
  if (is_ready) {
    zones_->hold(*first_config_);
    tell_ready();
  }
  const Report report = reconfigure_->apply(std::move(first_config_), Cause::kStart);
  loading_ = false;
  if (tables_->publisher().current().root == nullptr) {
    keeper_->send(HandoverType::kFailed, "the zones cannot be published; see the messages before");
    return;
  }
  log::info(Category::kServer, "zones loaded, {} loaded, {} failed", report.zones.loaded,
            report.zones.failed);
  tell_ready();
  if (hello_.generation == 1) bus_->started();  // later ones follow a control that failed
}

// No transaction begins meanwhile: it would begin with what is being replaced.
Report Process::reload(const std::function<void()>& checked) {
  Report report;
  ConfTransaction& transaction = conf_home_->transaction();
  if (transaction.block()) {
    report = read_and_apply(checked);
    transaction.unblock(!report.refused && report.items_in_all != 0);
  } else {
    report.errors.emplace_back(
        "a configuration transaction is open: conf-commit or conf-abort it first");
    report.refused = true;
    report.refusal = "too many transactions";  // knotd's words
  }
  if (report.refused) {
    for (const std::string& error : report.errors) {
      log::error(Category::kServer, "failed to load configuration, the former one stays, {}", error);
    }
  }
  tell_ready();
  (void)::malloc_trim(0);  // the configuration before may have had a million zones
  return report;
}

Report Process::read_and_apply(const std::function<void()>& checked) {
  const confdb::Source& source = conf_home_->source();
  log::info(Category::kServer, "reloading configuration {} '{}'",
            source.is_database() ? "database" : "file", source.path);
  auto loaded = conf_home_->load();
  if (!loaded) {
    Report report;
    report.errors.push_back(loaded.error());
    report.refused = true;
    return report;
  }
  log_notices(*loaded);
  checked();
  return reconfigure_->apply(std::make_shared<const config::Config>(std::move(*loaded)),
                             Cause::kReload);
}

void Process::reload_files() {
  const store::UpdateReport report = zones_->update(zones_->config(), store::Which::kChanged);
  log::info(Category::kServer, "zones reloaded, {} loaded, {} failed, {} unchanged", report.loaded,
            report.failed, report.unchanged);
  tell_ready();
}

// With the line that the service manager shows.
void Process::tell_ready() {
  const std::size_t configured = zones_->configured();
  const std::size_t served = zones_->served();
  keeper_->send(HandoverType::kReady,
                loading_ ? fmt::format("loading, {} of {} zones served", served, configured)
                         : fmt::format("serving {} of {} zones", served, configured));
}

// ---- Main thread ------------------------------------------------------------------------------

void Process::loop() {
  std::array<pollfd, 2> wanted{{{channel_fd_, POLLIN, 0}, {server_->poll_fd(), POLLIN, 0}}};
  while (!stop_) {
    beat();
    follow_configuration();
    waiting_->tell_progress();
    conf_home_->transaction().tick();
    statistics_->tick(zones_->config(), now_ms(), [this](const config::Statistics& settings) {
      return take_statistics(settings);
    });
    (void)::poll(wanted.data(), wanted.size(), kBeat_ms);
    if (wanted[0].revents != 0 && !receive()) break;
    server_->handle_events(now_ms());
  }
}

Statistics::Snapshot Process::take_statistics(const config::Statistics& settings) const {
  Statistics::Snapshot snapshot;
  snapshot.settings = settings;
  snapshot.config = zones_->config();
  const link::SettingText identity = store::make_settings(*snapshot.config).identity;
  snapshot.identity.assign(identity.bytes, identity.bytes + identity.length);
  if (auto counters = read_counters(*parts_)) snapshot.server = std::move(*counters);
  return snapshot;
}

// What of a new configuration the main thread itself uses.
void Process::follow_configuration() {
  const auto config = reconfigure_->current();
  if (followed_.lock() == config) return;
  followed_ = config;
  server_->set_timeout(std::uint64_t{config->control().timeout_s} * 1000);
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
    case HandoverType::kControlSocket:
      control_socket_ = message.text_view();
      return;
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
      if (!store_thread_) return;
      if ((message.flags & link::kZonesOnly) != 0) {
        store_thread_->post([this] { reload_files(); });
      } else {
        store_thread_->post_reload([this] { reload([] {}); });
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
