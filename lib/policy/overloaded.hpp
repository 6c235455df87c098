// SPDX-License-Identifier: Apache-2.0
// One lambda a word for std::visit, so that the compiler names the word that was forgotten.
#pragma once

namespace mqfail {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace mqfail
