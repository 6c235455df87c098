// SPDX-License-Identifier: Apache-2.0
#include "compatibility/tap.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>

namespace rig {
namespace {

std::string properties_of(const std::vector<Property>& properties) {
  std::string out = "{";
  for (const Property& one : properties) {
    if (out.size() > 1) out += ' ';
    out += std::to_string(one.id) + "=";
    if (!one.key.empty() || one.id == property::user) out += shown_bytes(one.key) + ":";
    out += one.text.empty() && one.id != property::user ? std::to_string(one.number)
                                                        : shown_bytes(one.text);
  }
  return out + "}";
}

std::string shown_connect(const Packet& packet) {
  const auto connect = parse_connect(packet);
  if (!connect) return "CONNECT malformed " + shown_bytes(packet.body);
  std::string out = "CONNECT version=" + std::to_string(connect->version) +
                    " clean=" + (connect->clean ? "1" : "0") +
                    " keepalive=" + std::to_string(connect->keepalive) + " " +
                    properties_of(connect->properties) + " id=" + shown_bytes(connect->client_id);
  if (connect->has_will) {
    out += " will=" + std::to_string(connect->will_flags) + " " + shown_bytes(connect->will_topic) +
           " " + shown_bytes(connect->will_payload) + " " + properties_of(connect->will_properties);
  }
  if (connect->user) out += " user=" + shown_bytes(*connect->user);
  if (connect->password) out += " password=" + shown_bytes(*connect->password);
  return out;
}

std::string shown_publish(const Packet& packet, int version) {
  const auto publish = parse_publish(packet, version);
  if (!publish) return "PUBLISH malformed " + shown_bytes(packet.body);
  return "PUBLISH qos=" + std::to_string(publish->qos) +
         " retain=" + (publish->retain ? "1" : "0") + " dup=" + (publish->dup ? "1" : "0") +
         " topic=" + shown_bytes(publish->topic) + " " + properties_of(publish->properties) +
         " payload=" + shown_bytes(publish->payload);
}

std::string shown_filters(const Packet& packet, int version) {
  const auto subscribe = parse_subscribe(packet, version);
  const std::string name = packet.type == Type::subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE";
  if (!subscribe) return name + " malformed " + shown_bytes(packet.body);
  std::string out = name + " " + properties_of(subscribe->properties);
  for (const Filter& one : subscribe->filters) {
    out += " " + shown_bytes(one.filter);
    if (packet.type == Type::subscribe) out += "/" + std::to_string(one.options);
  }
  return out;
}

}  // namespace

std::string shown_bytes(std::string_view bytes) {
  constexpr std::size_t kLongest = 200;
  std::string out;
  for (const char c : bytes.substr(0, kLongest)) {
    if (c > ' ' && c < 127 && c != '\\') {
      out += c;
    } else {
      std::array<char, 5> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(c));
      out += escaped.data();
    }
  }
  if (bytes.size() > kLongest) {
    out += "...(" + std::to_string(bytes.size()) + " bytes, " +
           std::to_string(std::hash<std::string_view>{}(bytes)) + ")";
  }
  return out;
}

std::string shown(const Packet& packet, int version) {
  switch (packet.type) {
    case Type::connect:
      return shown_connect(packet);
    case Type::publish:
      return shown_publish(packet, version);
    case Type::subscribe:
    case Type::unsubscribe:
      return shown_filters(packet, version);
    case Type::puback:
    case Type::pubrec:
    case Type::pubrel:
    case Type::pubcomp: {
      const auto answer = parse_acknowledgement(packet, version);
      return "ANSWER " + std::to_string(static_cast<int>(packet.type)) + " " +
             (answer ? std::to_string(answer->code) : "malformed");
    }
    case Type::disconnect:
      return "DISCONNECT " + shown_bytes(packet.body);
    default:
      return "PACKET " + std::to_string(static_cast<int>(packet.type)) + " " +
             shown_bytes(packet.body);
  }
}

Tap::Tap(std::uint16_t upstream) : upstream_(upstream), listener_(listen_on(0)) {
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

Tap::~Tap() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  waker_.wake();
  thread_.join();
}

void Tap::run() {
  while (true) {
    std::array<pollfd, 2> both{{{listener_.get(), POLLIN, 0}, {waker_.fd(), POLLIN, 0}}};
    ::poll(both.data(), both.size(), -1);
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      if ((both[0].revents & POLLIN) == 0) continue;
      serving_ = true;
    }
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) serve(std::move(client));
    const std::lock_guard lock(mutex_);
    serving_ = false;
    changed_.notify_all();
  }
}

void Tap::serve(Fd client) {
  const Fd server = connect_to(upstream_, 2s);
  if (!server) return;
  PacketReader reader;
  int version = 4;
  std::array<char, 65536> block{};
  bool from_client = true;
  while (from_client) {
    std::array<pollfd, 3> all{
        {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}, {waker_.fd(), POLLIN, 0}}};
    ::poll(all.data(), all.size(), -1);
    if (all[2].revents != 0) return;
    if (all[1].revents != 0) {
      const ssize_t got = ::read(server.get(), block.data(), block.size());
      if (got <= 0) ::shutdown(client.get(), SHUT_WR);
      if (got <= 0 && all[0].revents == 0) {
        all[0].events = POLLIN;
        ::poll(all.data(), 1, 2000);
        if (all[0].revents == 0) return;
      } else if (got > 0) {
        write_all(client.get(), {block.data(), static_cast<std::size_t>(got)});
      }
    }
    if (all[0].revents == 0) continue;
    const ssize_t got = ::read(client.get(), block.data(), block.size());
    from_client = got > 0;
    if (!from_client) continue;
    const std::string_view bytes(block.data(), static_cast<std::size_t>(got));
    reader.feed(bytes);
    while (const auto packet = reader.next()) {
      if (packet->type == Type::connect)
        version = parse_connect(*packet) ? parse_connect(*packet)->version : 4;
      const std::lock_guard lock(mutex_);
      if (packet->type != Type::pingreq) packets_.push_back(shown(*packet, version));
    }
    write_all(server.get(), bytes);
  }
}

std::vector<std::string> Tap::take() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 5s, [this] {
    pollfd waiting{listener_.get(), POLLIN, 0};
    return !serving_ && ::poll(&waiting, 1, 0) == 0;
  });
  return std::exchange(packets_, {});
}

}  // namespace rig
