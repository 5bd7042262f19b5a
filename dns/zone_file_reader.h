// ZoneFileReader: one reading of a zone file; the inside of zone_file.h.
//
// zone_file.cpp walks the files, zone_file_record.cpp makes records, zone_file_directives.cpp does
// what the $ lines say. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/rr_type.h"
#include "dns/token.h"
#include "dns/zone_file.h"
#include "dns/zone_generate.h"
#include "dns/zone_scanner.h"
#include "dns/zone_scanner_window.h"

namespace bowline::dns {

class ZoneFileReader {
 public:
  // REQUIRES: both outlive the reader.
  ZoneFileReader(const ZoneFileOptions& options, const ZoneRecordHandler& handler)
      : options_(options),
        handler_(handler),
        rdata_(std::make_unique_for_overwrite<std::uint8_t[]>(kMaxRdataSize)) {}

  // One of them, once.
  void read_file(const std::string& path);
  void read_text(std::string_view text, const std::string& name);

  ZoneFileResult take_result() { return std::move(result_); }

 private:
  // A name and, to spare reading it again, the text that it was made from.
  struct Owner {
    bool valid = false;
    std::uint8_t size = 0;
    std::uint8_t text_size = 0;  // 0: not kept
    std::array<std::uint8_t, kMaxNameSize> bytes;
    std::array<char, 255> text;

    NameView view() const { return {bytes.data(), size}; }
  };

  // A file being read. An included file starts with a copy of its parent's settings.
  struct File {
    explicit File(std::string file_name) : name(std::move(file_name)), scanner(window) {}

    // Empty, or the reason why it cannot be opened.
    std::string open();

    std::string name;
    std::string folder;  // where its $INCLUDE looks, with the slash; empty: the current directory
    unsigned depth = 0;
    ZoneWindow window;
    ZoneScanner scanner;
    Name origin;
    std::uint32_t ttl = 0;       // of records that state none
    bool has_ttl_line = false;   // `ttl` is from $TTL, and records leave it alone
    Owner owner;
  };

  // What stands between a record's owner and its rdata.
  struct Head {
    RrType type{};
    std::uint32_t ttl = 0;
    std::size_t next = 0;  // the token behind the type
  };

  struct Position {
    std::uint32_t line;
    std::uint32_t column;
  };

  // What a $GENERATE line says.
  struct Generate {
    GenerateRange range;
    std::string owner;
    std::string rdata;
    Head head;
    const Token* owner_token = nullptr;
    const Token* rdata_token = nullptr;
  };

  void start(File& file) const;
  void read(File& file);
  bool has_byte_order_mark(File& file);
  void report_progress(const File& file);
  void report_scan_fault(const File& file);

  void read_record(File& file);
  bool set_owner(File& file, const Token& token);
  // Fills `head`, or reports what is wrong.
  bool read_head(File& file, std::size_t next, Head& head);
  bool is_class(File& file, const Token& token, bool& fault);
  bool read_type(const File& file, const Token& token, Head& head);
  bool read_usual_rdata(RrType type, std::span<const Token> tokens, const File& file,
                        Bytes& rdata) const;
  bool read_rdata_text(RrType type, std::span<const Token> tokens, const File& file, Bytes& rdata,
                       TextError& error) const;
  void hand_on(const File& file, const Head& head, Bytes rdata, std::uint32_t line);

  void read_directive(File& file);
  void read_origin(File& file);
  void read_ttl(File& file);
  void read_include(File& file);
  void include(File& file, const Token& token, const Name& origin);
  bool may_include(const File& included) const;
  void read_generate(File& file);
  bool read_generate_line(File& file, Generate& line);
  bool join_rdata(const File& file, Generate& line);
  bool generate_step(File& file, const Generate& line, std::uint32_t value, ZoneWindow& window,
                     ZoneScanner& scanner);
  bool has_arguments(const File& file, std::size_t least, std::size_t most,
                     std::string_view expected);
  std::optional<Name> absolute_name(const File& file, const Token& token);

  void error(const File& file, Position position, std::string message);
  // "found 'text', expected ..."
  void unexpected(const File& file, const Token& token, std::string_view expected);
  void missing(const File& file, std::string_view expected);
  Position end_of_entry(const File& file) const;

  const ZoneFileOptions& options_;
  const ZoneRecordHandler& handler_;
  ZoneFileResult result_;
  std::unique_ptr<std::uint8_t[]> rdata_;  // of the present record
  const File* main_ = nullptr;             // while it is read
  unsigned included_ = 0;                  // files so far
  std::uint64_t reported_ = 0;             // octets, by the last progress report
  bool stopped_ = false;                   // by the handler, or by too many errors
};

}  // namespace bowline::dns
