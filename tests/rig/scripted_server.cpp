// SPDX-License-Identifier: Apache-2.0
#include "rig/scripted_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rig {

ScriptedServer::ScriptedServer(Script script, std::uint16_t port)
    : script_(std::move(script)), listener_(listen_on(port)) {
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  waker_.wake();
  thread_.join();
}

void ScriptedServer::change(const std::function<void(Script&)>& edit) {
  const std::lock_guard lock(mutex_);
  edit(script_);
  if (script_.read)
    for (Connection& connection : connections_) connection.stopped = false;
  waker_.wake();
}

void ScriptedServer::publish(const Publish& publish) {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) {
    if (!connection.subscribed || !connection.fd) continue;
    if (script_.most_queued != 0 && connection.out.size() > script_.most_queued) {
      ++dropped_;
      continue;
    }
    Publish copy = publish;
    if (copy.qos > 0 && copy.id == 0) {
      copy.id = connection.next_id;
      connection.next_id =
          connection.next_id == 65535 ? 1 : static_cast<std::uint16_t>(connection.next_id + 1);
    }
    if (copy.qos > 0) connection.sent[copy.id] = copy;
    send(connection, encode(copy, connection.version));
  }
  waker_.wake();
}

void ScriptedServer::send_raw(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) send(connection, bytes);
  waker_.wake();
}

void ScriptedServer::disconnect_all(int code, const std::vector<Property>& properties) {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) {
    if (connection.version == 5) send(connection, encode_disconnect(5, code, properties));
    connection.close_when_sent = true;
  }
  waker_.wake();
}

void ScriptedServer::close_all() {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) end(connection, false);
  waker_.wake();
}

void ScriptedServer::send_and_close(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) {
    send(connection, bytes);
    connection.close_when_sent = true;
  }
  waker_.wake();
}

void ScriptedServer::reset_all() {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) end(connection, true);
  waker_.wake();
}

void ScriptedServer::refuse() {
  const std::lock_guard lock(mutex_);
  stop_listening(listener_);
  for (Connection& connection : connections_) end(connection, true);
  waker_.wake();
}

void ScriptedServer::accept() {
  const std::lock_guard lock(mutex_);
  if (!listener_) listener_ = listen_on(port_);
  waker_.wake();
}

std::vector<Seen> ScriptedServer::log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::vector<Seen> ScriptedServer::log(What what) {
  const std::lock_guard lock(mutex_);
  std::vector<Seen> result;
  std::copy_if(log_.begin(), log_.end(), std::back_inserter(result),
               [what](const Seen& seen) { return seen.what == what; });
  return result;
}

void ScriptedServer::forget() {
  const std::lock_guard lock(mutex_);
  log_.clear();
}

std::size_t ScriptedServer::count(What what) {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      log_.begin(), log_.end(), [what](const Seen& seen) { return seen.what == what; }));
}

std::size_t ScriptedServer::dropped() {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::size_t ScriptedServer::tcp_connections() {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool ScriptedServer::wait_until(const std::function<bool(const std::vector<Seen>&)>& pleases,
                                milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, Clock::now() + patience, [&] { return pleases(log_); });
}

bool ScriptedServer::wait_for(What what, std::size_t count, milliseconds patience) {
  return wait_until(
      [&](const std::vector<Seen>& log) {
        return static_cast<std::size_t>(
                   std::count_if(log.begin(), log.end(),
                                 [what](const Seen& seen) { return seen.what == what; })) >= count;
      },
      patience);
}

void ScriptedServer::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> fds{{waker_.fd(), POLLIN, 0}};
    if (listener_) fds.push_back({listener_.get(), POLLIN, 0});
    for (const Connection& connection : connections_) {
      const bool read = script_.read && !connection.stopped;
      fds.push_back(
          {connection.fd.get(),
           static_cast<short>((read ? POLLIN : 0) | (connection.out.empty() ? 0 : POLLOUT)), 0});
    }
    int patience = -1;
    if (!due_.empty()) {
      const auto left =
          std::chrono::duration_cast<milliseconds>(due_.front().at - Clock::now()).count();
      patience = static_cast<int>(std::max<long>(0, left + 1));
    }
    lock.unlock();
    ::poll(fds.data(), fds.size(), patience);
    lock.lock();
    waker_.drain();

    while (!due_.empty() && due_.front().at <= Clock::now()) {
      Due due = std::move(due_.front());
      due_.pop_front();
      if (Connection* connection = find(due.connection)) {
        send(*connection, due.bytes);
        if (due.settles) {
          Seen seen{What::acknowledged, Clock::now(), due.connection};
          seen.publish = std::move(*due.settles);
          note(std::move(seen));
        }
      }
    }
    if (listener_) accept_waiting();
    for (Connection& connection : connections_) {
      if (connection.fd && script_.read && !connection.stopped) receive(connection);
      if (connection.fd) flush(connection);
    }
    connections_.remove_if([](const Connection& connection) { return !connection.fd; });
  }
}

