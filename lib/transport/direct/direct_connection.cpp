// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/direct_connection.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "certificates/tls_attempt.hpp"
#include "transport/direct/packets.hpp"
#include "transport/end_reason.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {

DirectConnection::DirectConnection(AttemptId attempt, Server server, ConnectSettings settings,
                                   Protocol protocol, DirectGround& ground)
    : attempt_(attempt),
      ground_(ground),
      begun_(wire_now()),
      server_(std::move(server)),
      settings_(std::move(settings)),
      protocol_(protocol),
      dial_error_(ECONNREFUSED) {
  facts_.protocol = protocol;
  if (is_address(server_.host)) reached(Phase::tcp);
  advance(begun_);
}

DirectConnection::~DirectConnection() {
  close();
}

void DirectConnection::tell(decltype(DirectEvent::what) what) {
  ground_.events.push_back({attempt_, wire_now(), std::move(what)});
}

void DirectConnection::advance(TimePoint now) {
  if (until_ <= now && (stage_ == Stage::handshake || (stage_ == Stage::speaking && !connected_)))
    next_address();
  if (stage_ == Stage::looking_up) look_up();
  if (stage_ == Stage::dialling) dial(now);
  if (stage_ == Stage::handshake) shake_hands();
  if (stage_ == Stage::speaking) read_packets();
}

void DirectConnection::before_wait(TimePoint now) {
  wanted_.clear();
  deadline_ = TimePoint::max();
  if (stage_ == Stage::ended) return;
  deadline_ = connected_ ? TimePoint::max() : until_;
  if (stage_ == Stage::dialling) {
    for (const Race::Runner& runner : race_.runners()) wanted_.emplace_back(runner.fd, POLLOUT);
    if (!addresses_.empty()) deadline_ = std::min(deadline_, next_at_);
  } else if (stage_ == Stage::handshake) {
    wanted_.emplace_back(fd_, shaking_wants_write_ ? POLLOUT : POLLIN);
  } else if (stage_ == Stage::speaking) {
    const Wire::Wait wait = wire_->prepare_to_wait(now);
    if (wire_->end() != WireEnd::open) return read_packets();
    wire_->confirm_receipt();
    wanted_.emplace_back(fd_, static_cast<short>(POLLIN | (wait.to_write ? POLLOUT : 0)));
    deadline_ = more_to_read_ ? now : std::min(deadline_, wait.until);
  }
}

void DirectConnection::look_up() {
  const NameLookups::Answer answer = ground_.names.of(server_.host, server_.port);
  if (!answer.known) return;
  const TimePoint now = wire_now();
  if (answer.addresses.empty()) {
    return fail({Cause::dns, Phase::dns, answer.failure, false,
                 lookup_failure(server_.host, answer.failure)});
  }
  facts_.dns = now - begun_;
  addresses_ = in_dialling_order(answer.addresses, "");
  if (!is_address(server_.host)) reached(Phase::tcp);
  stage_ = Stage::dialling;
  dialled_at_ = next_at_ = now;
}

void DirectConnection::dial(TimePoint now) {
  while (true) {
    std::string address;
    const std::size_t running = race_.runners().size();
    const int arrived = race_.empty() ? -1 : race_.arrived(dial_error_, address);
    if (arrived >= 0) {
      facts_.tcp = wire_now() - dialled_at_;
      for (const Address& slower : race_.under_way()) addresses_.insert(addresses_.begin(), slower);
      race_.clear();
      return open(arrived, std::move(address), now);
    }
    if (race_.runners().size() < running) next_at_ = now;  // one has failed
    if (addresses_.empty() || (!race_.empty() && now < next_at_)) break;
    if (const int error = race_.start(addresses_.front()); error != 0) dial_error_ = error;
    addresses_.erase(addresses_.begin());
    new_descriptors_ = true;
    next_at_ = now + std::chrono::milliseconds(kNextAddressAfterMs);
  }
  if (!race_.empty()) return;
  const Cause cause = is_our_limit(dial_error_) ? Cause::local : Cause::refused;
  fail({cause, Phase::tcp, dial_error_, false, {}});
}

void DirectConnection::open(int fd, std::string address, TimePoint now) {
  fd_ = fd;
  facts_.address = std::move(address);
  const auto behind = static_cast<Duration::rep>(addresses_.size());
  const TimePoint end = begun_ + settings_.connect_timeout;
  const bool share = settings_.connect_timeout > Duration::zero() && behind > 0 && now < end;
  until_ = share ? now + (end - now) / (behind + 1) : TimePoint::max();
  wire_ = std::make_unique<Wire>(
      fd_, settings_.keepalive, false,
      WireCallbacks{{}, [this](Phase phase) { reached(phase); }, {}},
      is_web_socket(server_.scheme) ? std::make_unique<WebSocket>(server_) : nullptr);
  wire_->speak(protocol_, settings_.properties.topic_alias_maximum.value_or(0));
  if (!is_tls(server_.scheme)) return introduce();
  reached(Phase::tls);
  stage_ = Stage::handshake;
  std::string why;
  ssl_ = ground_.tls.begin(server_, fd_, why);
  if (ssl_) return shake_hands();
  fail({Cause::tls, Phase::tls, 0, false, std::move(why)});
}

void DirectConnection::shake_hands() {
  const TlsStep step = tls_handshake(ssl_.get());
  shaking_wants_write_ = step == TlsStep::wants_write;
  if (step == TlsStep::failed) {
    const TlsAttempt* const attempt = TlsAttempt::of(ssl_.get());
    std::string why = attempt != nullptr ? attempt->why() : std::string();
    if (why.empty()) why = "connection closed during the TLS handshake";
    if (attempt != nullptr && attempt->refused_certificate() != nullptr)
      facts_.peer = peer_of(ssl_.get());
    return fail({Cause::tls, Phase::tls, 0, false, std::move(why)});
  }
  if (step != TlsStep::done) return;
  facts_.peer = peer_of(ssl_.get());
  wire_->attach_tls(ssl_.get(), {facts_.peer.version, facts_.peer.not_after, false});
  introduce();
}

