// What the tests of control/store share: tables with a keeper that only takes messages, and zone
// files.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "control/store/tables.h"
#include "control/store/zone_store.h"

namespace bowline::control::store {

class TablesBench {
 public:
  TablesBench() : pair_(make_pair()), channel_(pair_.child.get(), 1) {
    auto made = Tables::create(channel_, pairing_, {false, false});
    REQUIRE(made);
    tables_ = std::move(*made);
    tables_->start_publisher({});
  }

  Tables& tables() { return *tables_; }
  Pairing& pairing() { return pairing_; }
  // What the keeper has been told since the last call.
  std::vector<link::HandoverMessage> told() {
    std::vector<link::HandoverMessage> messages;
    while (link::receive_handover(pair_.keeper.get(), received_) == link::Receive::kMessage) {
      messages.push_back(received_.message);
    }
    return messages;
  }

 private:
  static link::HandoverPair make_pair() {
    auto made = link::make_handover_pair();
    REQUIRE(made);
    return std::move(*made);
  }

  link::HandoverPair pair_;
  KeeperChannel channel_;
  Pairing pairing_;
  link::Received received_;
  std::unique_ptr<Tables> tables_;
};

// A folder that goes away, with zone files in it.
class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/bowline-store-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;

  const std::string& path() const { return path_; }
  // Written under another name first, so that the file is another one for sure.
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

 private:
  std::string path_;
};

inline std::string zone_text(unsigned serial, const std::string& more = {}) {
  return "@ 3600 SOA ns1 host " + std::to_string(serial) +
         " 7200 1800 1209600 300\n@ 3600 NS ns1\nns1 3600 A 192.0.2.1\n" + more;
}

inline dns::Name name(const std::string& text) {
  auto read = dns::Name::from_text(text);
  REQUIRE(read);
  return *read;
}

}  // namespace bowline::control::store
