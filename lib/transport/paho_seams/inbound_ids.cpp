// SPDX-License-Identifier: Apache-2.0
// Seam: a message of QoS 2 is looked up among those under way by its packet id.
// Shortfall (Paho 1.3.12): MQTTProtocol_handlePublishes and MQTTProtocol_handlePubrels search a
// list from its beginning, so a message costs the more, the more are under way: with 30,000 of them
// a subscriber takes 11,000 messages a second instead of 300,000.
// And a message that is sent again before its PUBREL is kept a second time and never freed.
// Mended: the wire knows which ids are in the list. A message that is there is not given to Paho
// again, and a search for another one finds nothing, at once. Paho keeps the order of arrival, so a
// PUBREL finds its message at the beginning.
// Unnecessary when: Paho keeps a table by packet id.
#include "transport/paho_seams/early_delivery.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"

extern "C" int messageIDCompare(void* message, void* id);  // Paho's
extern "C" void MQTTPacket_freePublish(void* packet);      // Paho's

namespace mqfail {
namespace {

// While Paho handles such a packet.
enum class Handling { nothing, publish, pubrel };
thread_local Handling t_handling = Handling::nothing;
thread_local PacketIdSet* t_ids = nullptr;

class Handled {
 public:
  Handled(Handling what, int fd) {
    Wire* const wire = find_wire(fd);
    if (wire == nullptr) return;
    t_handling = what;
    t_ids = &wire->received_ids();
  }
  ~Handled() { t_handling = Handling::nothing; }
  Handled(const Handled&) = delete;
  Handled& operator=(const Handled&) = delete;
};

}  // namespace
}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

int __wrap_MQTTProtocol_handlePublishes(void* packet, int fd) {
  const auto id = mqfail::deliver_at_publish(packet);
  mqfail::Wire* const wire = id ? mqfail::find_wire(fd) : nullptr;
  if (wire != nullptr && wire->received_ids().has(*id)) {
    MQTTPacket_freePublish(packet);
    wire->repeat_pubrec(*id);
    return 0;  // TCPSOCKET_COMPLETE
  }
  const mqfail::Handled handled(mqfail::Handling::publish, fd);
  return __real_MQTTProtocol_handlePublishes(packet, fd);
}

int __wrap_MQTTProtocol_handlePubrels(void* packet, int fd) {
  const mqfail::Handled handled(mqfail::Handling::pubrel, fd);
  return __real_MQTTProtocol_handlePubrels(packet, fd);
}

// Of a PUBLISH Paho asks before it puts the message into the list, of a PUBREL before it takes the
// message out.
void* __wrap_ListFindItem(void* list, void* content, int (*callback)(void*, void*)) {
  using mqfail::Handling;
  if (callback != messageIDCompare || mqfail::t_handling == Handling::nothing) {
    return __real_ListFindItem(list, content, callback);
  }
  const auto id = static_cast<std::uint16_t>(*static_cast<const int*>(content));
  const bool known = mqfail::t_ids->has(id);
  if (mqfail::t_handling == Handling::publish) {
    mqfail::t_ids->insert(id);
  } else {
    mqfail::t_ids->erase(id);
  }
  return known ? __real_ListFindItem(list, content, callback) : nullptr;
}
}
// NOLINTEND(bugprone-reserved-identifier)
