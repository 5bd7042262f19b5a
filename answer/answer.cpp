// answer_burst() as production has it: without a probe. The stages are in burst.h.
#include "answer/burst.h"

namespace bowline::answer {

template void answer_burst(std::span<Query>, const Sources&, Scratch&, NoProbe);

void answer_burst(std::span<Query> queries, const Sources& sources, Scratch& scratch) {
  answer_burst(queries, sources, scratch, NoProbe());
}

}  // namespace bowline::answer
