// SPDX-License-Identifier: Apache-2.0
// The one error style of mqfail: a Result<T> is a value or an Error, no exception crosses a layer.
// An Error says what is wrong and, in its hint, what to do; its kind is its exit status.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace mqfail {

/// The closed set of ways to fail; the numbers are the exit statuses of product.md section 7.
enum class ErrorKind {
  usage = 64,          ///< the command line asks for something that cannot be
  data = 65,           ///< a document or an input value is invalid
  no_input = 66,       ///< a named file cannot be read
  unavailable = 69,    ///< gave up: no server
  internal = 70,       ///< a defect of mqfail
  cannot_create = 73,  ///< an output file cannot be made
  io = 74,             ///< output could not be written
  temporary = 75,      ///< try again: unsettled messages, a lock that stays taken
  denied = 77,         ///< every server refused the credentials
  configuration = 78,  ///< the configuration cannot be used, or a key file is too open
};

/// What went wrong (`message`, no full stop) and what to do about it (`hint`, may be empty).
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string hint;
};

/// A T or an Error. Reading the side that is not there is a defect (checked by assert).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: a T is a Result
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: so is an Error

  explicit operator bool() const { return state_.index() == 0; }
  T& value() { return *get(); }
  const T& value() const { return *get(); }
  T& operator*() { return *get(); }
  const T& operator*() const { return *get(); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }
  const Error& error() const {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  T* get() {
    assert(state_.index() == 0);
    return std::get_if<0>(&state_);
  }
  const T* get() const {
    assert(state_.index() == 0);
    return std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

/// The value of a Result that carries none.
struct Done {};

}  // namespace mqfail
