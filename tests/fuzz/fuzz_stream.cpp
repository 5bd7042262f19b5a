// Stream buffers: whatever pieces octets come and go in, messages are what they were, and nothing
// is kept once all is done. Needs: dataplane_dep.
//
// Each step takes an octet of the input: how much more of the rest "arrives", whether messages are
// taken, and how much of the replies "is sent". Each message taken is its own reply, which goes out
// in part before the rest is queued where nothing waits before it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dataplane/stream/connection.h"

namespace {

using namespace bowline;
using namespace bowline::dataplane;

void demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t steps = std::min<std::size_t>(size / 2, 64);
  const dns::Bytes choices(data, steps);
  dns::Bytes wire(data + steps, size - steps);
  const dns::Bytes whole = wire;
  RequestBuffer requests;
  ReplyQueue replies;
  std::vector<std::uint8_t> sent;
  std::size_t taken_octets = 0;
  unsigned finished = 0, taken = 0;
  for (std::size_t step = 0; step <= steps; ++step) {
    const bool last = step == steps;
    const std::uint8_t choice = last ? 0 : choices[step];
    const std::size_t count = last ? wire.size() : std::min<std::size_t>(wire.size(), choice & 63);
    dns::Bytes stream = requests.join(wire.first(count));
    wire = wire.subspan(count);
    dns::Bytes message;
    while ((last || (choice & 64) != 0) && take_message(stream, message)) {
      const std::size_t first = replies.empty() ? (choice & 7U) : 0;
      if (first == 0 || first > message.size()) {
        replies.append_message(message);
      } else {
        const dns::Bytes framed(message.data() - kLengthSize, kLengthSize + message.size());
        const dns::Bytes head = framed.first(first);
        sent.insert(sent.end(), head.begin(), head.end());
        replies.append(framed, first);
      }
      taken_octets += kLengthSize + message.size();
      ++taken;
    }
    requests.keep(stream);
    if ((choice & 128) != 0 && !last) continue;
    const dns::Bytes unsent = replies.unsent();
    const std::size_t goes = last ? unsent.size() : unsent.size() * (choice & 15U) / 15;
    sent.insert(sent.end(), unsent.begin(), unsent.begin() + static_cast<std::ptrdiff_t>(goes));
    finished += replies.advance(goes);
    demand(replies.messages() == taken - finished);
  }
  demand(finished == taken && replies.empty() && replies.size() == 0);
  demand(sent.size() == taken_octets && std::equal(sent.begin(), sent.end(), whole.begin()));
  demand(requests.size() == whole.size() - taken_octets);
  demand(replies.held() == 0 && (requests.held() == 0) == requests.empty());
  return 0;
}
