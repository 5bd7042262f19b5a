// One transaction on a configuration, between conf-begin and conf-commit.
//
// One thread at a time. The base is not touched: versions share what is equal, so that a draft of
// 10^6 zones costs what is edited. A call that fails leaves the draft as it was.
//
//   config::Draft draft(base);
//   if (auto set = draft.set("zone[example.com].storage", {"/srv"}); !set) ...   // one line
//   auto next = draft.finish();                                                  // lines
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/compare.h"
#include "control/config/config.h"
#include "dns/result.h"

namespace bowline::control::config {

class Draft {
 public:
  explicit Draft(Config base, const LoadOptions& options = {});
  ~Draft();
  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;

  // conf-set. "section[id]", or the identifying item ("zone.domain") with identifiers as values,
  // makes entries: an error if one is there. An item gets the value, of several the last; one that
  // takes several keeps those that it has and gets the new ones behind them, each once; an empty
  // value sets a list or a reference to nothing, if it has no other. "section.item" of a section
  // with entries acts on all of them. "include" with a path or pattern reads files into the draft:
  // what it sets in sections without entries is set, its entries must be new; a path that is not
  // absolute is relative to the working directory.
  dns::Result<void> set(std::string_view path, const std::vector<std::string>& values);

  // conf-unset. Removes everything (""), a section, an entry, an item, or of an item only the
  // values given, in whatever writing. An entry, item or value that is not there is an error, but
  // not for "section.item", which acts on all entries. "zone.domain" removes entries.
  dns::Result<void> unset(std::string_view path, const std::vector<std::string>& values);

  // Gives each item its `after`, whatever it is now; makes and removes entries.
  dns::Result<void> apply(const std::vector<Change>& changes);

  // The draft as it stands: each value is right by itself, the whole is not checked. What it
  // returns is a version of its own and stays as it is.
  Config current() const;

  // The draft, checked as a whole. Costs what the edits cost; REQUIRES that the base was checked.
  // The error has one line for each problem. The draft may be edited further.
  dns::Result<Config> finish() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace bowline::control::config
