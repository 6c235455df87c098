// SPDX-License-Identifier: Apache-2.0
// simdjson, loaded by the first document (trampoline.hpp). Its parser is in its header but for one
// function, simdjson::get_active_implementation(), which chooses the code for this processor, and
// two, simdjson::internal::from_chars(), that a build without optimisation refers to.
#ifdef MQFAIL_LATE_SONAME
#include "late/trampoline.hpp"

MQFAIL_LATE_TRAMPOLINE(_ZN8simdjson25get_active_implementationEv)
MQFAIL_LATE_TRAMPOLINE(_ZN8simdjson8internal10from_charsEPKc)
MQFAIL_LATE_TRAMPOLINE(_ZN8simdjson8internal10from_charsEPKcS2_)
#endif
