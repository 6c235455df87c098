// SPDX-License-Identifier: Apache-2.0
// Seam: an answer is not dropped because the receive thread is told to stop.
// Shortfall (Paho 1.3.12): MQTTClient_run reads a packet, and then looks whether it is to stop. A
// connection that ends tells it so if no other is under way (MQTTClient_stop). If one has begun
// since, the CONNACK that was read for it is dropped, and it waits until its connect timeout. The
// packet is not freed, not even if its client has closed the socket meanwhile. Found by fuzzing.
// Mended: a client that gets CONNACK, SUBACK or UNSUBACK is woken (Thread_post_sem). A packet that
// has woken nobody is given again in the next round; if Paho does not ask for it then, its client
// is gone, and it is freed.
// Unnecessary when: Paho reads nothing once it is told to stop.
#include "transport/paho_seams/dropped_packet.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/wire/answer.hpp"

namespace mqfail {
namespace {

struct Answer {
  void* packet = nullptr;
  int fd = -1;
  bool offered = false;  // its descriptor was said to be ready
};

// Of the receive thread.
thread_local Answer t_read;  // in this round, and it has woken nobody yet
thread_local std::vector<Answer> t_dropped;

// Each of Paho's packets begins with its first byte.
PacketType type_of(const void* packet) {
  return static_cast<PacketType>(*static_cast<const unsigned char*>(packet) >> 4U);
}

bool is_answer(const void* packet) {
  const PacketType type = type_of(packet);
  return type == PacketType::connack || type == PacketType::suback || type == PacketType::unsuback;
}

void free_answer(void* packet) {
  switch (type_of(packet)) {
    case PacketType::connack:
      return MQTTPacket_freeConnack(packet);
    case PacketType::suback:
      return MQTTPacket_freeSuback(packet);
    default:
      return MQTTPacket_freeUnsuback(packet);
  }
}

void set_aside() {
  if (t_read.packet != nullptr) t_dropped.push_back(std::exchange(t_read, {}));
}

// The next one that was dropped and is for this connection.
bool take_dropped(int fd) {
  const auto found = std::find_if(t_dropped.begin(), t_dropped.end(),
                                  [fd](const Answer& one) { return one.fd == fd; });
  if (found == t_dropped.end()) return false;
  t_read = {found->packet, fd};
  t_dropped.erase(found);
  return true;
}

}  // namespace

int descriptor_with_dropped_packet() {
  set_aside();
  std::erase_if(t_dropped, [](const Answer& one) {
    if (one.offered) free_answer(one.packet);
    return one.offered;
  });
  if (t_dropped.empty()) return 0;
  t_dropped.front().offered = true;
  return t_dropped.front().fd;
}

}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

void* __wrap_MQTTPacket_Factory(int version, void* handles, int* result) {
  if (!mqfail::is_receive_thread()) return __real_MQTTPacket_Factory(version, handles, result);
  const int fd = *static_cast<const int*>(handles);  // networkHandles begins with it
  mqfail::set_aside();
  if (mqfail::take_dropped(fd)) {
    *result = 0;
    return mqfail::t_read.packet;
  }
  void* const packet = __real_MQTTPacket_Factory(version, handles, result);
  if (packet != nullptr && mqfail::is_answer(packet)) mqfail::t_read = {packet, fd};
  return packet;
}

int __wrap_Thread_post_sem(void* semaphore) {
  mqfail::t_read = {};
  return __real_Thread_post_sem(semaphore);
}
}
// NOLINTEND(bugprone-reserved-identifier)
