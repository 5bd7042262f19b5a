// Response: what one request of a client gets back. The verbs write it, from any thread; the
// server's thread sends it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/api/protocol.h"
#include "link/outcome.h"

namespace bowline::control::api {

// What responses have written and the server has not fetched yet.
class Outbox {
 public:
  struct Item {
    std::uint64_t client;
    std::string frames;
    bool end;
  };

  Outbox();
  int wake_fd() const { return wake_.get(); }
  void put(Item item);
  std::vector<Item> take();

 private:
  link::Fd wake_;
  std::mutex mutex_;
  std::vector<Item> items_;
};

// What went wrong with a zone, or with the command as a whole, in the words of knotc where it has
// any: scripts look for them.
struct Failure {
  std::string zone;   // as the client named it; empty: not a matter of one zone
  std::string error;  // "no such zone found"
  std::string data;   // what else it is about, and what to do; may be empty
};

class Response {
 public:
  using Observer = std::function<void(const Failure&)>;

  // Writes the next part, called by the server's thread whenever the client has taken the one
  // before. False: that was all, and end() has been called.
  using Producer = std::function<bool(Response&)>;

  Response(std::shared_ptr<Outbox> outbox, std::uint64_t client)
      : outbox_(std::move(outbox)), client_(client) {}

  void row(const Json& columns) { put({{"row", columns}}, false); }
  // Of a further table of this answer, after the rows of the first.
  void row(const std::string& table, const Json& columns) {
    put({{"table", table}, {"row", columns}}, false);
  }
  // Says that there is such a table, in case it gets no rows.
  void table(const std::string& name) { put({{"table", name}}, false); }
  void text(const std::string& line) { put({{"text", line}}, false); }
  // How far a long command is: `done` of `total` (0: not known), counted in `what`. From any
  // thread; nothing after the end.
  void progress(std::uint64_t done, std::uint64_t total, const std::string& what) {
    put({{"progress", {{"done", done}, {"total", total}, {"what", what}}}}, false);
  }
  // Something went wrong and the command goes on; its end will not be ok.
  void failure(const Failure& failure);
  // Once, at last. An empty error is success, unless there were failures.
  void end(const std::string& error = {}) { end_with({{}, error, {}}); }
  // The end of a command that went wrong.
  void fail(const Failure& failure) { end_with(failure); }

  // For long answers. REQUIRES: within the verb's call, on the server's thread; nothing else
  // writes.
  void produce_with(Producer producer) { producer_ = std::move(producer); }
  Producer& producer() { return producer_; }

  // Told of each failure, that of the end included, on the thread that reports it.
  // REQUIRES: before anything is written.
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  void end_with(const Failure& failure);
  void put(const Json& content, bool end);

  std::shared_ptr<Outbox> outbox_;
  const std::uint64_t client_;
  std::mutex mutex_;
  bool ended_ = false;  // what comes later is dropped
  Producer producer_;
  Observer observer_;
  bool failed_ = false;
};

}  // namespace bowline::control::api
