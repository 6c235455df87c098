// SPDX-License-Identifier: Apache-2.0
// A string that must not be seen: it is overwritten when it is destroyed, cannot be streamed, and
// is not written to the swap (mlock(2)) as far as the user's limit goes. Its text is read by
// reveal(), so that a grep finds every place that does.
#pragma once

#include <string.h>

#include <string>
#include <string_view>
#include <utility>

namespace mqfail {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) { keep_out_of_swap(); }
  explicit Secret(const char* text) : text_(text) { keep_out_of_swap(); }
  /// Overwrites `text`: moving a short string leaves its bytes behind.
  explicit Secret(std::string&& text) : text_(std::move(text)) {
    overwrite(text);
    keep_out_of_swap();
  }
  Secret(const Secret& other) : text_(other.text_) { keep_out_of_swap(); }
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
    other.wipe();
    keep_out_of_swap();
  }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
      keep_out_of_swap();
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
      keep_out_of_swap();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  /// Overwrites all that `text` has room for and leaves it empty: for the places where a secret
  /// passes through a plain string.
  static void overwrite(std::string& text) {
    // explicit_bzero: the compiler may not leave it out although the string is dying.
    text.resize(text.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): of a moved one, too
    explicit_bzero(text.data(), text.size());
    text.clear();
  }
  friend bool operator==(const Secret& a, const Secret& b) { return a.text_ == b.text_; }

 private:
  void wipe() { overwrite(text_); }
  void keep_out_of_swap() const;
  std::string text_;
};

}  // namespace mqfail
