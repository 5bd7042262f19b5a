// The table of RR types: mnemonics, codes, generic forms.
#include "dns/rr_type.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace bowline::dns {
namespace {

struct Row {
  const char* mnemonic;
  unsigned code;
};
constexpr Row kRows[] = {
#define RR_TYPE(enumerator, mnemonic, code, ...) {mnemonic, code},
#include "dns/rr_type.def"
#undef RR_TYPE
};

TEST_CASE("mnemonics and codes go both ways, in either case", "[rr_type]") {
  std::set<unsigned> codes;
  for (const Row& row : kRows) {
    CAPTURE(row.mnemonic);
    codes.insert(row.code);
    const auto type = static_cast<RrType>(row.code);
    CHECK(to_text(type) == row.mnemonic);
    CHECK(mnemonic_of(type) == std::string_view(row.mnemonic));
    std::string lower = row.mnemonic;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    CHECK(rr_type_from_text(row.mnemonic) == type);
    CHECK(rr_type_from_text(lower) == type);
    CHECK(rr_type_from_text("TYPE" + std::to_string(row.code)) == type);
    CHECK_FALSE(rr_type_from_text(lower + "!"));
  }
  CHECK(codes.size() == std::size(kRows));
}

TEST_CASE("codes of the registry", "[rr_type]") {
  CHECK(code_of(RrType::kA) == 1);
  CHECK(code_of(RrType::kNsec3Param) == 51);
  CHECK(code_of(RrType::kHttps) == 65);
  CHECK(code_of(RrType::kDsync) == 66);
  CHECK(code_of(RrType::kCaa) == 257);
  CHECK(code_of(RrType::kWallet) == 262);
  CHECK(code_of(RrType::kDlv) == 32769);
}

TEST_CASE("every 16-bit type has a text that is read back", "[rr_type]") {
  for (unsigned code = 0; code <= 65535; ++code) {
    const auto type = static_cast<RrType>(code);
    if (rr_type_from_text(to_text(type)) != type) FAIL(code);
    if (rr_type_from_text("TYPE" + std::to_string(code)) != type) FAIL(code);
    if (fields_of(type).empty()) FAIL(code);
  }
}

TEST_CASE("what is no type is refused", "[rr_type]") {
  for (const char* text :
       {"", "X", "TYPE", "TYPE65536", "TYPE99999", "TYPE000001", "TYPE-1", "TYPE1x", "TYPE 1",
        "NSEC3PARAMS", "AAAAA", "IN", "*", "NSEC3PARA"}) {
    CAPTURE(text);
    CHECK_FALSE(rr_type_from_text(text));
  }
  CHECK_FALSE(rr_type_from_text(std::string_view("A\0", 2)));
  CHECK(to_text(static_cast<RrType>(54)) == "TYPE54");
}

TEST_CASE("meta types", "[rr_type]") {
  for (const RrType type : {RrType::kOpt, RrType::kTsig, RrType::kTkey, RrType::kAxfr,
                            RrType::kIxfr, RrType::kAny, RrType::kMaila, RrType::kNxname}) {
    CHECK(is_meta_type(type));
  }
  for (const RrType type : {RrType::kA, RrType::kRrsig, RrType::kUri, RrType::kTa,
                            static_cast<RrType>(127), static_cast<RrType>(256)}) {
    CHECK_FALSE(is_meta_type(type));
  }
}

TEST_CASE("has_names knows the types with names", "[rr_type]") {
  for (const RrType type : {RrType::kNs, RrType::kMx, RrType::kSoa, RrType::kA6, RrType::kHip,
                            RrType::kIpseckey, RrType::kAmtrelay, RrType::kSvcb, RrType::kRrsig,
                            RrType::kNsec, RrType::kLp, RrType::kDsync, RrType::kNaptr}) {
    CHECK(has_names(type));
  }
  for (const RrType type : {RrType::kA, RrType::kAaaa, RrType::kTxt, RrType::kDs, RrType::kNsec3,
                            RrType::kDnskey, RrType::kCaa, RrType::kDlv, RrType::kTsig,
                            static_cast<RrType>(65535)}) {
    CHECK_FALSE(has_names(type));
  }
}

}  // namespace
}  // namespace bowline::dns
