#include "control/confdb/database.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "control/confdb/child.h"
#include "control/config/rows.h"
#include "control/config/visit.h"

namespace bowline::control::confdb {

namespace {

using config::Change;
using dns::Error;
using dns::Result;

constexpr mode_t kDirectoryMode = 0750;  // keys' secrets are in it
constexpr const char* kLockFile = "server.lock";

bool is_there(const std::string& path) {
  return ::access((path + "/" + kDataFile).c_str(), F_OK) == 0;
}

// One past the changes that belong to the entry of `first`.
std::size_t end_of_entry(const std::vector<Change>& changes, std::size_t first) {
  std::size_t end = first;
  while (end < changes.size() && changes[end].section == changes[first].section &&
         changes[end].id == changes[first].id) {
    ++end;
  }
  return end;
}

void set_item(Entry& entry, std::string_view item, const config::Setting& setting) {
  const auto found = std::ranges::find_if(
      entry.items, [&](const auto& one) { return one.first == item; });
  if (!setting.is_set) {
    if (found != entry.items.end()) entry.items.erase(found);
  } else if (found != entry.items.end()) {
    found->second = setting.values;
  } else {
    entry.items.emplace_back(item, setting.values);
  }
}

// Whether the entry stays, once the changes of it, from..to, are made.
bool edit_entry(Entry& entry, bool was_there, const std::vector<Change>& changes, std::size_t from,
                std::size_t to) {
  const bool was_empty = was_there && entry.items.empty();
  std::optional<bool> said;  // by a change of the entry or section itself
  for (std::size_t i = from; i < to; ++i) {
    const Change& change = changes[i];
    if (change.option == nullptr || change.is_entry()) {
      said = change.after.is_set;
    } else {
      set_item(entry, change.option->name, change.after);
    }
  }
  if (!entry.id.empty()) return said.value_or(was_there);
  return !entry.items.empty() || said.value_or(was_empty);
}

}  // namespace

// ---- Making and opening -----------------------------------------------------------------------

Result<void> Database::open_environment(const std::string& first_header) {
  environment_.reset();
  auto opened =
      Environment::open(path_, {options_.map_mib << 20, options_.read_only, first_header});
  if (!opened) return Error{opened.error()};
  environment_ = std::move(*opened);
  return {};
}

Result<std::unique_ptr<Database>> Database::create(const std::string& path,
                                                   const Options& options) {
  if (exists(path)) return Error{"configuration database " + path + " is there already"};
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    const int code = errno;
    if (code == ENOENT) {
      return Error{"cannot make " + path + ": the directory that it is to be in is not there"};
    }
    return Environment::explain(code, path, 0);
  }
  Options wanted = options;
  if (wanted.map_mib == 0) wanted.map_mib = kDefaultMap_MiB;
  std::unique_ptr<Database> database(new Database(path, wanted));
  auto done = database->open_environment(encode(kHeaderKey, Header{}));
  if (!done) return Error{done.error()};
  return database;
}