void DirectConnection::introduce() {
  const Secret connect = connect_packet(server_, settings_, protocol_);
  wire_->append(connect.reveal().data(), connect.reveal().size());
  wire_->flush();
  stage_ = Stage::speaking;
}

// A server that sends without end must not keep the others from their turn.
void DirectConnection::read_packets() {
  constexpr int kMostReads = 64;
  std::array<char, 4096> bytes{};
  for (int reads = 0; stage_ == Stage::speaking; ++reads) {
    more_to_read_ = reads == kMostReads;
    if (more_to_read_) return;
    const std::ptrdiff_t got = wire_->read(bytes.data(), bytes.size());
    if (got > 0) {
      take_bytes({bytes.data(), static_cast<std::size_t>(got)});
      continue;
    }
    if (got < 0 && wire_->end() == WireEnd::open) return;
    const WireFacts seen = wire_->facts();
    return fail(connected_ ? loss(seen, server_.scheme)
                           : connect_failure(seen, server_, protocol_, 0, {}));
  }
}

// What is longer than any answer is a message of somebody else: it is not kept.
void DirectConnection::take_bytes(std::string_view bytes) {
  constexpr std::size_t kLongest = 262144;
  const std::size_t passed = std::min(skipped_, bytes.size());
  skipped_ -= passed;
  in_.append(bytes.substr(passed));
  std::size_t used = 0;
  while (stage_ == Stage::speaking) {
    const auto packet = first_packet(std::string_view(in_).substr(used));
    if (!packet) break;
    used += packet->size;
    take(*packet);
  }
  in_.erase(0, used);
  const std::size_t size = first_packet_size(in_);
  if (size <= kLongest) return;
  skipped_ = size - in_.size();
  in_.clear();
}

void DirectConnection::take(const Packet& packet) {
  switch (packet.type) {
    case PacketType::connack:
      return take_connack(packet);
    case PacketType::suback:
      return tell(DirectEvent::Subscribed{suback_codes(packet.body, protocol_)});
    case PacketType::pingresp:
      wire_->pong();
      return tell(DirectEvent::Ponged{});
    case PacketType::puback:
      return tell(DirectEvent::PublishDone{{packet_id(packet.body), puback_code(packet.body)}});
    case PacketType::publish:
      return take_publish(packet);
    default:
      return;  // the wire has seen that it is no fault
  }
}

void DirectConnection::take_connack(const Packet& packet) {
  const WireFacts seen = wire_->facts();
  TimePoint spoke = seen.spoke;
  if (is_tls(server_.scheme)) facts_.tls = spoke - seen.made;
  if (is_web_socket(server_.scheme)) {
    facts_.ws = seen.web - spoke;
    spoke = seen.web;
  }
  if (packet.body.size() < 2 || packet.body[1] != 0)
    return fail(connect_failure(seen, server_, protocol_, 0, {}));
  facts_.connack = wire_now() - spoke;
  facts_.features = read_features(packet.body, protocol_);
  if (facts_.features.keepalive)
    wire_->promise_keepalive(std::chrono::seconds(*facts_.features.keepalive));
  connected_ = true;
  tell(DirectEvent::Connected{std::make_unique<DirectFacts>(facts_)});
}

void DirectConnection::take_publish(const Packet& packet) {
  const Message message = read_publish(packet, protocol_);
  if (message.qos == 1) {
    const std::string answer = puback_packet(message.packet_id);
    wire_->append(answer.data(), answer.size());
  }
  tell(DirectEvent::Heard{std::string(message.topic), std::string(message.payload)});
}

// A server that accepts TCP and then says nothing must not use up the time of the other addresses
// of its name.
void DirectConnection::next_address() {
  close();
  in_.clear();
  skipped_ = 0;
  facts_.tcp = facts_.tls = facts_.ws = {};
  stage_ = Stage::dialling;
  dialled_at_ = next_at_ = wire_now();
  until_ = TimePoint::max();
  reached(Phase::tcp);
}

void DirectConnection::fail(Reason reason) {
  stage_ = Stage::ended;
  close();
  tell(DirectEvent::Ended{std::move(reason), std::make_unique<DirectFacts>(facts_)});
}

void DirectConnection::close() {
  if (fd_ < 0) return;
  if (wire_) wire_->detach();
  ssl_.reset();
  wire_.reset();
  ::close(std::exchange(fd_, -1));
}

void DirectConnection::subscribe(const std::vector<std::string>& filters, int qos) {
  if (!connected_ || stage_ != Stage::speaking) return;
  const std::string packet = subscribe_packet(next_id(), filters, qos, protocol_);
  wire_->append(packet.data(), packet.size());
}

void DirectConnection::ping() {
  if (connected_ && stage_ == Stage::speaking) wire_->ping();
}

std::uint16_t DirectConnection::publish(const Message& message) {
  if (!connected_ || stage_ != Stage::speaking) return 0;
  const std::uint16_t id = message.qos > 0 ? next_id() : std::uint16_t{0};
  const std::string packet = publish_packet(message, id, protocol_);
  wire_->append(packet.data(), packet.size());
  return id;
}

void DirectConnection::leave() {
  if (connected_ && stage_ == Stage::speaking) {
    const std::string packet = disconnect_packet();
    wire_->append(packet.data(), packet.size());
    wire_->finish_writing();
  }
  stage_ = Stage::ended;
  close();
  race_.clear();
}

}  // namespace mqfail
