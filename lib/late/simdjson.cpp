// SPDX-License-Identifier: Apache-2.0
// simdjson, loaded by the first document (trampoline.hpp). Its parser is in its header but for one
// function, simdjson::get_active_implementation(), which chooses the code for this processor.
#ifdef MQFAIL_LATE_SONAME
#include "late/trampoline.hpp"

MQFAIL_LATE_TRAMPOLINE(_ZN8simdjson25get_active_implementationEv)
#endif
