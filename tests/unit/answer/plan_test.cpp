// Query plans: steps of the tests, at each stage, and zones that have none.
#include <array>

#include <catch2/catch.hpp>

#include "answer/plan.h"
#include "served.h"

namespace bowline::answer::test {

namespace {

// A name that is not there has the TXT record "made up".
Outcome make_up(Reply& reply, Outcome outcome, std::uint32_t argument) {
  if (outcome != Outcome::kNoName) return outcome;
  constexpr std::uint8_t kText[] = {7, 'm', 'a', 'd', 'e', ' ', 'u', 'p'};
  reply.builder.add(reply.query.name, dns::RrType::kTxt, reply.query.facts.qclass, argument, kText);
  return Outcome::kAnswered;
}

Outcome refuse(Reply& reply, Outcome, std::uint32_t) {
  reply.rcode = dns::Rcode::kRefused;
  reply.authoritative = false;
  return Outcome::kAnswered;
}

Outcome drop(Reply& reply, Outcome, std::uint32_t) {
  reply.query.action = Action::kDrop;
  reply.query.reason = link::Counter::drop_by_control;
  return Outcome::kTaken;
}

Outcome ask(Reply& reply, Outcome, std::uint32_t) {
  reply.query.action = Action::kAsk;
  return Outcome::kTaken;
}

// What the steps of this kind were told, in order.
std::vector<std::pair<std::uint32_t, Outcome>> seen;

Outcome note(Reply&, Outcome outcome, std::uint32_t argument) {
  seen.emplace_back(argument, outcome);
  return outcome;
}

enum Kind : std::uint8_t { kMakeUp, kRefuse, kDrop, kAsk, kNote };
constexpr std::array<StepFunction, 5> kSteps = {make_up, refuse, drop, ask, note};

zones::PlanStep step(Stage stage, Kind kind, std::uint32_t argument = 0) {
  return {static_cast<std::uint8_t>(stage), kind, 0, argument};
}

const std::string kText = "@ SOA . . 1 2 3 4 5\na A 192.0.2.1\nb CNAME x.plain.\n";

Served served_with(std::vector<zones::PlanStep> plan) {
  Served served({ZoneText{"planned.", kText, std::move(plan)}, ZoneText{"plain.", kText}});
  served.set_steps(kSteps);
  return served;
}

}  // namespace

TEST_CASE("a step may answer what the zone does not") {
  Served served = served_with({step(Stage::kAnswer, kMakeUp, 77)});
  check(served, {
    {"a name that is not there", "x.planned. TXT",
     {"NOERROR aa", "answer x.planned. 77 TXT \"made up\""}},
    {"one that is", "a.planned. A", {"NOERROR aa", "answer a.planned. 3600 A 192.0.2.1"}},
    {"no type", "a.planned. TXT", {"NOERROR aa", "authority planned. 5 SOA ..."}},
    {"a zone without a plan", "x.plain. TXT", {"NXDOMAIN aa", "authority plain. 5 SOA ..."}},
    {"the plan of the question's zone counts, wherever an alias leads", "b.planned. A",
     {"NOERROR aa", "answer b.planned. 3600 CNAME x.plain.",
      "answer x.plain. 77 TXT \"made up\""}},
  });
}

TEST_CASE("a step may come before the zone's data, or decide alone") {
  Served refusing = served_with({step(Stage::kBefore, kRefuse)});
  CHECK(refusing.ask("a.planned. A") == Lines{"REFUSED"});
  CHECK(refusing.ask("a.plain. A") == Lines{"NOERROR aa", "answer a.plain. 3600 A 192.0.2.1"});

  Served asking = served_with({step(Stage::kBefore, kAsk), step(Stage::kBefore, kDrop)});
  const Result asked = asking.ask_raw("a.planned. A");
  CHECK(asked.action == Action::kAsk);
  CHECK(asked.message == make_request("a.planned. A"));

  for (const Stage stage : {Stage::kBefore, Stage::kAnswer, Stage::kAuthority, Stage::kAdditional,
                            Stage::kEnd}) {
    Served dropping = served_with({step(stage, kDrop), step(Stage::kEnd, kNote)});
    seen.clear();
    CHECK(dropping.ask("a.planned. A") == Lines{"dropped"});
    CHECK(seen.empty());
  }
}

TEST_CASE("the steps of a plan are taken stage by stage, each with its argument") {
  Served served = served_with({step(Stage::kEnd, kNote, 6), step(Stage::kAnswer, kNote, 2),
                               step(Stage::kAnswer, kMakeUp), step(Stage::kAnswer, kNote, 3),
                               step(Stage::kAdditional, kNote, 5), step(Stage::kBefore, kNote, 1),
                               step(Stage::kAuthority, kNote, 4)});
  seen.clear();
  served.ask("x.planned. A");
  const std::vector<std::pair<std::uint32_t, Outcome>> expected = {
      {1, Outcome::kOpen},     {2, Outcome::kNoName},   {3, Outcome::kAnswered},
      {4, Outcome::kAnswered}, {5, Outcome::kAnswered}, {6, Outcome::kAnswered}};
  CHECK(seen == expected);
}

}  // namespace bowline::answer::test
