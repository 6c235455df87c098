// SPDX-License-Identifier: Apache-2.0
// Paho's poll set belongs to its receive thread alone, and what that thread has read is not dropped
// when it is told to stop. What Paho's MQTTClient_run does is done here by hand, so that the other
// threads come in the moments that matter.
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "rig/wire.hpp"
#include "transport/paho_seams/dropped_packet.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/wire/wire.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

// Of Paho; the linker sends them through the seams.
extern "C" {
void Thread_start(void* (*function)(void*), void* argument);
int Thread_lock_mutex(void* mutex);
int Thread_unlock_mutex(void* mutex);
void Socket_outInitialize();
int Socket_addSocket(int fd);
int Socket_close(int fd);
int Socket_getReadySocket(int more_work, int timeout, void* mutex, int* result);
void* MQTTPacket_Factory(int version, void* handles, int* result);
int Thread_post_sem(void* semaphore);
void MQTTPacket_freeConnack(void* packet);
}

namespace {

pthread_mutex_t g_paho_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t g_socket_mutex = PTHREAD_MUTEX_INITIALIZER;
bool g_running = false;  // under g_paho_mutex, as Paho's

// Whether another thread could look at `running` now.
bool others_may_look() {
  return std::async(std::launch::async,
                    [] {
                      if (pthread_mutex_trylock(&g_paho_mutex) != 0) return false;
                      pthread_mutex_unlock(&g_paho_mutex);
                      return true;
                    })
      .get();
}

struct Run {
  std::function<void()> work;     // where Paho polls
  std::promise<bool> afterwards;  // whether others may look, once it has ended
};
std::atomic<Run*> g_next{nullptr};

// As MQTTClient_run, which ends when Paho tells it to.
void* run(void* /*argument*/) {
  Thread_lock_mutex(&g_paho_mutex);
  g_running = true;
  Run* next = nullptr;
  while (next == nullptr) {
    Thread_unlock_mutex(&g_paho_mutex);
    usleep(100'000);
    next = g_next.exchange(nullptr);
    if (next != nullptr) next->work();
    Thread_lock_mutex(&g_paho_mutex);
  }
  g_running = false;
  Thread_unlock_mutex(&g_paho_mutex);
  next->afterwards.set_value(others_may_look());
  delete next;
  return nullptr;
}

/// Has the receive thread do it, and end its run.
bool others_may_look_after(std::function<void()> work) {
  static const bool started = [] {
    Thread_start(run, nullptr);
    return true;
  }();
  BOOST_REQUIRE(started);
  auto next = std::make_unique<Run>();
  next->work = std::move(work);
  std::future<bool> afterwards = next->afterwards.get_future();
  g_next = next.release();
  wake_receiver();
  return afterwards.get();
}

// Once: Paho forgets the poll set that it had.
void make_poll_set() {
  static const bool made = [] {
    Socket_outInitialize();
    return true;
  }();
  BOOST_REQUIRE(made);
}

int ready_socket() {
  int result = 0;
  return Socket_getReadySocket(0, 10, &g_socket_mutex, &result);
}

}  // namespace

BOOST_AUTO_TEST_CASE(nobody_finds_paho_without_a_receive_thread_between_two_runs_of_it) {
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(!others_may_look_after([] {}));
    Thread_lock_mutex(&g_paho_mutex);  // the next run has let go of it
    BOOST_TEST(g_running);
    Thread_unlock_mutex(&g_paho_mutex);
  }
}

BOOST_AUTO_TEST_CASE(only_the_receive_thread_gets_into_the_poll_set_whatever_is_ready) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const auto wire = std::make_shared<Wire>(ends[0], 0s, false, WireCallbacks{});
  register_wire(wire);
  make_poll_set();
  BOOST_REQUIRE(Socket_addSocket(ends[0]) == 0);
  wire->kick(true);  // ready for whoever asks
  BOOST_TEST(ready_socket() == 0);
  int found = 0;
  bool may_look = false;
  others_may_look_after([&] {
    found = ready_socket();
    may_look = others_may_look();
  });
  BOOST_TEST(found == ends[0]);
  BOOST_TEST(may_look);
  Socket_close(ends[0]);
  close(ends[1]);
}

namespace {

/// A connection whose server has answered CONNECT, with a reason string of that size.
class Answered {
 public:
  explicit Answered(std::size_t reason) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    client_ = ends[0];
    server_ = ends[1];
    const auto wire = std::make_shared<Wire>(client_, 0s, false, WireCallbacks{});
    wire->speak(Protocol::mqtt5);
    register_wire(wire);
    const std::string answer = rig::encode_connack(
        5, 0, false, {{.id = rig::property::reason_string, .text = std::string(reason, 'r')}});
    BOOST_REQUIRE(write(server_, answer.data(), answer.size()) ==
                  static_cast<ssize_t>(answer.size()));
  }
  ~Answered() {
    forget_wire(client_);
    ::close(client_);
    ::close(server_);
  }
  Answered(const Answered&) = delete;
  Answered& operator=(const Answered&) = delete;

  int fd() const { return client_; }
  /// Paho reads a packet.
  void* read(int* result) {
    std::array<long long, 32> handles{};  // no TLS, no WebSocket
    *reinterpret_cast<int*>(handles.data()) = client_;
    *result = -1;
    return MQTTPacket_Factory(5, handles.data(), result);
  }

 private:
  int client_ = -1, server_ = -1;
};

// mallinfo2(3) knows one arena; the receive thread would have another one.
const int kOneArena = mallopt(M_ARENA_MAX, 1);

std::size_t in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_answer_that_is_read_when_the_thread_is_told_to_stop_is_given_again) {
  make_poll_set();
  Answered connection(300);
  sem_t client;
  BOOST_REQUIRE(sem_init(&client, 0, 0) == 0);
  void *first = nullptr, *again = nullptr;
  int result = 0, ready = 0, afterwards = -1;
  others_may_look_after([&] { first = connection.read(&result); });
  BOOST_REQUIRE(first != nullptr);
  others_may_look_after([&] {
    ready = ready_socket();
    again = connection.read(&result);
  });
  BOOST_TEST(ready == connection.fd());
  BOOST_TEST(result == 0);
  BOOST_TEST(again == first);
  others_may_look_after([&] {
    ready = ready_socket();
    again = connection.read(&result);
    Thread_post_sem(&client);
    afterwards = descriptor_with_dropped_packet();
  });
  BOOST_TEST(ready == connection.fd());
  BOOST_TEST(again == first);
  BOOST_TEST(afterwards == 0);
  BOOST_TEST(sem_trywait(&client) == 0);
  sem_destroy(&client);
  MQTTPacket_freeConnack(first);
}

BOOST_AUTO_TEST_CASE(an_answer_whose_client_is_gone_is_freed) {
  constexpr std::size_t kReason = 16'000;
  make_poll_set();
  std::size_t before = 0, after = 0;
  int given_again = 0, left = 0;
  others_may_look_after([&] {
    before = in_use();
    for (int i = 0; i < 100; ++i) {
      Answered connection(kReason);
      int result = 0;
      BOOST_REQUIRE(connection.read(&result) != nullptr);
      if (descriptor_with_dropped_packet() == connection.fd()) ++given_again;
      if (descriptor_with_dropped_packet() != 0) ++left;  // nobody has asked for it
    }
    after = in_use();
  });
  BOOST_TEST(given_again == 100);
  BOOST_TEST(left == 0);
  BOOST_TEST(after < before + 10 * kReason);
}