void ScriptedServer::note(Seen seen) {
  log_.push_back(std::move(seen));
  changed_.notify_all();
}

void ScriptedServer::accept_waiting() {
  for (;;) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.emplace_back();
    connections_.back().number = ++last_number_;
    connections_.back().fd = std::move(fd);
    ++accepted_;
    changed_.notify_all();
  }
}

void ScriptedServer::receive(Connection& connection) {
  std::string chunk(65536, '\0');
  const ssize_t n = ::read(connection.fd.get(), chunk.data(), chunk.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    end(connection, false);
    return;
  }
  connection.reader.feed(std::string_view(chunk).substr(0, static_cast<std::size_t>(n)));
  while (connection.fd && !connection.stopped) {
    const auto packet = connection.reader.next();
    if (!packet) break;
    handle(connection, *packet);
  }
  if (connection.reader.malformed()) note({What::malformed, Clock::now(), connection.number});
}

void ScriptedServer::handle(Connection& connection, const Packet& packet) {
  Seen seen{What::malformed, Clock::now(), connection.number};
  switch (packet.type) {
    case Type::connect:
      handle_connect(connection, packet);
      return;
    case Type::publish:
      handle_publish(connection, packet);
      return;
    case Type::subscribe:
    case Type::unsubscribe: {
      const auto subscribe = parse_subscribe(packet, connection.version);
      if (!subscribe) break;
      seen.what = packet.type == Type::subscribe ? What::subscribe : What::unsubscribe;
      seen.subscribe = *subscribe;
      std::vector<int> codes;
      for (const Filter& filter : subscribe->filters)
        codes.push_back(script_.suback ? script_.suback(filter.filter, filter.qos())
                                       : filter.qos());
      if (packet.type == Type::subscribe) {
        if (script_.suback_codes != 0) codes.resize(script_.suback_codes, 0);
        if (script_.suback_bytes) {
          std::string answer = *script_.suback_bytes;
          const std::string id{static_cast<char>(subscribe->id >> 8),
                               static_cast<char>(subscribe->id & 0xFF)};
          if (const auto at = answer.find("ID"); at != std::string::npos) answer.replace(at, 2, id);
          send(connection, answer);
        } else if (script_.answer_subscribe) {
          send(connection, encode_suback(connection.version, subscribe->id, codes));
        }
        connection.subscribed = true;
      } else {
        std::string answer = encode_suback(
            connection.version, subscribe->id,
            connection.version == 5 ? script_.unsuback.value_or(std::vector<int>(codes.size(), 0))
                                    : std::vector<int>());
        answer[0] = static_cast<char>(static_cast<int>(Type::unsuback) << 4);
        send(connection, answer);
      }
      note(std::move(seen));
      return;
    }
    case Type::puback:
    case Type::pubrec:
    case Type::pubrel:
    case Type::pubcomp: {
      const auto ack = parse_acknowledgement(packet, connection.version);
      if (!ack) break;
      seen.what = What::ack;
      seen.type = packet.type;
      seen.ack = *ack;
      if (packet.type != Type::pubrel)
        if (const auto ours = connection.sent.find(ack->id); ours != connection.sent.end())
          seen.publish = ours->second;
      note(std::move(seen));
      if (packet.type == Type::pubrec)
        send(connection, encode_acknowledgement(Type::pubrel, connection.version, ack->id, 0));
      if (packet.type == Type::pubrel) {
        const auto found = connection.qos2.find(ack->id);
        if (found != connection.qos2.end()) {
          const Publish publish = found->second;
          connection.qos2.erase(found);
          if (script_.pubcomp) acknowledge(connection, publish, Type::pubcomp, 0);
        } else {
          send(connection, encode_acknowledgement(Type::pubcomp, connection.version, ack->id,
                                                  connection.version == 5 ? 0x92 : 0));
        }
      }
      return;
    }
    case Type::pingreq:
      seen.what = What::ping;
      note(std::move(seen));
      if (script_.answer_ping) send(connection, encode(Type::pingresp, 0, {}));
      return;
    case Type::disconnect:
      seen.what = What::disconnect;
      if (!packet.body.empty()) seen.ack.code = static_cast<unsigned char>(packet.body[0]);
      note(std::move(seen));
      return;
    default:
      break;
  }
  note(std::move(seen));
  end(connection, false);
}

