// Outcome<T>: a value, or the sentence that says what failed; and Fd, a descriptor that closes
// itself.
//
// For the set-up work of link/ (segments, descriptors) in any process; never on a packet's path.
// link includes nothing of ours, so it does not use dns::Result. Plain values, no thread rules.
#pragma once

#include <unistd.h>

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace bowline::link {

// What failed and what to do about it, in words for a person.
struct Failure {
  std::string message;
};

template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : value_(std::move(value)) {}
  Outcome(Failure failure) : failure_(std::move(failure)) {}

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() {
    assert(ok());
    return *value_;
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }

  // REQUIRES: !ok().
  const std::string& error() const {
    assert(!ok());
    return failure_.message;
  }

 private:
  std::optional<T> value_;
  Failure failure_;
};

// Owns one file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int descriptor) : descriptor_(descriptor) {}
  Fd(Fd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

  // Gives the descriptor to the caller, who closes it.
  int release() { return std::exchange(descriptor_, -1); }

  void reset() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace bowline::link