bool Database::exists(const std::string& path) {
  if (!is_there(path)) return false;
  const auto found = run_in_child(path, [&](const Sink& write) -> Result<void> {
    (void)write(Environment::exists(path) ? "yes" : "no");
    return {};
  });
  return !found || *found == "yes";  // a crash: damaged
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const Options& options) {
  if (!is_there(path)) return Environment::explain(errno, path, 0);
  std::unique_ptr<Database> database(new Database(path, options));
  if (auto done = database->open_environment(); !done) return Error{done.error()};
  const auto transaction = Transaction::begin(*database->environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  if (const auto found = database->header(*transaction); !found) return Error{found.error()};
  return database;
}

Error Database::damaged(const std::string& what) const {
  return {"configuration database " + path_ + " is damaged: " + what +
          ": put a copy back, or remove it and conf-import a file"};
}

Result<Header> Database::header(const Transaction& transaction) const {
  const auto value = transaction.get(environment_->header(), kHeaderKey);
  if (!value) return Error{value.error()};
  const auto found = *value ? decode_header(kHeaderKey, **value) : std::nullopt;
  if (!found) return damaged("its header");
  if (found->format > kFormat) {
    return Error{"configuration database " + path_ + " was made by a newer Bowline (format " +
                 std::to_string(found->format) + ", this one reads " + std::to_string(kFormat) +
                 "): export it there, then conf-import the file"};
  }
  return *found;
}

// ---- Reading ----------------------------------------------------------------------------------

Result<config::Config> Database::load(Part part, const config::LoadOptions& options) {
  const auto transaction = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  const auto found = header(*transaction);
  if (!found) return Error{found.error()};
  config::RowLoader rows("confdb:" + path_, options);
  std::string_view item;
  std::vector<std::string_view> values;
  EntryReader entry;
  auto walked = transaction->walk(
      environment_->entries(), [&](std::string_view key, std::string_view value) -> Result<void> {
        if (!entry.open(key, value)) return damaged("a record of section " +
                                                    std::string(key.substr(0, key.find('\0'))));
        if (part == Part::kWithoutZones && entry.section() == "zone") return {};
        rows.add_entry(entry.section(), entry.id());
        while (entry.next(item, values)) rows.add(entry.section(), entry.id(), item, values);
        if (!entry.ok()) return damaged(std::string(entry.section()) + "[" +
                                        std::string(entry.id()) + "]");
        return {};
      });
  if (!walked) return Error{walked.error()};
  auto config = rows.finish();
  if (config) number_ = found->number;
  return config;
}

Result<std::vector<Commit>> Database::commits() const {
  const auto transaction = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  std::vector<Commit> all;
  auto walked = transaction->walk(
      environment_->history(), [&](std::string_view key, std::string_view value) -> Result<void> {
        if (!key.ends_with('h')) return {};
        auto commit = decode_commit(key, value);
        if (!commit || commit->number == 0) return damaged("its history");
        all.push_back(std::move(*commit));
        return {};
      });
  if (!walked) return Error{walked.error()};
  return all;
}

Result<std::vector<Change>> Database::changes(std::uint64_t number) const {
  const auto transaction = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  const std::string head = history_key(number, 'h');
  const std::string key = history_key(number, 'd');
  const auto commit = transaction->get(environment_->history(), head);
  if (!commit) return Error{commit.error()};
  if (!*commit) return Error{"there is no commit " + std::to_string(number)};
  const auto value = transaction->get(environment_->history(), key);
  if (!value) return Error{value.error()};
  if (!*value) {
    return Error{"commit " + std::to_string(number) + " changed too much to be kept"};
  }
  auto changes = decode_changes(key, **value);
  if (!changes) return Error{"commit " + std::to_string(number) + ": " + changes.error()};
  return changes;
}

Result<std::optional<Unconfirmed>> Database::unconfirmed() const {
  const auto transaction = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!transaction) return Error{transaction.error()};
  const auto value = transaction->get(environment_->header(), kUnconfirmedKey);
  if (!value) return Error{value.error()};
  if (!*value) return std::optional<Unconfirmed>();
  const auto found = decode_unconfirmed(kUnconfirmedKey, **value);
  if (!found) return damaged("what waits for conf-confirm");
  return found;
}

// ---- Writing ----------------------------------------------------------------------------------

Result<void> Database::apply(Transaction& transaction, const std::vector<Change>& changes) {
  const MDB_dbi table = environment_->entries();
  for (std::size_t i = 0, end = 0; i < changes.size(); i = end) {
    end = end_of_entry(changes, i);
    const Change& first = changes[i];
    const auto key = entry_key(first.section->name, first.id);
    if (!key) return Error{key.error()};
    const auto value = transaction.get(table, *key);
    if (!value) return Error{value.error()};
    Entry entry{std::string(first.section->name), first.id, {}};
    if (*value) {
      auto decoded = decode_entry(*key, **value);
      if (!decoded) return damaged(entry.section + "[" + entry.id + "]");
      entry = std::move(*decoded);
    }
    const bool stays = edit_entry(entry, value->has_value(), changes, i, end);
    auto done = stays ? transaction.put(table, *key, encode(*key, entry))
                      : transaction.erase(table, *key);
    if (!done) return done;
  }
  return {};
}

Result<void> Database::write_history(Transaction& transaction, std::uint64_t number,
                                     const NewCommit& commit) {
  const std::string key = history_key(number, 'h');
  const std::string changes_key = history_key(number, 'd');
  const std::string changes = encode(changes_key, commit.changes);
  const bool fits = !commit.changes.empty() && changes.size() <= kMaxHistoryOctets;
  if (!fits && commit.confirm_by_s != 0) {
    return Error{"the transaction changes too much to be undone: commit it without --confirm"};
  }
  const Commit head{number, commit.time_s, commit.user,
                    commit.summary.empty() ? summarize(commit.changes) : commit.summary, fits};
  if (auto done = transaction.put(environment_->history(), key, encode(key, head)); !done) {
    return done;
  }
  if (fits) {
    auto done = transaction.put(environment_->history(), changes_key, changes);
    if (!done) return done;
  }
  return trim_history(transaction);
}

// The newest stay: as many as are kept, and whose changes fit.
Result<void> Database::trim_history(Transaction& transaction) {
  std::vector<std::pair<std::uint64_t, std::size_t>> octets;
  auto walked = transaction.walk(
      environment_->history(), [&](std::string_view key, std::string_view value) -> Result<void> {
        const std::uint64_t number = history_number(key);
        if (octets.empty() || octets.back().first != number) octets.emplace_back(number, 0);
        octets.back().second += value.size();
        return {};
      });
  if (!walked) return walked;
  std::size_t total = 0;
  std::size_t kept = 0;
  for (auto one = octets.rbegin(); one != octets.rend(); ++one) {
    total += one->second;
    if (kept == 0 || (kept < kCommitsKept && total <= kMaxHistoryOctets)) {
      ++kept;
      continue;
    }
    for (const char kind : {'h', 'd'}) {
      const std::string key = history_key(one->first, kind);
      auto done = transaction.erase(environment_->history(), key);
      if (!done) return done;
    }
  }
  return {};
}

