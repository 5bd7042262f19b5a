#include "answer/chaos.h"

#include <array>
#include <string_view>

#include "answer/admit.h"
#include "answer/edns.h"
#include "answer/reply.h"

namespace bowline::answer {

namespace {

struct ChaosName {
  std::string_view wire;
  link::SettingText link::Settings::*text;
};

constexpr ChaosName kChaosNames[] = {
    {std::string_view("\2id\6server\0", 11), &link::Settings::identity},
    {std::string_view("\10hostname\4bind\0", 15), &link::Settings::identity},
    {std::string_view("\7version\6server\0", 16), &link::Settings::version},
    {std::string_view("\7version\4bind\0", 14), &link::Settings::version},
};

const link::SettingText* find_text(dns::NameView name, const link::Settings& settings) {
  for (const ChaosName& known : kChaosNames) {
    const auto* const octets = reinterpret_cast<const std::uint8_t*>(known.wire.data());
    if (name.equals({octets, known.wire.size()})) return &(settings.*known.text);
  }
  return nullptr;
}

}  // namespace

void answer_chaos(Query& query, const Sources& sources) {
  const dns::RrType type = query.facts.qtype;
  const link::SettingText* const text = find_text(query.name, *sources.settings);
  if (text == nullptr || text->length == 0 ||
      (type != dns::RrType::kTxt && type != dns::RrType::kAny)) {
    write_error(query, dns::Rcode::kRefused, sources, dns::ExtendedErrorCode::kNotSupported);
    return;
  }
  std::array<std::uint8_t, 1 + link::kMaxSettingText> rdata;
  dns::WireWriter writer(rdata);
  writer.u8(text->length);
  writer.bytes({text->bytes, text->length});

  [[gnu::uninitialized]] ReplyOptions options;
  dns::MessageBuilder builder({query.message, query.capacity}, query.facts.question_end,
                              query.limit, prepare_opt(query, sources, options));
  builder.begin(dns::Section::kAnswer);
  query.truncated = !builder.add(query.name, dns::RrType::kTxt,
                                 static_cast<std::uint16_t>(dns::RrClass::kCh), 0,
                                 writer.written());
  // Without AA, as Knot and NSD: there is no zone of this class to be authoritative for.
  std::uint16_t flags = reply_flags(query);
  if (query.truncated) flags |= dns::flag::kTc;
  finish_message(query, *sources.settings, options, builder, flags, dns::Rcode::kNoError);
}

}  // namespace bowline::answer
