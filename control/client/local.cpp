#include "control/client/local.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "control/client/checker.h"
#include "control/confdb/local.h"
#include "control/config/schema.h"
#include "link/outcome.h"

namespace bowline::control::client {

namespace {

constexpr mode_t kExportMode = 0640;  // it holds keys

int finish(Printer& printer, const dns::Result<void>& done) {
  api::Json end = {{"ok", done.ok()}};
  if (!done) end["error"] = done.error();
  return printer.end(end) ? kDone : kFailed;
}

bool has_filter(const std::vector<std::string>& words, std::string_view filter) {
  return std::ranges::find(words, filter) != words.end();
}

// The arguments that are no filters.
std::vector<std::string> plain_arguments(const std::vector<std::string>& words) {
  std::vector<std::string> arguments(words.begin() + 1, words.end());
  std::erase_if(arguments, [](const std::string& word) { return word.starts_with('+'); });
  return arguments;
}

// Where a database is to be made or written: a file is none.
dns::Result<std::string> database_of(const Options& options, const std::string& command) {
  if (!options.config.empty()) {
    return dns::Error{
        fmt::format("{} works on a configuration database: name it with -C DIRECTORY "
                    "instead of -c {}",
                    command, options.config)};
  }
  return options.database.empty() ? std::string(confdb::kDefaultDatabase) : options.database;
}

dns::Result<void> check(const Options& options, Printer& printer) {
  const auto loaded = confdb::load(source_of(options));
  if (!loaded) return dns::Error{loaded.error()};
  if (!loaded->notices().empty()) printer.take({{"text", loaded->notices()}});
  return {};
}

dns::Result<void> init(const Options& options) {
  const auto path = database_of(options, "conf-init");
  if (!path) return dns::Error{path.error()};
  return confdb::init(*path, {.map_mib = options.max_database_mib, .force = options.force});
}

dns::Result<void> import(const Options& options, const std::vector<std::string>& words) {
  const auto path = database_of(options, "conf-import");
  if (!path) return dns::Error{path.error()};
  const auto files = plain_arguments(words);
  if (files.size() != 1) return dns::Error{"conf-import needs the name of one file"};
  const auto purge = has_filter(words, "+nopurge") ? confdb::Purge::kNo : confdb::Purge::kYes;
  return confdb::import(*path, files[0], purge,
                        {.map_mib = options.max_database_mib, .force = options.force});
}

// Writes all of `text` to a file that replaces what has that name only when it is whole.
class ExportFile {
 public:
  explicit ExportFile(std::string path) : path_(std::move(path)), fresh_(path_ + ".new") {
    fd_ = link::Fd(
        ::open(fresh_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kExportMode));
    if (!fd_) error_ = errno;
  }

  void write(std::string_view text) {
    while (error_ == 0 && !text.empty()) {
      const ssize_t written = ::write(fd_.get(), text.data(), text.size());
      if (written < 0 && errno != EINTR) error_ = errno;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  dns::Result<void> finish() {
    if (error_ == 0 && (::fsync(fd_.get()) != 0 || ::rename(fresh_.c_str(), path_.c_str()) != 0)) {
      error_ = errno;
    }
    if (error_ == 0) return {};
    if (fd_) (void)::unlink(fresh_.c_str());
    return dns::Error{fmt::format("cannot write {}: {}", path_, std::strerror(error_))};
  }

 private:
  const std::string path_;
  const std::string fresh_;
  link::Fd fd_;
  int error_ = 0;
};

dns::Result<void> write_export(const Options& options, bool schema,
                               const std::function<void(std::string_view)>& write) {
  if (!schema) return confdb::export_text(source_of(options), write);
  write(config::json_schema());
  return {};
}

dns::Result<void> export_to(const Options& options, const std::vector<std::string>& words,
                            bool& answered) {
  const bool schema = has_filter(words, "+schema");
  const auto files = plain_arguments(words);
  if (files.size() > 1) return dns::Error{"conf-export needs the name of one file, or none"};
  if (!files.empty()) {
    ExportFile file(files[0]);
    const auto done =
        write_export(options, schema, [&](std::string_view text) { file.write(text); });
    return done ? file.finish() : done;
  }
  std::string whole;
  const auto done = write_export(options, schema, [&](std::string_view text) { whole += text; });
  if (!done) return done;
  answered = true;
  const std::string shown =
      options.json && !schema ? api::Json({{"configuration", whole}})
                                        .dump(2, ' ', false, api::Json::error_handler_t::replace) +
                                    "\n"
                              : whole;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fflush(stdout);
  return {};
}

}  // namespace

confdb::Source source_of(const Options& options) {
  if (!options.database.empty()) return {confdb::Source::Kind::kDatabase, options.database};
  if (!options.config.empty()) return {confdb::Source::Kind::kFile, options.config};
  return confdb::default_source();
}

int run_local(const Options& options, const std::vector<std::string>& words, Printer& printer) {
  const std::string& command = words[0];
  if (command == "conf-check") return finish(printer, check(options, printer));
  if (command == "conf-init") return finish(printer, init(options));
  if (command == "conf-import") return finish(printer, import(options, words));
  if (command == "conf-export") {
    bool answered = false;
    const auto done = export_to(options, words, answered);
    return answered ? kDone : finish(printer, done);
  }
  if (command == "zone-check") return check_zones(options, words, printer);
  return finish(printer, dns::Error{"this bowlinec cannot do " + command});
}

}  // namespace bowline::control::client
