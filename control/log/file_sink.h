// A log file that can be opened again after rotation.
//
// Private to this folder; any thread. spdlog's file sink would leave its descriptor open in the
// processes that the keeper starts.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

#include "control/log/log.h"
#include "dns/result.h"

namespace bowline::control::log {

class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static dns::Result<std::shared_ptr<FileSink>> open(const std::string& path, const Owner& owner);
  FileSink(std::string path, const Owner& owner, int file)
      : path_(std::move(path)), owner_(owner), file_(file) {}
  ~FileSink() override;

  // On an error the former file stays in use.
  dns::Result<void> reopen();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  const std::string path_;
  const Owner owner_;
  int file_;
};

}  // namespace bowline::control::log
