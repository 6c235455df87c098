// SPDX-License-Identifier: Apache-2.0
// c-ares, loaded by the first look-up of SRV records (trampoline.hpp).
#ifdef MQFAIL_LATE_SONAME
#include "late/trampoline.hpp"

MQFAIL_LATE_TRAMPOLINE(ares_destroy)
MQFAIL_LATE_TRAMPOLINE(ares_getsock)
MQFAIL_LATE_TRAMPOLINE(ares_init_options)
MQFAIL_LATE_TRAMPOLINE(ares_library_init)
MQFAIL_LATE_TRAMPOLINE(ares_process_fd)
MQFAIL_LATE_TRAMPOLINE(ares_query)
MQFAIL_LATE_TRAMPOLINE(ares_set_servers_ports_csv)
MQFAIL_LATE_TRAMPOLINE(ares_strerror)
MQFAIL_LATE_TRAMPOLINE(ares_timeout)
#endif