Result<void> Database::finish(Transaction transaction, std::uint64_t number) {
  const Header header{kFormat, number};
  auto done = transaction.put(environment_->header(), kHeaderKey, encode(kHeaderKey, header));
  if (done) done = transaction.commit();
  if (done) {
    number_ = number;
    return {};
  }
  // LMDB may refuse to write any more, and what is on disk is what counts.
  const std::string why = done.error();
  { const Transaction gone = std::move(transaction); }
  if (auto again = open_environment(); !again) return Error{why + "; " + again.error()};
  const auto reading = Transaction::begin(*environment_, Transaction::Kind::kRead);
  if (!reading) return Error{why + "; " + reading.error()};
  const auto found = this->header(*reading);
  if (found && found->number == number && number_ != number) {
    number_ = number;  // it is there in spite of the error
    return {};
  }
  return Error{why};
}

Result<std::uint64_t> Database::write(const NewCommit& commit, const config::Config* replacement) {
  auto transaction = Transaction::begin(*environment_, Transaction::Kind::kWrite);
  if (!transaction) return Error{transaction.error()};
  const auto found = header(*transaction);
  if (!found) return Error{found.error()};
  if (number_ && *number_ != found->number) {
    return Error{"configuration database " + path_ +
                 " was changed by another program since it was read: reload first"};
  }
  const std::uint64_t number = found->number + 1;
  Result<void> done;
  if (replacement == nullptr) {
    done = apply(*transaction, commit.changes);
  } else {
    done = transaction->clear(environment_->entries());
    if (done) done = transaction->clear(environment_->history());
    if (done) done = write_all(*transaction, *replacement);
  }
  if (done) done = write_history(*transaction, number, commit);
  if (done) done = transaction->erase(environment_->header(), kUnconfirmedKey);
  if (done && commit.confirm_by_s != 0) {
    done = transaction->put(environment_->header(), kUnconfirmedKey,
                            encode(kUnconfirmedKey, Unconfirmed{number, commit.confirm_by_s}));
  }
  if (done) done = finish(std::move(*transaction), number);
  if (!done) return Error{done.error()};
  return number;
}

Result<std::uint64_t> Database::commit(const NewCommit& commit) { return write(commit, nullptr); }

Result<void> Database::replace(const config::Config& config, const NewCommit& commit) {
  auto written = write(commit, &config);
  if (!written) return Error{written.error()};
  return {};
}

Result<void> Database::write_all(Transaction& transaction, const config::Config& config) {
  Entry entry;
  Result<void> done;
  const auto flush = [&] {
    if (entry.section.empty()) return;
    const auto key = entry_key(entry.section, entry.id);
    if (!key) {
      done = Error{key.error()};
    } else {
      done = transaction.put(environment_->entries(), *key, encode(*key, entry));
    }
  };
  for (const config::Section& section : config::sections()) {
    // A section may be there without anything in it.
    if (!config::exists(config, section, {})) continue;
    bool has_something = false;
    config::visit(config, {&section, std::nullopt, nullptr},
                  [&](const config::Section&, std::string_view id, const config::Option& option,
                      const config::Setting& setting) {
                    if (!has_something || entry.id != id) {
                      flush();
                      entry = {std::string(section.name), std::string(id), {}};
                    }
                    has_something = true;
                    if (option.name != section.id) {
                      entry.items.emplace_back(option.name, setting.values);
                    }
                    return done.ok();
                  });
    if (!has_something) {
      flush();
      entry = {std::string(section.name), {}, {}};
    }
    if (!done) return done;
  }
  flush();
  return done;
}

Result<void> Database::confirm() {
  auto transaction = Transaction::begin(*environment_, Transaction::Kind::kWrite);
  if (!transaction) return Error{transaction.error()};
  const auto found = header(*transaction);
  if (!found) return Error{found.error()};
  if (auto done = transaction->erase(environment_->header(), kUnconfirmedKey); !done) return done;
  return finish(std::move(*transaction), found->number);
}

Result<bool> Database::settle() {
  const auto waiting = unconfirmed();
  if (!waiting) return Error{waiting.error()};
  if (!*waiting) {
    auto done = confirm();
    if (!done) return Error{done.error()};
    return false;
  }
  const std::uint64_t number = (*waiting)->number;
  auto changes = undo(*this, number - 1);
  if (!changes) return Error{changes.error()};
  auto undone = commit({std::move(*changes), "bowlined", ::time(nullptr), 0,
                        "commit " + std::to_string(number) +
                            " undone: it was not confirmed before the restart"});
  if (!undone) return Error{undone.error()};
  return true;
}

// ---- The lock ---------------------------------------------------------------------------------

Result<ServerLock> ServerLock::take(const std::string& path) {
  const std::string file = path + "/" + kLockFile;
  link::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return Environment::explain(errno, path, 0);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{"configuration database " + path +
                 " is used by a running server: change it there (conf-begin, conf-set, "
                 "conf-commit), or stop the server"};
  }
  return ServerLock(std::move(fd));
}

}  // namespace bowline::control::confdb
