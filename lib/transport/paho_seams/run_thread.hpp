// SPDX-License-Identifier: Apache-2.0
// Who is Paho's receive thread: the other seams behave differently on it.
#pragma once

namespace mqfail {

bool is_receiver();

}  // namespace mqfail
