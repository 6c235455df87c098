// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection between Paho and the kernel: what Paho writes is collected here and
// sent in large pieces; what the kernel has is read in large pieces and handed out in small ones.
// Nothing here ever waits, and nothing here fails: an error on the way out shows itself on the way
// in. All seams of this folder work on Wires; a descriptor without a Wire is none of their
// business.
#pragma once

#include <openssl/ssl.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "transport/keepalive.hpp"
#include "transport/paho_seams/held_acknowledgements.hpp"
#include "transport/paho_seams/packet_filter.hpp"
#include "transport/websocket.hpp"

namespace mqfail {

/// How a connection came to its end, as far as the wire could see.
/// `disconnect`: the server said so. `nonsense`: it sent what it must not. `refused`: it would not
/// become a WebSocket.
enum class WireEnd { open, end_of_stream, error, silent, disconnect, nonsense, refused, shut };

/// Thread: read(), readable() and the keepalive belong to Paho's receive thread; everything else
/// may be called from any thread. One mutex a wire guards its outgoing side and its TLS object.
class Wire {
 public:
  /// Sent at this size at the latest.
  static constexpr std::size_t kFlushBytes = 32768;
  /// A sender should pause while more than this waits (backlog()).
  static constexpr std::size_t kBacklogBytes = 262144;
  static constexpr std::size_t kReadBytes = 65536;

  /// `fd` is connected and non-blocking; it belongs to Paho once the socket seam has handed it
  /// over. `hold`: keep back PUBACK, PUBREC and PUBCOMP of received messages until release().
  /// `stir`: called when a backlog above kBacklogBytes has drained or there are news. With a `web`
  /// all packets travel in WebSocket frames; nothing above the wire knows. `reached`: called
  /// without a lock when what carries the packets has come as far as ws or connack.
  Wire(int fd, Duration keepalive, bool hold, std::function<void()> stir,
       std::function<void(Phase)> reached = {}, std::unique_ptr<WebSocket> web = {});
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }

  // -- outgoing
  /// Takes all of it. Sends when enough has come together.
  void append(const iovec* pieces, int count);
  void append(const void* data, std::size_t size) {
    const iovec piece{const_cast<void*>(data), size};
    append(&piece, 1);
  }
  /// Sends as much as the kernel takes now.
  void flush();
  /// How many answers the sender waits for before it can send more, 0 if it does not wait for a
  /// certain number. Bounds the pause in which packets may gather (receive_moderation.hpp).
  void set_awaited(std::size_t answers) { awaited_.store(answers, std::memory_order_relaxed); }
  std::size_t awaited() const { return awaited_.load(std::memory_order_relaxed); }
  std::size_t backlog() const { return backlog_.load(std::memory_order_relaxed); }
  bool wants_to_write() const { return backlog() != 0; }

  // -- acknowledgements held back (delivery.md S1)
  /// The message of this packet id was handed to the session: its acknowledgement waits for
  /// release().
  void claim(std::uint16_t packet_id);
  /// These messages are written out; their acknowledgements may go. Does not flush.
  void release(std::span<const std::uint16_t> packet_ids);
  /// Acknowledgements that belong to no message (a repeated QoS 2 PUBLISH, a PUBCOMP) may go.
  void release_orphans();

  // -- incoming
  /// As recv(2) without flags or SSL_read: served from what was read ahead.
  std::ptrdiff_t read(void* into, std::size_t size);
  /// Something to do that poll(2) does not know of: the TLS handshake is to be begun.
  void kick(bool on) { kicked_ = on; }
  /// The last packets were large: there is no gain in letting some more of them gather.
  bool reads_large() const { return large_; }
  /// Bytes that are here already, so that poll(2) must not be asked.
  std::size_t readable();
  /// Back-pressure: while paused nothing is read and silence is no loss.
  /// The silence of a pause is ours: the server's begins anew when it ends.
  void pause(bool on);
  bool paused() const { return paused_.load(std::memory_order_acquire); }
  /// Something came in for the session: `stir` is called once, when all that is here is worked off,
  /// so that a burst of messages costs one wake-up.
  void note_news() { news_.store(true, std::memory_order_relaxed); }
  void tell_news();
  /// The CONNACK behind its remaining length: flags, code and, on MQTT 5, properties. Empty until
  /// it has come. Paho hides the flags on MQTT 5, and the properties of one that refuses.
  std::string connack() const;
  /// The first bytes of a server whose first packet is none of MQTT; else empty. Untrusted.
  std::string refused_bytes() const;

