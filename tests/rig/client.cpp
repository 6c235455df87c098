// SPDX-License-Identifier: Apache-2.0
#include "rig/client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace rig {

Client::Client(std::uint16_t port, const Settings& settings)
    : fd_(connect_to(port, 2s)), version_(settings.version) {
  if (!fd_) throw Broken("nothing listens on port " + std::to_string(port));
  Connect connect;
  connect.version = version_;
  connect.client_id =
      settings.client_id + "-" + std::to_string(::getpid()) + "-" + std::to_string(fd_.get());
  connect.clean = settings.clean;
  connect.keepalive = 0;
  connect.user = settings.user;
  connect.password = settings.password;
  if (!write_all(fd_.get(), encode(connect))) throw Broken("the server hung up at CONNECT");
  const Packet connack = expect(Type::connack);
  if (connack.body.size() < 2 || connack.body[1] != 0) throw Broken("CONNECT refused");
}

std::optional<Packet> Client::next_packet(milliseconds patience) {
  const Moment end = Clock::now() + patience;
  std::array<char, 65536> chunk;
  for (;;) {
    if (auto packet = reader_.next()) return packet;
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
    if (left <= 0) return {};
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t n = ::read(fd_.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw Broken("the server closed the connection");
    reader_.feed({chunk.data(), static_cast<std::size_t>(n)});
  }
}

Packet Client::expect(Type type) {
  const Moment end = Clock::now() + 5s;
  while (Clock::now() < end) {
    auto packet = next_packet(std::chrono::duration_cast<milliseconds>(end - Clock::now()));
    if (!packet) break;
    if (packet->type == type) return *packet;
    if (packet->type == Type::publish)
      if (auto publish = parse_publish(*packet, version_)) early_.push_back(std::move(*publish));
  }
  throw Broken("the server does not answer");
}

void Client::subscribe(const std::string& filter, int qos) {
  write_all(fd_.get(), encode_subscribe(version_, next_id_++, {{filter, qos}}));
  const Packet suback = expect(Type::suback);
  if (suback.body.empty() || static_cast<unsigned char>(suback.body.back()) >= 0x80)
    throw Broken("SUBSCRIBE refused");
}

void Client::publish(const Publish& publish) {
  Publish copy = publish;
  if (copy.qos > 0) copy.id = next_id_++;
  write_all(fd_.get(), encode(copy, version_));
  if (copy.qos == 0) {
    write_all(fd_.get(), encode(Type::pingreq, 0, {}));
    expect(Type::pingresp);
  } else if (copy.qos == 1) {
    expect(Type::puback);
  } else {
    expect(Type::pubrec);
    write_all(fd_.get(), encode_acknowledgement(Type::pubrel, version_, copy.id, 0));
    expect(Type::pubcomp);
  }
}

std::optional<Publish> Client::receive(milliseconds patience) {
  const Moment end = Clock::now() + patience;
  for (;;) {
    std::optional<Publish> publish;
    if (!early_.empty()) {
      publish = std::move(early_.front());
      early_.erase(early_.begin());
    } else {
      const auto packet =
          next_packet(std::max(0ms, std::chrono::duration_cast<milliseconds>(end - Clock::now())));
      if (!packet) return {};
      if (packet->type == Type::pubrel) {
        if (const auto ack = parse_acknowledgement(*packet, version_))
          write_all(fd_.get(), encode_acknowledgement(Type::pubcomp, version_, ack->id, 0));
        continue;
      }
      if (packet->type != Type::publish) continue;
      publish = parse_publish(*packet, version_);
    }
    if (!publish) throw Broken("malformed PUBLISH from the server");
    if (publish->qos > 0)
      write_all(fd_.get(), encode_acknowledgement(publish->qos == 1 ? Type::puback : Type::pubrec,
                                                  version_, publish->id, 0));
    return publish;
  }
}

Recorder::Recorder(std::uint16_t port, const std::string& filter, int qos)
    : client_(port, {"recorder", 5, true, {}, {}}) {
  client_.subscribe(filter, qos);
  thread_ = std::thread([this] { run(); });
}

Recorder::~Recorder() {
  stop_ = true;
  ::shutdown(client_.fd(), SHUT_RDWR);
  thread_.join();
}

void Recorder::run() {
  try {
    while (!stop_) {
      auto publish = client_.receive(1s);
      if (!publish) continue;
      const std::lock_guard lock(mutex_);
      recorded_.push_back({std::move(*publish), Clock::now()});
      changed_.notify_all();
    }
  } catch (const Broken&) {
    // The server died. What arrived before is recorded.
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::vector<Recorded> Recorder::all() {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

std::vector<std::string> Recorder::payloads() {
  std::vector<std::string> result;
  for (Recorded& recorded : all()) result.push_back(std::move(recorded.publish.payload));
  return result;
}

bool Recorder::wait_for(std::size_t count, milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, Clock::now() + patience,
                             [&] { return recorded_.size() >= count; });
}

bool Recorder::wait_for_payload(const std::string& payload, milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, Clock::now() + patience, [&] {
    return std::any_of(recorded_.begin(), recorded_.end(),
                       [&](const Recorded& one) { return one.publish.payload == payload; });
  });
}

bool Recorder::wait_for_the_end(milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, Clock::now() + patience, [&] { return ended_; });
}

StreamPublisher::StreamPublisher(std::vector<std::uint16_t> ports, StreamSettings settings)
    : settings_(std::move(settings)) {
  for (const std::uint16_t port : ports) {
    targets_.emplace_back();
    targets_.back().port = port;
  }
  thread_ = std::thread([this] { run(); });
}

StreamPublisher::~StreamPublisher() {
  stop();
}

void StreamPublisher::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Moment StreamPublisher::when(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  return number == 0 || number > when_.size() ? Moment() : when_[number - 1];
}

void StreamPublisher::attend(Target& target) {
  const int version = settings_.sequence ? 5 : 4;
  if (!target.fd) {
    if (Clock::now() < target.next_try) return;
    target.next_try = Clock::now() + 10ms;
    target.fd = connect_to(target.port, 0ms);
    if (!target.fd) return;
    ::fcntl(target.fd.get(), F_SETFL, ::fcntl(target.fd.get(), F_GETFL) | O_NONBLOCK);
    target.reader = {};
    target.ready = false;
    Connect connect;
    connect.version = version;
    connect.keepalive = 0;
    connect.client_id = "stream-" + std::to_string(::getpid()) + "-" + std::to_string(target.port);
    target.out = encode(connect);
  }
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t n = ::read(target.fd.get(), chunk.data(), chunk.size());
    if (n > 0) {
      target.reader.feed({chunk.data(), static_cast<std::size_t>(n)});
      continue;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    target.fd.reset();
    target.ready = false;
    return;
  }
  while (const auto packet = target.reader.next())
    if (packet->type == Type::connack) target.ready = true;
  while (!target.out.empty()) {
    const ssize_t n = ::write(target.fd.get(), target.out.data(), target.out.size());
    if (n > 0) {
      target.out.erase(0, static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR) && target.out.size() < 1'000'000) break;
    target.fd.reset();
    target.ready = false;
    return;
  }
}

void StreamPublisher::run() {
  const auto every = settings_.every_us.count() != 0
                         ? settings_.every_us
                         : std::chrono::duration_cast<std::chrono::microseconds>(settings_.every);
  Moment next = Clock::now();
  // The first number waits for all servers, so a number means the same on each server.
  const Moment start = Clock::now() + 5s;
  while (!stop_ && Clock::now() < start) {
    for (Target& target : targets_) attend(target);
    if (std::all_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.ready; }))
      break;
    std::this_thread::sleep_for(1ms);
  }
  while (!stop_) {
    Publish publish;
    const std::uint32_t number = published_ + 1;
    publish.topic = settings_.topic;
    publish.qos = settings_.qos;
    publish.payload = numbered_line(number);
    if (settings_.sequence)
      publish.properties = {{property::user, 0, settings_.identity, "mqfail-id"},
                            {property::user, 0, std::to_string(number), "mqfail-seq"}};
    {
      const std::lock_guard lock(mutex_);
      when_.push_back(Clock::now());
    }
    published_ = number;
    for (Target& target : targets_) {
      if (!target.ready) continue;
      if (publish.qos > 0)
        publish.id = target.id = target.id == 65535 ? 1 : static_cast<std::uint16_t>(target.id + 1);
      target.out += encode(publish, settings_.sequence ? 5 : 4);
    }
    for (Target& target : targets_) attend(target);
    next += every;
    if (next < Clock::now()) next = Clock::now();
    std::this_thread::sleep_until(next);  // the stream's own beat, nobody waits on it
  }
}

}  // namespace rig
