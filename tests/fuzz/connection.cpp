// SPDX-License-Identifier: Apache-2.0
// What a server sends, through the real wire, the seams and Paho, in each state of a connection.
// Laws: an attempt goes on once its server has answered, and ends once its server has closed; it is
// told its end once; messages and acknowledgements are what the server sent; a reason may be shown.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <variant>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "transport/paho_transport.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr int kMessages = 3;

/// What an attempt has been told so far.
class Told final : public TransportListener {
 public:
  void post(Event event) override {
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<event::Connected>(event)) connected_ = true;
    const Reason* reason = nullptr;
    if (const auto* const failed = std::get_if<event::Failed>(&event)) reason = &failed->reason;
    if (const auto* const lost = std::get_if<event::Lost>(&event)) reason = &lost->reason;
    if (reason != nullptr) {
      fuzz::law(!ended_, "an attempt is told its end once");
      ended_ = true;
      fuzz::law_shown(describe(*reason));
    }
    changed_.notify_all();
  }
  void wake() override {}
  void heard(AttemptId /*attempt*/, const Message& message) override {
    fuzz::law(message.topic == "watched", "only what is watched is told", message.topic);
  }
  void begin() {
    const std::lock_guard lock(mutex_);
    connected_ = ended_ = false;
  }
  /// Connected, or at its end.
  bool wait_connected() {
    std::unique_lock lock(mutex_);
    fuzz::law(changed_.wait_for(lock, 5s, [this] { return connected_ || ended_; }),
              "an attempt goes on");
    return connected_ && !ended_;
  }
  bool wait_ended() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [this] { return ended_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false, ended_ = false;
};

class Server {
 public:
  Server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    fuzz::law(bind(listener_, where, size) == 0 && listen(listener_, 8) == 0 &&
                  getsockname(listener_, where, &size) == 0,
              "a port");
    named_.id = named_.host = "127.0.0.1";
    named_.port = ntohs(address.sin_port);
  }
  const mqfail::Server& named() const { return named_; }

  void accept() {
    peer_ =
        static_cast<int>(TEMP_FAILURE_RETRY(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)));
    fuzz::law(peer_ >= 0, "the client connects");
    // Nagle's algorithm would hold the second packet until the client's delayed acknowledgement.
    const int on = 1;
    setsockopt(peer_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    await_packet();  // CONNECT
  }
  void send(std::string_view bytes) {
    ::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  /// False if the client has closed.
  bool await_packet() {
    fuzz::law(is_readable(5000), "the client goes on");
    return read_packet();
  }
  /// Without a TIME_WAIT, of which there would be too many.
  void close(bool reset) {
    if (!reset) {
      shutdown(peer_, SHUT_WR);
      while (is_readable(1000) && read_packet()) {
      }
    }
    const linger at_once{1, 0};
    setsockopt(peer_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(peer_);
  }

 private:
  // libFuzzer's timer interrupts what waits.
  bool is_readable(int patience_ms) const {
    pollfd one{peer_, POLLIN, 0};
    return TEMP_FAILURE_RETRY(poll(&one, 1, patience_ms)) > 0;
  }
  bool read_packet() const {
    std::array<char, 4096> block{};
    return TEMP_FAILURE_RETRY(recv(peer_, block.data(), block.size(), 0)) > 0;
  }

  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int peer_ = -1;
  mqfail::Server named_;
};

ConnectSettings settings_of(unsigned choice) {
  ConnectSettings settings;
  settings.client_id = "c";
  settings.connect_timeout = 10min;  // an attempt that hangs breaks a law first
  settings.clean_session = (choice & 8U) == 0;
  if ((choice & 16U) != 0) settings.watched = {{"watched", false}};
  if ((choice & 32U) != 0) settings.properties.topic_alias_maximum = 2;
  return settings;
}

struct World {
  Told told;
  Server server;
  PahoTransport transport{told};
  std::uint64_t attempts = 0;
};

// The client's side once it is connected: it sends messages, and takes what has come.
void use(World& world, AttemptId attempt, int qos) {
  for (int i = 0; qos > 0 && i < kMessages; ++i)
    world.transport.publish(attempt, Message{.topic = "t", .payload = "x", .qos = qos});
  world.transport.ping(attempt);
  world.transport.flush(attempt, 0);
}

void take(World& world, AttemptId attempt, const std::string& sent) {
  std::size_t taken = 0;
  const auto visit = [&](const Message& message) {
    fuzz::law(!message.topic.empty() && is_utf8(message.topic), "a message has a topic");
    fuzz::law(message.payload.size() <= sent.size(), "nothing is added");
    fuzz::law(sent.find(message.payload) != std::string::npos, "a payload is what was sent");
    fuzz::law(message.qos >= 0 && message.qos <= 2, "a quality of service");
    ++taken;
    return true;
  };
  world.transport.take_messages(attempt, visit);
  world.transport.acknowledge(attempt, taken);
  std::vector<Acknowledged> acknowledged;
  world.transport.take_acknowledged(attempt, acknowledged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World& world = *new World;  // the receive thread never ends
  fuzz::Input input(data, size);
  const unsigned choice = input.byte(), cut = input.byte();
  const std::string& bytes = input.rest();
  const bool mqtt5 = (choice & 1U) != 0;
  const unsigned state = choice / 2 % 4;  // raw, connected, subscribed, publishing
  ConnectSettings settings = settings_of(choice);
  if (state == 2) settings.subscriptions = {{.filter = "#", .qos = 2}};
  const AttemptId attempt{++world.attempts};
  world.told.begin();
  world.transport.connect(attempt, world.server.named(), settings,
                          mqtt5 ? Protocol::mqtt5 : Protocol::mqtt311);
  world.server.accept();
  if (state != 0)
    world.server.send(mqtt5 ? std::string_view("\x20\x03\0\0\0", 5)
                            : std::string_view("\x20\x02\0\0", 4));
  if (state == 2 && world.server.await_packet())
    world.server.send(mqtt5 ? std::string_view("\x90\x04\0\1\0\2", 6)
                            : std::string_view("\x90\x03\0\1\2", 5));
  const bool waits = state != 0 && settings.watched.empty();
  if (waits && (state == 3 || (cut & 1U) != 0) && world.told.wait_connected())
    use(world, attempt, state == 3 ? 1 + static_cast<int>(cut / 2 % 2) : 0);
  const std::size_t first = bytes.size() * cut / 256;
  world.server.send(std::string_view(bytes).substr(0, first));
  world.server.send(std::string_view(bytes).substr(first));
  world.server.close((cut & 2U) != 0);
  fuzz::law(world.told.wait_ended(), "an attempt ends with its connection", bytes);
  take(world, attempt, bytes);
  world.transport.abandon(attempt);
  return 0;
}
