// Served: zones in tables and the answers to questions about them, as text. For answer/'s tests.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answer/query.h"
#include "answer/scratch.h"

namespace bowline::answer::test {

using Lines = std::vector<std::string>;
using Message = std::vector<std::uint8_t>;

struct ZoneText {
  std::string apex;
  std::string text;  // empty: a placeholder, as control publishes a zone that it cannot load
  std::vector<zones::PlanStep> plan = {};
};

// What came of one request.
struct Result {
  Action action = Action::kContinue;
  link::Counter reason{};
  bool truncated = false;
  Message message;  // the reply, or the request with kAsk and kDrop
};

class Served {
 public:
  explicit Served(const std::vector<ZoneText>& zones, const link::Settings& settings = {});
  // The zones under zones/samples: example.test, signed.test, hashed.test.
  static Served samples(const link::Settings& settings = {});
  ~Served();
  Served(Served&&) noexcept;

  // What the kinds of the zones' query plans mean. They live as long as this does.
  void set_steps(std::span<const StepFunction> steps);

  // `question` is "name TYPE" and then any of: +do +edns=SIZE +version=N +nsid +option=CODE:HEX
  // +tcp +v6 +rd +cd +ad +class=N +id=N +max=OCTETS. The reply as lines: "RCODE flags", then
  // "answer ...", "authority ...", "additional ...", "opt ...".
  Lines ask(std::string_view question);
  Result ask_raw(std::string_view question);
  // `size_max` is what the transport carries.
  Result send(const Message& request, bool stream = false, std::uint32_t size_max = 65535);
  // All at once, as bursts of `size`.
  std::vector<Result> send_all(const std::vector<Message>& requests, std::size_t size);
  // The caller's own queries as one burst, for tests that ask millions of times.
  void answer(std::span<Query> queries);

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

// A question and the reply that it must have.
struct Case {
  const char* description;
  const char* question;
  Lines reply;
};
void check(Served& served, const std::vector<Case>& cases);

Message make_request(std::string_view question);
Lines to_lines(const Message& reply);
std::string read_file(const std::string& path);
// A file of zones/samples.
std::string sample(const std::string& file);

}  // namespace bowline::answer::test
