// SPDX-License-Identifier: Apache-2.0
#include "rig/bare_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace rig {
namespace {

constexpr std::size_t kReadBytes = 262'144;
// No more than this is made ready for the socket at a time.
constexpr std::size_t kReadyBytes = 131'072;

void put_two(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

void put_publish(std::string& out, std::string_view payload, int qos, std::uint16_t id,
                 int version) {
  constexpr std::string_view kTopic("\0\1t", 3);
  std::size_t length = kTopic.size() + (qos > 0 ? 2 : 0) + (version == 5 ? 1 : 0) + payload.size();
  out += static_cast<char>(0x30 | qos << 1);
  do {
    const std::size_t low = length & 0x7f;
    length >>= 7;
    out += static_cast<char>(low | (length != 0 ? 0x80 : 0));
  } while (length != 0);
  out += kTopic;
  if (qos > 0) put_two(out, id);
  if (version == 5) out += '\0';
  out += payload;
}

}  // namespace

BareServer::BareServer(BareSettings settings)
    : settings_(std::move(settings)),
      listener_(listen_on(0)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      port_(port_of(listener_)),
      in_(kReadBytes) {
  thread_ = std::thread([this] {
    try {
      run();
    } catch (const Broken&) {  // its owner sees that the client has not got what it wanted
    }
    if (client_) ::shutdown(client_.get(), SHUT_RDWR);
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
}

BareServer::~BareServer() {
  stop_ = true;
  waker_.wake();
  thread_.join();
}

Moment BareServer::received(std::uint64_t count, milliseconds patience) {
  std::unique_lock lock(mutex_);
  awaited_ = count;
  changed_.wait_for(lock, patience, [&] { return received_ >= count || ended_; });
  if (received_ < count)
    throw Broken("the bare server got " + std::to_string(received_) + " messages of " +
                 std::to_string(count));
  return received_at_;
}

void BareServer::wait_for_subscription(milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return subscribed_ || ended_; });
  if (!subscribed_) throw Broken("nobody subscribes at the bare server");
}

void BareServer::send_all() {
  sending_ = true;
  waker_.wake();
}

void BareServer::release() {
  ++released_;
  waker_.wake();
}

void BareServer::send_one(std::string_view payload, int qos) {
  std::string bytes;
  put_publish(bytes, payload, qos, ++next_id_, version_);
  const ssize_t sent = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) throw Broken("the subscriber takes nothing");
}

bool BareServer::accept_client() {
  epoll_event event{};
  while (!stop_) {
    if (::epoll_wait(epoll_.get(), &event, 1, -1) < 0 && errno != EINTR) return false;
    client_ = Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client_) continue;
    const int on = 1;
    ::setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    listener_.reset();
    return true;
  }
  return false;
}

void BareServer::run() {
  ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  for (const int fd : {listener_.get(), waker_.fd()}) {
    epoll_event wanted{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted);
  }
  if (!accept_client()) return;
  epoll_event wanted{.events = EPOLLIN, .data = {.fd = client_.get()}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client_.get(), &wanted);
  std::array<epoll_event, 2> events{};
  while (!stop_) {
    const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == waker_.fd())
        waker_.drain();
      else if ((event.events & ~EPOLLOUT) != 0 && !read_some())
        return;
    }
    const auto left = [this] { return out_.size() - out_head_; };
    do {
      fill();
      if (!flush()) return;
    } while (left() == 0 && sent_ < settings_.count && sending_ && settings_.qos == 0 &&
             settings_.batch == 0);
    const std::uint32_t interest = left() > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (interest == wanted.events) continue;
    wanted.events = interest;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, client_.get(), &wanted);
  }
}

bool BareServer::read_some() {
  const ssize_t got = ::read(client_.get(), in_.data() + in_size_, in_.size() - in_size_);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  read_at_ = Clock::now();
  in_size_ += static_cast<std::size_t>(got);
  const char* at = in_.data();
  const char* const end = at + in_size_;
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = received_;
  while (at != end) {
    const char* const behind = take(at, end);
    if (behind == at) break;
    at = behind;
  }
  if (received_ != before) {
    received_at_ = read_at_;
    if (awaited_ != 0 && received_ >= awaited_) changed_.notify_all();
  }
  if (left_) return false;
  in_size_ = static_cast<std::size_t>(end - at);
  std::memmove(in_.data(), at, in_size_);
  return true;
}

