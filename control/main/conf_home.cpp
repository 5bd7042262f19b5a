#include "control/main/conf_home.h"

#include "control/log/log.h"

namespace bowline::control {

using confdb::Database;
using dns::Error;
using dns::Result;

Result<std::unique_ptr<ConfHome>> ConfHome::open(std::string_view source) {
  auto parsed = confdb::parse_source(source);
  if (!parsed) return Error{parsed.error()};
  std::unique_ptr<ConfHome> home(new ConfHome(std::move(*parsed)));
  if (!home->source_.is_database()) return home;
  const std::string& path = home->source_.path;
  if (auto sound = Database::verify(path); !sound) return Error{sound.error()};
  auto lock = confdb::ServerLock::take(path);
  if (!lock) return Error{lock.error()};
  home->lock_ = std::move(*lock);
  auto database = Database::open(path, {});
  if (!database) return Error{database.error()};
  home->database_ = std::move(*database);
  const auto settled = home->database_->settle();
  if (!settled) return Error{settled.error()};
  if (*settled) {
    log::warning(log::Category::kControl,
                 "the newest configuration commit was not confirmed and has been undone");
  }
  return home;
}

Result<config::Config> ConfHome::load() {
  return database_ ? database_->load() : config::load_config(source_.path);
}

void ConfHome::serve(Parts parts, Waiting& waiting, Dispatch& dispatch) {
  confdb::History& history = database_ ? static_cast<confdb::History&>(*database_) : memory_;
  const auto current = parts.current;
  transaction_ = std::make_unique<ConfTransaction>(
      ConfTransaction::Parts{std::move(parts.current), std::move(parts.apply),
                             std::move(parts.post), std::move(parts.now_ms), history});
  verbs_ = std::make_unique<ConfVerbs>(
      ConfVerbs::Parts{*transaction_, history, current, waiting,
                       source_.is_database() ? std::string() : source_.path});
  verbs_->add_to(dispatch);
}

}  // namespace bowline::control