  // -- life
  /// Does what is due (keepalive.hpp): sends a PINGREQ, or shuts the descriptor down for silence.
  void keep_alive(TimePoint now);
  /// Has TCP acknowledge what was read, if nothing was sent since that says so by the way.
  void confirm_receipt();
  /// Appends a PINGREQ; its ordinal, from 1.
  std::uint64_t ping();
  /// A PINGRESP has come (keepalive.cpp). They answer the pings in order.
  void pong();
  std::uint64_t pongs() const { return pongs_; }
  /// MQTT 5 Server Keep Alive. It can only shorten ours.
  void promise_keepalive(Duration server);
  TimePoint made_at() const { return made_at_; }
  /// When keep_alive() wants to be called again.
  TimePoint next_look() const;
  /// shutdown(2) of both sides: Paho's receive thread sees the end at once.
  void shut();
  /// Says that no more will be written; what is buffered goes first, as far as the kernel takes it.
  void finish_writing();
  /// Before close(2): from here on the descriptor is not touched any more.
  void detach();
  WireEnd end() const { return end_.load(); }
  int error_number() const { return errno_.load(); }
  /// The version of MQTT that Paho will speak; before its CONNECT.
  void speak(Protocol protocol) { filter_.speak(protocol); }
  /// How the server broke the protocol, once end() says that it did ("SUBACK of 2 bytes"); empty if
  /// what it sent was never MQTT.
  const std::string& flaw() const { return filter_.flaw(); }
  /// The DISCONNECT, once end() says that there was one.
  const std::string& disconnect_packet() const { return *filter_.disconnect_packet(); }
  /// True once Paho wrote its CONNECT: TCP, and TLS if any, are through.
  bool spoke() const { return spoke_.load(); }
  TimePoint spoke_at() const { return TimePoint(Duration(spoke_at_.load())); }
  /// When the server agreed to be a WebSocket; the epoch if it did not, or never was asked.
  TimePoint web_since() const { return TimePoint(Duration(web_since_.load())); }
  /// Why it is no WebSocket (any more), in words; `status` is HTTP's if it refused the upgrade.
  UpgradeFailure web_end() const;
  /// When the server last gave a sign of life: MQTT, not only TCP, TLS or WebSocket.
  TimePoint last_life() const;

  // -- TLS
  void attach_tls(SSL* ssl);
  void detach_tls();
  /// Runs `use` with the TLS object under the wire's lock.
  template <class Use>
  auto with_tls(Use use) {
    const std::lock_guard lock(out_mutex_);
    return use(ssl_.load());
  }
  void set_tls_failure(std::string text);
  std::string tls_failure() const;
  void set_tls_facts(std::string version, std::string not_after, bool resumed);
  std::string tls_version() const;
  std::string tls_not_after() const;
  bool tls_resumed() const { return tls_resumed_.load(); }

 private:
  void append_locked(const iovec* pieces, int count, std::size_t total);
  void appended_locked();
  void put_ack_locked(HeldAcknowledgements::Packet packet);
  void send_locked();
  void broken_locked(int error);
  std::size_t take_ahead(char* into, std::size_t size);
  std::ptrdiff_t read_through(char* into, std::size_t size);
  std::ptrdiff_t receive_layered(char* into, std::size_t size);
  std::ptrdiff_t receive_plain(const std::array<iovec, 2>& into);
  std::ptrdiff_t receive_tls(void* into, std::size_t size);
  void note_sent(TimePoint at);
  void note_received();
  void note_life(std::size_t bytes, bool whole);
  void bound_sending(Duration keepalive);
  void note_question();
  bool question_is_late();
  std::ptrdiff_t nothing_more();
  std::optional<std::size_t> admit(std::string_view bytes);
  std::ptrdiff_t unwrap(char* bytes, std::size_t size);
  void note_end(WireEnd end, int error);

  const int fd_;
  const TimePoint made_at_;
  const bool hold_;
  const std::function<void()> stir_;
  const std::function<void(Phase)> reached_;

  mutable std::mutex out_mutex_;
  std::vector<char> out_;  // [out_head_, out_.size()) waits to be sent
  std::size_t out_head_ = 0;
  bool attached_ = true;     // the descriptor is ours to touch
  bool broken_ = false;      // writing failed; more is swallowed
  bool crowded_ = false;     // backlog went above kBacklogBytes
  bool full_ = false;        // the kernel has not taken all; the receive thread waits for room
  std::uint64_t taken_ = 0;  // by the other end's TCP when it was last asked (bytes)
  std::uint64_t question_ends_ = 0;  // so much it will have taken with the PINGREQ; 0: it has
  bool question_late_ = false;       // that took longer than a silence may last
  std::atomic<SSL*> ssl_{nullptr};
  HeldAcknowledgements held_;
  const std::unique_ptr<WebSocket> web_;
  std::string tls_failure_, tls_version_, tls_not_after_;
  std::string connack_, refused_;

  mutable std::mutex life_mutex_;  // may be locked under out_mutex_, never the other way round
  Keepalive keepalive_;

  std::atomic<std::size_t> backlog_{0}, awaited_{0};
  std::atomic<bool> paused_{false}, news_{false}, kicked_{false}, spoke_{false}, finish_{false},
      tls_resumed_{false};
  std::atomic<std::uint64_t> pings_{0}, pongs_{0};
  std::atomic<WireEnd> end_{WireEnd::open};
  std::atomic<int> errno_{0};
  std::atomic<Duration::rep> last_received_{0}, last_sent_{0}, spoke_at_{0}, web_since_{0};

  PacketFilter filter_;
  std::unique_ptr<char[]> ahead_;
  std::size_t ahead_head_ = 0, ahead_size_ = 0;
  bool large_ = false;        // the last body was
  bool unconfirmed_ = false;  // read since confirm_receipt()
  bool tls_more_ = false;     // OpenSSL may hold bytes that poll(2) does not know of
};

/// The time of the transport's own timers (keepalive, phases).
TimePoint wire_now();

}  // namespace mqfail
