/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when there is no memory: the process says so and ends. Plain C, because a seam of
 * Paho is. */
#ifndef MQFAIL_BASE_OUT_OF_MEMORY_H
#define MQFAIL_BASE_OUT_OF_MEMORY_H

#ifdef __cplusplus
extern "C" {
#endif

/** Says so and ends the process with exit status 70, from any thread. Nothing can be saved without
 * memory: a spool keeps what is in it, and no message that was not written is acknowledged. */
__attribute__((noreturn)) void mqfail_out_of_memory(void);

/** How it is said: one line of text on standard error, in plain words. */
void mqfail_say_out_of_memory(void);
/** From now on by this function, which allocates nothing and may be called on any thread. */
void mqfail_say_out_of_memory_by(void (*say)(void));

#ifdef __cplusplus
}
#endif

#endif
