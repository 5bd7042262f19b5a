// Walking zone files: opening, entries in turn, errors and progress.
#include "dns/zone_file.h"

#include <cstring>

#include "dns/zone_file_reader.h"

namespace bowline::dns {
namespace {

constexpr std::size_t kMaxShown = 64;  // octets of the offending text in a message

std::string shown(const Token& token) {
  std::string text = token.quoted ? "\"" : "'";
  for (const char c : token.text.substr(0, kMaxShown)) text += c >= ' ' && c <= '~' ? c : '?';
  if (token.text.size() > kMaxShown) text += "...";
  text += text[0];
  return text;
}

}  // namespace

std::string ZoneFileError::to_text() const {
  if (line == 0) return file + ": " + message;
  return file + ':' + std::to_string(line) + ':' + std::to_string(column) + ": " + message;
}

ZoneFileResult read_zone_file(const std::string& path, const ZoneFileOptions& options,
                              const ZoneRecordHandler& handler) {
  ZoneFileReader reader(options, handler);
  reader.read_file(path);
  return reader.take_result();
}

ZoneFileResult read_zone_text(std::string_view text, const std::string& name,
                              const ZoneFileOptions& options, const ZoneRecordHandler& handler) {
  ZoneFileReader reader(options, handler);
  reader.read_text(text, name);
  return reader.take_result();
}

std::string ZoneFileReader::File::open() {
  folder = name.substr(0, name.rfind('/') + 1);  // npos + 1 is 0
  return window.open(name);
}

void ZoneFileReader::read_file(const std::string& path) {
  const auto file = std::make_unique<File>(path);
  const std::string reason = file->open();
  if (!reason.empty()) {
    error(*file, {0, 0}, "cannot be opened: " + reason);
    return;
  }
  start(*file);
  main_ = file.get();
  read(*file);
}

void ZoneFileReader::read_text(std::string_view text, const std::string& name) {
  const auto file = std::make_unique<File>(name);
  file->window.use(text);
  start(*file);
  main_ = file.get();
  read(*file);
}

void ZoneFileReader::start(File& file) const {
  file.origin = options_.origin;
  file.ttl = options_.default_ttl;
}

void ZoneFileReader::read(File& file) {
  file.scanner.restart();
  bool first = true;
  while (!stopped_ && file.scanner.next()) {
    if (first && has_byte_order_mark(file)) return;
    first = false;
    const Entry& entry = file.scanner.entry();
    if (entry.fault != ScanFault::kNone) {
      report_scan_fault(file);
    } else if (!entry.blank_start && !entry.tokens[0].quoted && entry.tokens[0].text[0] == '$') {
      read_directive(file);
    } else {
      read_record(file);
    }
    if (file.window.done() != reported_) report_progress(file);
  }
}

// Also tells UTF-16, which is not even ASCII.
bool ZoneFileReader::has_byte_order_mark(File& file) {
  const Entry& entry = file.scanner.entry();
  if (entry.tokens.empty() || entry.tokens[0].line != 1 || entry.tokens[0].column != 1) {
    return false;
  }
  const std::string_view text = entry.tokens[0].text;
  for (const std::string_view mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
    if (!text.starts_with(mark)) continue;
    error(file, {1, 1}, "found a byte order mark, expected plain text: save the file as ASCII or "
                        "as UTF-8 without the mark");
    return true;
  }
  return false;
}

void ZoneFileReader::report_progress(const File& file) {
  if (file.depth != 0) return;
  reported_ = file.window.done();
  if (options_.progress) options_.progress(reported_, std::max(reported_, file.window.size()));
}

void ZoneFileReader::report_scan_fault(const File& file) {
  const Entry& entry = file.scanner.entry();
  std::string message(to_text(entry.fault));
  if (entry.fault == ScanFault::kReadFailed) {
    message += std::string(": ") + std::strerror(file.window.error());
  }
  error(file, {entry.fault_line, entry.fault_column}, std::move(message));
}

void ZoneFileReader::error(const File& file, Position position, std::string message) {
  if (result_.errors.size() == kMaxZoneFileErrors) {
    result_.too_many_errors = true;
    stopped_ = true;
    return;
  }
  result_.errors.push_back({file.name, position.line, position.column, std::move(message)});
}

void ZoneFileReader::unexpected(const File& file, const Token& token, std::string_view expected) {
  error(file, {token.line, token.column},
        "found " + shown(token) + ", expected " + std::string(expected));
}

void ZoneFileReader::missing(const File& file, std::string_view expected) {
  error(file, end_of_entry(file), "found the end of the line, expected " + std::string(expected));
}

// Behind the last token, where a missing one should have been.
ZoneFileReader::Position ZoneFileReader::end_of_entry(const File& file) const {
  const Token& last = file.scanner.entry().tokens.back();
  const std::size_t size = last.text.size() + (last.quoted ? 2 : 0);
  return {last.line, last.column + static_cast<std::uint32_t>(size)};
}

}  // namespace bowline::dns
