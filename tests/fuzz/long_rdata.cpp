// The long run of hardening 46: rdata of every type by the thousand million, made by cutting,
// changing and joining what was valid. Started by tests/fuzz/long.
//
// What check_rdata() accepts comes back from its text, its generic text and a message; what it
// refuses is refused by the reader of messages and printed in the generic form.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "dns/rdata.h"
#include "dns/rdata_walk.h"
#include "long.h"

namespace {

using namespace bowline::dns;
using bowline::test::Random;
using bowline::test::Run;

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kMaxSize = 600;     // of generated rdata: two long names fit
constexpr std::size_t kPoolSize = 64;     // valid rdata kept of each type
constexpr unsigned kTextEvery = 16;       // text is slow: every so many of the valid ones

// As the scanner of zone files cuts what rdata_to_text() prints.
std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    Token token;
    token.quoted = text[at] == '"';
    if (token.quoted) ++at;
    const std::size_t start = at;
    bool inside = token.quoted;
    for (; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        inside = !inside;
        if (token.quoted) break;
      } else if (!inside && text[at] == ' ') {
        break;
      }
    }
    at = std::min(at, text.size());
    token.text = text.substr(start, at - start);
    if (token.quoted) ++at;
    tokens.push_back(token);
  }
  return tokens;
}

bool comes_back_from_text(RrType type, const Octets& wire) {
  static Octets buffer(2 * kMaxRdataSize);
  const std::string text = rdata_to_text(type, wire);
  WireWriter out(buffer);
  TextError error;
  const std::vector<Token> tokens = tokens_of(text);
  if (!rdata_from_text(type, tokens, NameView(), out, error)) return false;
  const Bytes back = out.written();
  return std::equal(back.begin(), back.end(), wire.begin(), wire.end()) &&
         rdata_to_text(type, back) == text;
}

// From a message without compression the rdata comes as it is.
bool comes_back_from_message(RrType type, const Octets& wire, bool valid) {
  static Octets buffer(2 * kMaxRdataSize);
  WireReader reader(wire);
  WireWriter out(buffer);
  if (!read_rdata(type, reader, wire.size(), out)) return !valid;
  const Bytes back = out.written();
  // Octets that are no rdata as they stand may be with a pointer expanded.
  return check_rdata(type, back) &&
         (!valid || std::equal(back.begin(), back.end(), wire.begin(), wire.end()));
}

// One type, and rdata of it to start from.
struct Pool {
  RrType type;
  std::vector<Octets> valid;
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {
    for (unsigned code = 0; code <= 0xffff; ++code) {
      if (mnemonic_of(static_cast<RrType>(code))) pools_.push_back({static_cast<RrType>(code), {}});
    }
    pools_.push_back({static_cast<RrType>(65280), {}});
  }

  Pool& pick() { return pools_[random_.below(pools_.size())]; }
  std::size_t types() const { return pools_.size(); }
  std::size_t types_with_valid() const {
    return static_cast<std::size_t>(std::count_if(
        pools_.begin(), pools_.end(), [](const Pool& pool) { return !pool.valid.empty(); }));
  }

  void make(const Pool& pool, Octets& wire) {
    if (pool.valid.empty() || random_.below(32) == 0) {
      make_fields(pool.type, wire);
    } else {
      wire = pool.valid[random_.below(pool.valid.size())];
    }
    for (std::size_t changes = random_.below(4); changes > 0; --changes) change(pool, wire);
    if (wire.size() > kMaxSize) wire.resize(kMaxSize);
  }

  void keep(Pool& pool, const Octets& wire) {
    if (pool.valid.size() < kPoolSize) {
      pool.valid.push_back(wire);
    } else if (random_.below(64) == 0) {
      pool.valid[random_.below(kPoolSize)] = wire;
    }
  }

  bool chance(std::size_t one_in) { return random_.below(one_in) == 0; }

 private:
  // Plausible octets for each field, from the table: enough that every type gets valid rdata soon.
  void make_fields(RrType type, Octets& wire) {
    wire.clear();
    for (const Field field : fields_of(type)) {
      if (is_name_field(field)) {
        put_name(wire);
      } else {
        put_field(field, wire);
      }
    }
  }

  void put_field(Field field, Octets& wire) {
    std::array<std::uint8_t, 32> octets;
    for (unsigned tries = 0; tries < 8; ++tries) {
      const std::size_t size = random_.below(octets.size() + 1);
      for (std::size_t i = 0; i < size; ++i) octets[i] = octet();
      const auto used = measure_field(field, Bytes(octets).first(size));
      if (!used) continue;
      wire.insert(wire.end(), octets.begin(), octets.begin() + *used);
      return;
    }
  }

  void put_name(Octets& wire) {
    for (std::size_t labels = random_.below(4); labels > 0; --labels) {
      const std::size_t size = 1 + random_.below(chance(8) ? 63 : 4);
      wire.push_back(static_cast<std::uint8_t>(size));
      for (std::size_t i = 0; i < size; ++i) wire.push_back(octet());
    }
    wire.push_back(0);
  }

  // Small numbers are lengths, counts and types; the rest is anything.
  std::uint8_t octet() {
    const std::uint64_t value = random_.next();
    return static_cast<std::uint8_t>((value & 1) != 0 ? value >> 8 : value >> 8 & 7);
  }

  void change(const Pool& pool, Octets& wire) {
    const std::size_t at = random_.below(wire.size() + 1);
    switch (random_.below(6)) {
      case 0: wire.resize(at); return;
      case 1: wire.insert(wire.begin() + static_cast<std::ptrdiff_t>(at), octet()); return;
      case 2:
        if (at < wire.size()) wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      case 3:
        if (!pool.valid.empty()) {
          const Octets& other = pool.valid[random_.below(pool.valid.size())];
          const std::size_t from = random_.below(other.size() + 1);
          wire.resize(at);
          wire.insert(wire.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
        }
        return;
      default:
        if (at < wire.size()) wire[at] = octet();
        return;
    }
  }

  Random random_;
  std::vector<Pool> pools_;
};

bool is_sound(RrType type, const Octets& wire, bool valid, bool with_text) {
  if (!comes_back_from_message(type, wire, valid)) return false;
  if (!with_text) return true;
  return valid ? comes_back_from_text(type, wire)
               : rdata_to_text(type, wire).starts_with("\\# ");
}

void report(RrType type, const Octets& wire) {
  std::printf("rdata: no way back for %s of", to_text(type).c_str());
  for (const std::uint8_t octet : wire) std::printf(" %02x", octet);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const Run run("rdata", argc, argv);
  Mutator mutator(run.seed);
  Octets wire;
  std::uint64_t done = 0;
  std::uint64_t valid_count = 0;
  std::uint64_t faults = 0;
  for (; done < run.executions && faults < 10; ++done) {
    Pool& pool = mutator.pick();
    mutator.make(pool, wire);
    // Cut to its size, so that a sanitizer sees what reads over the end.
    wire.shrink_to_fit();
    const bool valid = check_rdata(pool.type, wire);
    if (!is_sound(pool.type, wire, valid, mutator.chance(kTextEvery))) {
      ++faults;
      report(pool.type, wire);
    }
    if (!valid) continue;
    ++valid_count;
    mutator.keep(pool, wire);
  }
  std::printf("rdata: %llu valid, of %zu of %zu types\n",
              static_cast<unsigned long long>(valid_count), mutator.types_with_valid(),
              mutator.types());
  return run.end(done, faults);
}