void ScriptedServer::handle_connect(Connection& connection, const Packet& packet) {
  Seen seen{What::connect, Clock::now(), connection.number};
  const auto connect = parse_connect(packet);
  if (!connect) {
    seen.what = What::malformed;
    note(std::move(seen));
    end(connection, false);
    return;
  }
  connection.version = connect->version;
  seen.connect = *connect;
  note(std::move(seen));
  if (script_.close_v5 && connect->version == 5) {
    end(connection, false);
    return;
  }
  if (!script_.connack) return;
  if (!script_.garbage.empty()) {
    send(connection, script_.garbage);
    return;
  }
  int code = connect->version == 5 ? script_.connack_v5 : script_.connack_v3;
  if ((script_.user && connect->user != script_.user) ||
      (script_.password && connect->password != script_.password))
    code = connect->version == 5 ? 0x86 : 4;
  std::string connack = encode_connack(connect->version, code, code == 0 && script_.session_present,
                                       script_.connack_properties);
  if (code == 0 && script_.connack_delay > 0ms) {
    due_.push_back(
        {Clock::now() + script_.connack_delay, connection.number, std::move(connack), {}});
  } else {
    send(connection, connack);
  }
  if (code != 0 || script_.close_after_connack) connection.close_when_sent = true;
}

void ScriptedServer::handle_publish(Connection& connection, const Packet& packet) {
  Seen seen{What::publish, Clock::now(), connection.number};
  const auto publish = parse_publish(packet, connection.version);
  if (!publish) {
    seen.what = What::malformed;
    note(std::move(seen));
    end(connection, false);
    return;
  }
  seen.publish = *publish;
  note(std::move(seen));
  ++published_;
  const bool too_long =
      script_.longest_payload != 0 && publish->payload.size() > script_.longest_payload;
  if (too_long || publish->qos > script_.highest_qos ||
      (script_.at_publish != 0 && published_ == script_.at_publish)) {
    switch (script_.then) {
      case Then::nothing:
      case Then::stop_acking:
        break;
      case Then::close:
        end(connection, false);
        return;
      case Then::reset:
        end(connection, true);
        return;
      case Then::refuse:
        stop_listening(listener_);
        for (Connection& other : connections_) end(other, true);
        return;
      case Then::stop_reading:
        connection.stopped = true;
        script_.read = false;
        return;
      case Then::disconnect:
        send(connection, encode_disconnect(connection.version, script_.disconnect_code,
                                           script_.disconnect_properties));
        connection.close_when_sent = true;
        connection.stopped = true;
        return;
    }
  }
  if (script_.then == Then::stop_acking && script_.at_publish != 0 &&
      published_ >= script_.at_publish)
    return;
  const int code = script_.puback ? script_.puback(*publish) : 0;
  if (publish->qos == 1) acknowledge(connection, *publish, Type::puback, code);
  if (publish->qos == 2) {
    if (code < 0x80) connection.qos2[publish->id] = *publish;
    acknowledge(connection, *publish, Type::pubrec, code);
  }
}

void ScriptedServer::acknowledge(Connection& connection, const Publish& publish, Type type,
                                 int code) {
  Due due{Clock::now() + script_.ack_delay,
          connection.number,
          encode_acknowledgement(type, connection.version, publish.id, code, script_.puback_reason),
          {}};
  if (type != Type::pubrec && code < 0x80) due.settles = publish;
  // It is sent from the loop even without a delay, so the acknowledgements stay in order.
  due_.push_back(std::move(due));
  waker_.wake();
}

void ScriptedServer::send(Connection& connection, std::string_view bytes) {
  if (connection.fd) connection.out.append(bytes);
}

void ScriptedServer::flush(Connection& connection) {
  while (!connection.out.empty()) {
    const std::size_t size = script_.slices ? 1 : connection.out.size();
    const ssize_t n = ::write(connection.fd.get(), connection.out.data(), size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {
      end(connection, false);
      return;
    }
    connection.out.erase(0, static_cast<std::size_t>(n));
  }
  if (connection.close_when_sent) end(connection, false);
}

void ScriptedServer::end(Connection& connection, bool reset) {
  if (!connection.fd) return;
  if (reset) reset_connection(connection.fd);
  connection.fd.reset();
  connection.subscribed = false;
  note({What::closed, Clock::now(), connection.number});
}

ScriptedServer::Connection* ScriptedServer::find(int number) {
  for (Connection& connection : connections_)
    if (connection.number == number && connection.fd) return &connection;
  return nullptr;
}

}  // namespace rig