// Takes the packet at `at`, or the part of its payload that is here. Returns what follows, or `at`
// if more has to come first.
const char* BareServer::take(const char* at, const char* end) {
  if (skip_ > 0) {
    const std::size_t here = std::min(skip_, static_cast<std::size_t>(end - at));
    skip_ -= here;
    if (skip_ == 0) whole_publish();
    return at + here;
  }
  const char* body = at + 1;
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    if (body == end) return at;
    if (shift == 28) throw Broken("a malformed length");
    const auto byte = static_cast<unsigned char>(*body++);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  const auto first = static_cast<unsigned char>(*at);
  const auto here = static_cast<std::size_t>(end - body);
  const auto two_at = [](const char* bytes) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
  };
  if (first >> 4 != static_cast<int>(Type::publish)) {
    if (here < length) return at;
    take_other({static_cast<Type>(first >> 4), first & 15, std::string(body, length)});
    return body + length;
  }
  if (here < 2) return at;
  publish_qos_ = first >> 1 & 3;
  const std::size_t id_at = 2 + two_at(body);
  if (here < id_at + 2 && here < length) return at;
  if (publish_qos_ > 0) publish_id_ = static_cast<std::uint16_t>(two_at(body + id_at));
  const std::size_t taken = std::min(length, here);
  skip_ = length - taken;
  if (skip_ == 0) whole_publish();
  return body + taken;
}

void BareServer::whole_publish() {
  ++received_;
  if (publish_qos_ == 1) put_acknowledgement(0x40, publish_id_);
  if (publish_qos_ == 2) put_acknowledgement(0x50, publish_id_);
}

// `first`: the first byte of the packet.
void BareServer::put_acknowledgement(int first, std::uint16_t id) {
  acknowledgements_ += static_cast<char>(first);
  acknowledgements_ += '\2';
  put_two(acknowledgements_, id);
  if (++unanswered_ < settings_.batch) return;
  out_ += acknowledgements_;
  acknowledgements_.clear();
  unanswered_ = 0;
}

void BareServer::take_other(const Packet& packet) {
  const auto id = [&] {
    if (packet.body.size() < 2) throw Broken("a packet without its id");
    return static_cast<std::uint16_t>(static_cast<unsigned char>(packet.body[0]) << 8 |
                                      static_cast<unsigned char>(packet.body[1]));
  };
  switch (packet.type) {
    case Type::connect: {
      const auto connect = parse_connect(packet);
      if (!connect) throw Broken("a malformed CONNECT");
      version_ = connect->version;
      window_ = settings_.window != 0 ? settings_.window : 65'535;
      if (const auto most = rig::number_of(connect->properties, property::receive_maximum))
        window_ = std::min<std::size_t>(window_, *most);
      std::vector<Property> properties;
      if (version_ == 5 && settings_.window != 0)
        properties.push_back({property::receive_maximum, settings_.window, {}, {}});
      out_ += encode_connack(version_, 0, false, properties);
      break;
    }
    case Type::subscribe: {
      const auto subscribe = parse_subscribe(packet, version_);
      if (!subscribe) throw Broken("a malformed SUBSCRIBE");
      std::vector<int> granted;
      for (const Filter& filter : subscribe->filters) granted.push_back(filter.qos());
      out_ += encode_suback(version_, subscribe->id, granted);
      subscribed_ = true;
      changed_.notify_all();
      break;
    }
    case Type::pingreq:
      out_ += encode(Type::pingresp, 0, {});
      break;
    case Type::puback:
    case Type::pubcomp:
      ++settled_;
      break;
    case Type::pubrec:
      out_ += '\x62';
      out_ += '\2';
      put_two(out_, id());
      break;
    case Type::pubrel:
      put_acknowledgement(0x70, id());
      break;
    case Type::disconnect:
      left_ = true;  // a client waits for the end of the connection, as MQTT 3.1.1, 3.14.4 wants it
      break;
    default:
      break;
  }
}

// Makes messages ready as far as they may be sent.
void BareServer::fill() {
  if (!sending_) return;
  const auto under_way = [this] { return sent_ - settled_; };
  if (settings_.batch != 0) {
    const bool next = settings_.qos > 0 ? under_way() == 0 : sent_ / settings_.batch <= released_;
    if (!next || sent_ >= settings_.count) return;
    for (std::uint32_t i = 0; i < settings_.batch; ++i) put_message();
    return;
  }
  while (sent_ < settings_.count && out_.size() - out_head_ < kReadyBytes &&
         (settings_.qos == 0 || under_way() < window_))
    put_message();
}

void BareServer::put_message() {
  if (settings_.qos > 0 && ++next_id_ == 0) ++next_id_;
  put_publish(out_, settings_.payloads[next_payload_], settings_.qos, next_id_, version_);
  next_payload_ = (next_payload_ + 1) % settings_.payloads.size();
  ++sent_;
}

// Sends as much as the socket takes. False if the client is gone.
bool BareServer::flush() {
  while (out_head_ < out_.size()) {
    const ssize_t sent =
        ::send(client_.get(), out_.data() + out_head_, out_.size() - out_head_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < 0) {
      out_.erase(0, std::exchange(out_head_, 0));
      return true;
    }
    out_head_ += static_cast<std::size_t>(sent);
  }
  out_.clear();
  out_head_ = 0;
  return true;
}

}  // namespace rig
