#include "served.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <catch2/catch.hpp>

#include "dns/rdata.h"
#include "dns/zone_file.h"
#include "link/publish.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/placeholder.h"
#include "zones/publisher.h"

namespace bowline::answer::test {

namespace {

constexpr std::size_t kTableOctets = 256U << 20;
constexpr std::array<std::uint8_t, link::kHashSecretBytes> kSecret = {1, 2,  3,  4,  5,  6,  7, 8,
                                                                      9, 10, 11, 12, 13, 14, 15};

dns::Name name_of(std::string_view text) {
  const auto name = dns::Name::from_text(text);
  if (!name) throw std::runtime_error(name.error());
  return *name;
}

struct Request {
  std::string name;
  std::string type;
  bool edns = false, dnssec = false, stream = false, ipv6 = false;
  std::uint16_t rr_class = 1;
  std::uint8_t version = 0;
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0;
  std::uint16_t udp_size = 1232;
  std::uint32_t size_max = 65535;
  Message options;  // of OPT, encoded
};

// `text` is a code, and behind a colon the value in hexadecimal.
void add_option(const std::string& text, Message& options) {
  const std::size_t colon = text.find(':');
  const std::string hex = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::array<std::uint8_t, 4> head;
  dns::store_u16(&head[0], static_cast<std::uint16_t>(std::stoul(text)));
  dns::store_u16(&head[2], static_cast<std::uint16_t>(hex.size() / 2));
  options.insert(options.end(), head.begin(), head.end());
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    options.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
}

void apply(const std::string& word, unsigned long value, Request& request) {
  const std::string key = word.substr(0, word.find('='));
  if (key == "+do") request.edns = request.dnssec = true;
  if (key == "+edns" || key == "+nsid" || key == "+option") request.edns = true;
  if (key == "+edns") request.udp_size = static_cast<std::uint16_t>(value);
  if (key == "+version") request.version = static_cast<std::uint8_t>(value);
  if (key == "+max") request.size_max = static_cast<std::uint32_t>(value);
  if (key == "+class") request.rr_class = static_cast<std::uint16_t>(value);
  if (key == "+id") request.id = static_cast<std::uint16_t>(value);
  if (key == "+nsid") add_option("3", request.options);
  if (key == "+option") add_option(word.substr(word.find('=') + 1), request.options);
  if (key == "+tcp") request.stream = true;
  if (key == "+v6") request.ipv6 = true;
  if (key == "+rd") request.flags |= dns::flag::kRd;
  if (key == "+cd") request.flags |= dns::flag::kCd;
  if (key == "+ad") request.flags |= dns::flag::kAd;
}

Request parse(std::string_view question) {
  Request request;
  std::istringstream words{std::string(question)};
  words >> request.name >> request.type;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    apply(word, equals == std::string::npos ? 0 : std::stoul(word.substr(equals + 1)), request);
  }
  return request;
}

const char* rcode_text(unsigned rcode) {
  switch (rcode) {
    case 0: return "NOERROR";
    case 1: return "FORMERR";
    case 2: return "SERVFAIL";
    case 3: return "NXDOMAIN";
    case 4: return "NOTIMP";
    case 5: return "REFUSED";
    case 6: return "YXDOMAIN";
    case 16: return "BADVERS";
    default: return "RCODE?";
  }
}

std::string flags_text(std::uint16_t flags) {
  std::string text;
  const std::pair<std::uint16_t, const char*> names[] = {
      {dns::flag::kAa, " aa"}, {dns::flag::kTc, " tc"}, {dns::flag::kRd, " rd"},
      {dns::flag::kRa, " ra"}, {dns::flag::kZ, " z"},   {dns::flag::kAd, " ad"},
      {dns::flag::kCd, " cd"}};
  for (const auto& [bit, name] : names) {
    if ((flags & bit) != 0) text += name;
  }
  return text;
}

std::string opt_text(const dns::MessageReader::Record& record, dns::Bytes rdata) {
  std::string text = "opt " + std::to_string(record.rr_class);
  if ((record.ttl & 0x8000) != 0) text += " do";
  if ((record.ttl & 0xff0000) != 0) text += " version?";
  dns::WireReader options(rdata);
  while (options.remaining() >= 4) {
    const auto code = static_cast<dns::EdnsOption>(options.u16());
    const dns::Bytes value = options.bytes(options.u16());
    if (code == dns::EdnsOption::kExtendedError && value.size() == 2) {
      text += " ede=" + std::to_string(dns::load_u16(value.data()));
      continue;
    }
    text += " option" + std::to_string(static_cast<unsigned>(code)) + "=";
    for (const std::uint8_t octet : value) {
      constexpr char kDigits[] = "0123456789abcdef";
      if (code == dns::EdnsOption::kNsid) {
        text += static_cast<char>(octet);
      } else {
        text += {kDigits[octet >> 4], kDigits[octet & 15]};
      }
    }
  }
  return text;
}

std::string record_text(const dns::MessageReader::Record& record, dns::Bytes rdata) {
  std::string text = record.owner.to_text() + " " + std::to_string(record.ttl) + " " +
                     dns::to_text(record.type) + " ";
  switch (record.type) {
    case dns::RrType::kRrsig:  // the rest differs with each signing
      return text + dns::to_text(static_cast<dns::RrType>(dns::load_u16(rdata.data())));
    case dns::RrType::kSoa: return text + "...";
    case dns::RrType::kNsec3: return text + "...";
    default: text += dns::rdata_to_text(record.type, rdata);
  }
  return text.size() <= 70 ? text : text.substr(0, 67) + "...";
}

}  // namespace

