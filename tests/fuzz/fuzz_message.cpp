// Fuzzer of messages: the readers on any octets, and the builder on every message that they accept.
// Needs dns_dep.
#include <cstdlib>
#include <vector>

#include "dns/builder.h"
#include "dns/message.h"
#include "dns/rdata.h"

namespace {

using namespace bowline::dns;

#define CHECK(condition) \
  do {                   \
    if (!(condition)) std::abort(); \
  } while (false)

struct Record {
  MessageReader::Record head;
  std::vector<std::uint8_t> rdata;  // expanded
};

struct Message {
  Header header;
  std::vector<Record> records;
  bool is_whole = false;       // read to the end, and nothing left over
  bool is_expanded = false;    // and all rdata are well-formed
};

bool expand(Bytes bytes, Record& record) {
  // Names grow when they are expanded: room for more than the largest rdata allowed.
  static std::vector<std::uint8_t> room(2 * kMaxRdataSize);
  WireWriter out(room);
  WireReader reader(bytes, record.head.rdata_offset);
  const bool expanded = read_rdata(record.head.type, reader, record.head.rdata_size, out);
  CHECK(expanded == reader.ok());
  if (expanded) {
    CHECK(reader.position() == record.head.rdata_offset + record.head.rdata_size);
    CHECK(check_rdata(record.head.type, out.written()));
  }
  if (expanded) record.rdata.assign(out.written().begin(), out.written().end());
  return expanded && record.rdata.size() <= kMaxRdataSize;
}

Message read(Bytes bytes) {
  Message message;
  MessageReader reader(bytes);
  Record record{};
  while (reader.next(record.head)) {
    CHECK(record.head.rdata_offset + record.head.rdata_size <= bytes.size());
    CHECK(NameView::parse(record.head.owner.view().bytes())->size() == record.head.owner.size());
    message.records.push_back(record);
  }
  message.header = reader.header();
  message.is_whole = reader.at_end();
  CHECK(!message.is_whole || reader.ok());
  message.is_expanded = message.is_whole;
  for (Record& each : message.records) {
    if (!message.is_expanded) break;
    if (each.head.section == Section::kQuestion) continue;
    message.is_expanded = expand(bytes, each);
  }
  return message;
}

bool is_opt(const Record& record) { return record.head.type == RrType::kOpt; }

// What read_query() says of a message has to agree with what its records are.
void check_query(Bytes bytes, const Message& message) {
  QueryFacts facts;
  const QueryFault fault = read_query(bytes, facts);
  CHECK((fault == QueryFault::kTooShort) == (bytes.size() < kHeaderSize));
  CHECK(facts.question_end <= bytes.size() || bytes.size() < kHeaderSize);
  if (facts.has_edns) {
    unsigned options = 0;
    for_each_option(bytes, facts.edns, [&](EdnsOption, Bytes) { ++options; });
    CHECK(options == facts.edns.option_count && options <= kMaxEdnsOptions);
  }
  if (!message.is_whole) return;
  if (fault == QueryFault::kNone) {
    CHECK(message.header.qdcount == 1);
    std::size_t opts = 0;
    for (const Record& record : message.records) {
      if (record.head.section != Section::kQuestion && is_opt(record)) ++opts;
    }
    CHECK(opts == (facts.has_edns ? 1 : 0));
    const MessageReader::Record& question = message.records.front().head;
    CHECK(question.type == facts.qtype && question.rr_class == facts.qclass);
    CHECK(question.owner.size() == facts.qname_size);
    CHECK(question.rdata_offset == facts.question_end);
  } else {
    // The octets are well-formed records, so the fault is of another kind or TSIG's place.
    bool has_tsig = false;
    for (const Record& record : message.records) has_tsig |= record.head.type == RrType::kTsig;
    CHECK(fault != QueryFault::kRecords || has_tsig);
  }
}

void put_block(std::vector<std::uint8_t>& block, const Record& record) {
  block.resize(12 + record.rdata.size());
  store_u16(&block[0], 0xc00c);
  store_u16(&block[2], code_of(record.head.type));
  store_u16(&block[4], record.head.rr_class);
  store_u32(&block[6], record.head.ttl);
  store_u16(&block[10], static_cast<std::uint16_t>(record.rdata.size()));
  std::copy(record.rdata.begin(), record.rdata.end(), block.begin() + 12);
}

// Writes `message` again, as single records or as blocks. Gives how many records went in.
std::size_t build(const Message& message, bool as_blocks, std::size_t limit,
                  std::vector<std::uint8_t>& out) {
  out.assign(std::max(limit, kHeaderSize + kMaxNameSize + 4), 0xa5);
  std::size_t end = kHeaderSize;
  std::size_t first = 0;
  if (message.header.qdcount == 1) {
    const MessageReader::Record& question = message.records[first++].head;
    std::memcpy(&out[end], question.owner.data(), question.owner.size());
    end += question.owner.size();
    store_u16(&out[end], code_of(question.type));
    store_u16(&out[end + 2], question.rr_class);
    end += 4;
  }
  store_u16(&out[0], message.header.id);
  limit = std::max(limit, end);
  MessageBuilder builder(out, end, limit, 0);
  Section section = Section::kQuestion;
  std::size_t added = 0;
  std::vector<std::uint8_t> block;
  for (; first < message.records.size(); ++first, ++added) {
    const Record& record = message.records[first];
    const MessageReader::Record& head = record.head;
    if (head.section != section) builder.begin(section = head.section);
    put_block(block, record);
    const std::size_t before = builder.size();
    const bool fits = as_blocks
        ? builder.add_block(head.owner, false, block, 1)
        : builder.add(head.owner, head.type, head.rr_class, head.ttl, record.rdata);
    CHECK(builder.size() <= limit);
    if (fits) continue;
    CHECK(builder.size() == before);
    break;
  }
  out.resize(builder.finish(message.header.flags));
  return added;
}

void check_rebuilt(const Message& message, std::size_t limit) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> blocks;
  const std::size_t added = build(message, false, limit, bytes);
  CHECK(build(message, true, limit, blocks) == added && bytes == blocks);
  const Message again = read(bytes);
  CHECK(again.is_expanded && again.header.flags == message.header.flags);
  CHECK(again.records.size() == added + message.header.qdcount);
  for (std::size_t i = 0; i < again.records.size(); ++i) {
    const Record& a = message.records[i];
    const Record& b = again.records[i];
    CHECK(a.head.section == b.head.section && a.head.type == b.head.type);
    CHECK(a.head.rr_class == b.head.rr_class && a.head.ttl == b.head.ttl);
    CHECK(a.head.owner.equals(b.head.owner) && a.rdata == b.rdata);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxMessageSize) return 0;
  const Bytes bytes(data, size);
  const Message message = read(bytes);
  check_query(bytes, message);
  if (size >= kHeaderSize) {
    // As a request, whatever it was: most seeds are responses, which are refused at once.
    std::vector<std::uint8_t> request(data, data + size);
    request[2] &= 0x7f;
    check_query(request, message);
  }
  if (message.is_expanded && message.header.qdcount <= 1) {
    check_rebuilt(message, kMaxMessageSize);
    check_rebuilt(message, size);
    check_rebuilt(message, size / 2);
  }
  return 0;
}
