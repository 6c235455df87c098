// SPDX-License-Identifier: Apache-2.0
// The functions behind the seams: `--wrap=NAME` sends Paho's calls of NAME to __wrap_NAME and
// leaves the original as __real_NAME. The list in CMakeLists.txt is checked against the archive.
#pragma once

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {
int __real_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**);
int __real_socket(int, int, int);
int __real_connect(int, const sockaddr*, socklen_t);
int __real_close(int);
ssize_t __real_recv(int, void*, size_t, int);
ssize_t __real_writev(int, const iovec*, int);
int __real_poll(pollfd*, nfds_t, int);
int __real_usleep(useconds_t);
int __real_sem_trywait(sem_t*);
int __real_SSLSocket_initialize();
SSL_CTX* __real_SSL_CTX_new(const SSL_METHOD*);
void __real_SSL_SESSION_free(SSL_SESSION*);
SSL* __real_SSL_new(SSL_CTX*);
int __real_SSL_connect(SSL*);
int __real_SSL_read(SSL*, void*, int);
int __real_SSL_write(SSL*, const void*, int);
int __real_SSL_pending(const SSL*);
int __real_SSL_get_error(const SSL*, int);
int __real_SSL_shutdown(SSL*);
int __real_Socket_getReadySocket(int, int, void*, int*);
int __real_Thread_lock_mutex(void*);
int __real_Thread_unlock_mutex(void*);
int __real_MQTTProtocol_handlePingresps(void*, int);
int __real_MQTTProtocol_handlePublishes(void*, int);
int __real_MQTTProtocol_handlePubrels(void*, int);
void* __real_ListFindItem(void*, void*, int (*)(void*, void*));
void* __real_MQTTPacket_connack(int, unsigned char, char*, size_t);
void* __real_MQTTPacket_Factory(int, void*, int*);
int __real_Thread_post_sem(void*);
// Not wrapped.
void MQTTPacket_freeConnack(void*);
void MQTTPacket_freeSuback(void*);
void MQTTPacket_freeUnsuback(void*);
}
// NOLINTEND(bugprone-reserved-identifier)