void check(Served& served, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.description << ": " << one.question);
    CHECK(served.ask(one.question) == one.reply);
  }
}

Message make_request(std::string_view question) {
  const Request request = parse(question);
  Message message(1024);
  dns::WireWriter out(message);
  out.u16(request.id);
  out.u16(request.flags);
  out.u16(1);
  out.u32(0);
  out.u16(request.edns ? 1 : 0);
  out.bytes(name_of(request.name).view().bytes());
  out.u16(dns::code_of(dns::rr_type_from_text(request.type).value()));
  out.u16(request.rr_class);
  if (request.edns) {
    out.u8(0);
    out.u16(dns::code_of(dns::RrType::kOpt));
    out.u16(request.udp_size);
    out.u16(request.version);
    out.u16(request.dnssec ? 0x8000 : 0);
    out.u16(static_cast<std::uint16_t>(request.options.size()));
    out.bytes(request.options);
  }
  message.resize(out.size());
  return message;
}

Lines to_lines(const Message& reply) {
  dns::MessageReader reader(reply);
  unsigned rcode = reader.header().flags & dns::flag::kRcodeMask;
  Lines lines{""};
  dns::MessageReader::Record record;
  while (reader.next(record)) {
    if (record.section == dns::Section::kQuestion) continue;
    if (record.type == dns::RrType::kOpt) {
      rcode |= record.ttl >> 24 << 4;
      lines.push_back(
          opt_text(record, {reply.data() + record.rdata_offset, record.rdata_size}));
      continue;
    }
    std::array<std::uint8_t, dns::kMaxRdataSize> expanded;
    dns::WireWriter rdata(expanded);
    dns::WireReader at(reply, record.rdata_offset);
    if (!dns::read_rdata(record.type, at, record.rdata_size, rdata)) lines.push_back("bad rdata");
    const char* const section = record.section == dns::Section::kAnswer      ? "answer "
                                : record.section == dns::Section::kAuthority ? "authority "
                                                                             : "additional ";
    lines.push_back(section + record_text(record, rdata.written()));
  }
  if (!reader.ok() || !reader.at_end()) lines.push_back("malformed reply");
  lines[0] = rcode_text(rcode) + flags_text(reader.header().flags);
  return lines;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string sample(const std::string& file) { return read_file(SAMPLES_FOLDER "/" + file); }

// ---- Tables -----------------------------------------------------------------------------------

struct Served::Tables {
  explicit Tables(const link::Settings& settings)
      : memory(static_cast<std::byte*>(mmap(nullptr, kTableOctets, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))),
        heap(memory, [](unsigned index, std::size_t) { return index < kTableOctets >> 26; }),
        header(link::init_tables(memory, kTableOctets, 1, zones::kTablesLayout, kSecret)),
        publisher(heap, *header, settings, nullptr) {
    std::copy(kSecret.begin(), kSecret.end(), secret.bytes.begin());
  }
  ~Tables() { munmap(memory, kTableOctets); }

  Sources sources() const {
    const zones::View view = publisher.current();
    return {view, &secret, view.base.at<link::Settings>(view.root->settings), steps};
  }

  std::byte* memory;
  zones::Heap heap;
  link::TablesHeader* header;
  zones::Publisher publisher;
  dns::HashKey secret;
  std::span<const StepFunction> steps;
  Scratch scratch;
};

Served::Served(const std::vector<ZoneText>& zones, const link::Settings& settings)
    : tables_(std::make_unique<Tables>(settings)) {
  zones::Arena arena(tables_->heap);
  std::vector<zones::ZoneDraft> drafts;
  for (const ZoneText& zone : zones) {
    const dns::Name apex = name_of(zone.apex);
    if (zone.text.empty()) {
      auto held = zones::make_placeholder(arena, tables_->secret, apex);
      if (!held) throw std::runtime_error(held.error());
      drafts.push_back(std::move(*held));
      continue;
    }
    zones::ZoneBuilder builder(arena, tables_->secret, apex);
    builder.set_plan(zone.plan);
    dns::ZoneFileOptions options;
    options.origin = apex;
    const dns::ZoneFileResult read = dns::read_zone_text(
        zone.text, zone.apex, options, [&](const dns::ZoneRecord& record) {
          return builder.add(record.owner, record.type, record.ttl, record.rdata);
        });
    if (!read.ok()) throw std::runtime_error(read.errors.front().to_text());
    auto draft = builder.build();
    if (!draft) throw std::runtime_error(draft.error());
    drafts.push_back(std::move(*draft));
  }
  const auto published = tables_->publisher.publish(std::move(drafts));
  if (!published) throw std::runtime_error(published.error());
}

void Served::set_steps(std::span<const StepFunction> steps) { tables_->steps = steps; }

Served::~Served() = default;
Served::Served(Served&&) noexcept = default;

Served Served::samples(const link::Settings& settings) {
  std::vector<ZoneText> zones;
  for (const std::string apex : {"example.test", "signed.test", "hashed.test"}) {
    zones.push_back({apex + ".", sample(apex + ".zone")});
  }
  return Served(zones, settings);
}

namespace {

// A query whose buffer ends where its capacity does, so that a sanitizer sees what runs over.
struct Slot {
  Slot(const Message& request, std::uint32_t capacity) : buffer(capacity) {
    std::copy(request.begin(), request.end(), buffer.begin());
    query.message = buffer.data();
    query.size = static_cast<std::uint32_t>(request.size());
    query.capacity = capacity;
    query.size_max = capacity;
  }
  Result result() const {
    return {query.action, query.reason, query.truncated,
            Message(buffer.begin(), buffer.begin() + query.size)};
  }

  Message buffer;
  Query query;
};

}  // namespace

Result Served::send(const Message& request, bool stream, std::uint32_t size_max) {
  Slot slot(request, std::max<std::uint32_t>(size_max, static_cast<std::uint32_t>(request.size())));
  slot.query.stream = stream;
  slot.query.size_max = size_max;
  answer_burst({&slot.query, 1}, tables_->sources(), tables_->scratch);
  return slot.result();
}

std::vector<Result> Served::send_all(const std::vector<Message>& requests, std::size_t size) {
  std::vector<Result> results;
  std::vector<Query> queries(size);
  for (std::size_t at = 0; at < requests.size(); at += size) {
    std::vector<Slot> slots;
    for (std::size_t i = at; i < std::min(at + size, requests.size()); ++i) {
      slots.emplace_back(requests[i], 65535);
    }
    for (std::size_t i = 0; i < slots.size(); ++i) queries[i] = slots[i].query;
    answer_burst(std::span(queries).first(slots.size()), tables_->sources(), tables_->scratch);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      slots[i].query = queries[i];
      results.push_back(slots[i].result());
    }
  }
  return results;
}

void Served::answer(std::span<Query> queries) {
  answer_burst(queries, tables_->sources(), tables_->scratch);
}

Result Served::ask_raw(std::string_view question) {
  const Request request = parse(question);
  const Message message = make_request(question);
  Slot slot(message, std::max<std::uint32_t>(request.size_max, 512));
  slot.query.stream = request.stream;
  slot.query.ipv6 = request.ipv6;
  answer_burst({&slot.query, 1}, tables_->sources(), tables_->scratch);
  return slot.result();
}

Lines Served::ask(std::string_view question) {
  const Result result = ask_raw(question);
  switch (result.action) {
    case Action::kSend: return to_lines(result.message);
    case Action::kDrop: return {"dropped"};
    case Action::kAsk: return {"asked"};
    case Action::kContinue: break;
  }
  return {"undecided"};
}

}  // namespace bowline::answer::test
