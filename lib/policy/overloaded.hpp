// SPDX-License-Identifier: Apache-2.0
// One lambda for each alternative of std::visit. The compiler reports an alternative without one.
#pragma once

namespace mqfail {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace mqfail
