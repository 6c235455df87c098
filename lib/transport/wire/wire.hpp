// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection between Paho and the kernel: what Paho writes is collected here and
// sent in large pieces; what the kernel has is read in large pieces and handed out in small ones.
// Nothing here waits, and nothing here fails: an error on the way out shows itself on the way in.
// The parts that need no socket have files of their own: outgoing_buffer, read_ahead,
// packet_filter, held_acknowledgements, keepalive, ping_progress, websocket.
#pragma once

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
#include <string_view>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "transport/wire/held_acknowledgements.hpp"
#include "transport/wire/keepalive.hpp"
#include "transport/wire/outgoing_buffer.hpp"
#include "transport/wire/packet_filter.hpp"
#include "transport/wire/packet_id_set.hpp"
#include "transport/wire/ping_progress.hpp"
#include "transport/wire/read_ahead.hpp"
#include "transport/wire/tls_stream.hpp"
#include "transport/wire/websocket.hpp"
#include "transport/wire/wire_facts.hpp"

namespace mqfail {

/// What a wire tells its owner, from any thread. Each function may be empty.
struct WireCallbacks {
  /// A backlog above kBacklogBytes has drained, or something has come for the session. No lock.
  std::function<void()> wake;
  /// What carries the packets has come as far as ws or connack. No lock.
  std::function<void(Phase)> reached;
  /// The kernel has not taken everything. The receive thread must wait for room, but a poll(2) that
  /// it has already begun does not. Under the wire's lock.
  std::function<void()> full;
};

/// Thread: read(), readable(), received_ids(), take_no_subscriber(), prepare_to_wait() and
/// confirm_receipt() belong to Paho's receive thread; everything else may be called from any
/// thread. One mutex a wire guards its outgoing side and its TLS object.
class Wire {
 public:
  /// Sent at this size at the latest.
  static constexpr std::size_t kFlushBytes = 32768;
  /// A sender should pause while more than this waits (backlog()).
  static constexpr std::size_t kBacklogBytes = 262144;
  /// A server that does not read so many bytes of acknowledgements is left.
  static constexpr std::size_t kMostAcknowledgements = std::size_t{4} << 20U;

  /// `fd` is connected and non-blocking; it belongs to Paho once the socket seam has handed it
  /// over. `hold`: keep back PUBACK, PUBREC and PUBCOMP of received messages until release(). With
  /// a `web` all packets travel in WebSocket frames; nothing above the wire knows.
  Wire(int fd, Duration keepalive, bool hold, WireCallbacks callbacks,
       std::unique_ptr<WebSocket> web = {});
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }
  /// The version of MQTT that Paho will speak; before its CONNECT.
  void speak(Protocol protocol, std::uint16_t aliases = 0) { filter_.speak(protocol, aliases); }

  // -- outgoing
  /// Takes all of it. Sends when enough has come together. With a `lent` the last piece stays as it
  /// is until that is destroyed, and need not be copied.
  void append(const iovec* pieces, int count, std::shared_ptr<const void> lent = {});
  void append(const void* data, std::size_t size) {
    const iovec piece{const_cast<void*>(data), size};
    append(&piece, 1);
  }
  /// Sends as much as the kernel takes now.
  void flush();
  /// How many answers the sender waits for before it can send more, 0 if it does not wait for a
  /// certain number. Bounds the pause in which packets may gather (receive_moderation.hpp).
  void set_awaited(std::size_t answers) { awaited_.store(answers, std::memory_order_relaxed); }
  /// Bytes that wait to be sent.
  std::size_t backlog() const { return backlog_.load(std::memory_order_relaxed); }

  // -- acknowledgements held back (delivery.md S1)
  /// The message of this packet id was handed to the session: its acknowledgement waits for
  /// release().
  void claim(std::uint16_t packet_id);
  /// The message of this packet id is not for the session: its acknowledgement goes with the next
  /// flush, or once those before it have gone.
  void pass(std::uint16_t packet_id);
  /// These messages are written out; their acknowledgements may go. Does not flush.
  void release(std::span<const std::uint16_t> packet_ids);

  // -- incoming
  /// As recv(2) without flags or SSL_read: served from what was read ahead.
  std::ptrdiff_t read(void* into, std::size_t size);
  /// Bytes that are here already, so that poll(2) must not be asked.
  std::size_t readable();
  /// The bytes that were read and are not taken yet.
  std::size_t read_ahead() const { return ahead_.size(); }
  /// The ids of received messages of QoS 2 that are under way (../paho_seams/inbound_ids.cpp).
  PacketIdSet& received_ids() { return received_ids_; }
  /// The server has sent a message of QoS 2 again before its PUBREL. It gets a PUBREC again, unless
  /// the first one waits still. Thread: that of read().
  void repeat_pubrec(std::uint16_t packet_id);
  /// As PacketFilter::take_no_subscriber().
  bool take_no_subscriber() { return filter_.take_no_subscriber(); }
  /// Something to do that poll(2) does not know of: the TLS handshake is to be begun.
  void kick(bool on) { kicked_ = on; }
  /// Back-pressure: while paused nothing is read and silence is no loss. The silence of the server
  /// counts from the end of the pause.
  void pause(bool on);
  bool paused() const { return paused_.load(std::memory_order_acquire); }
  /// Something came in for the session: it is woken once, when all that is here is worked off, so
  /// that a burst of messages costs one wake-up.
  void note_news() { news_.store(true, std::memory_order_relaxed); }

  // -- before poll(2)
  /// What the receive thread has to wait for.
  struct Wait {
    TimePoint until;  ///< when prepare_to_wait() wants to be called again
    bool to_read;     ///< else reading is paused
    bool to_write;
    bool large;           ///< the last body was: there is no gain in letting more packets gather
    std::size_t awaited;  ///< see set_awaited()
  };
  /// Does what is due before a wait: wakes the session for news, sends the acknowledgements that
  /// belong to no message (a repeated QoS 2 PUBLISH, a PUBCOMP), flushes, and keeps the connection
  /// alive (keepalive.hpp), which may send a PINGREQ or end it for silence.
  Wait prepare_to_wait(TimePoint now);
  /// Has TCP acknowledge what was read, unless a packet sent since then did so.
  void confirm_receipt();

  // -- life
  /// Sends the PINGREQ that is late, because the receive thread is held up. When one will be late.
  TimePoint ping_if_late(TimePoint now);
  /// Appends a PINGREQ; its ordinal, from 1.
  std::uint64_t ping();
  /// A PINGRESP has come (../paho_seams/keepalive.cpp). They answer the pings in order.
  void pong();
  std::uint64_t pongs() const { return pongs_; }
  /// MQTT 5 Server Keep Alive. It can only shorten ours.
  void promise_keepalive(Duration server);
  /// When the server last gave a sign of life: MQTT, not only TCP, TLS or WebSocket.
  TimePoint last_life() const;
  /// shutdown(2) of both sides: Paho's receive thread sees the end at once.
  void shut();
  /// Says that no more will be written; what is buffered goes first, as far as the kernel takes it.
  void finish_writing();
  /// Before close(2): from here on the descriptor is not touched any more.
  void detach();
  WireEnd end() const { return end_.load(); }
  WireFacts facts() const;

  // -- TLS
  /// The handshake is through: bytes go through `ssl` from now on.
  void attach_tls(ssl_st* ssl, TlsFacts facts);
  void detach_tls();
  /// Why TLS did not come about or ended, in words; empty: nothing is wrong.
  void set_tls_failure(std::string text);
  std::string tls_failure() const;

 private:
  void append_locked(const iovec* pieces, int count, std::size_t total,
                     std::shared_ptr<const void> lent = {});
  void appended_locked();
  void put_ack_locked(HeldAcknowledgements::Packet packet);
  void send_locked();
  void broken_locked(int error);
  std::ptrdiff_t read_through(char* into, std::size_t size);
  std::ptrdiff_t receive_layered(char* into, std::size_t size);
  std::ptrdiff_t receive_plain(const std::array<iovec, 2>& into);
  std::ptrdiff_t receive_tls(void* into, std::size_t size);
  TlsRead read_tls(void* into, std::size_t size);
  std::ptrdiff_t unwrap(char* bytes, std::size_t size);
  std::optional<std::size_t> admit(std::string_view bytes);
  std::ptrdiff_t nothing_more();
  void end_reading_locked(WireEnd end);
  static std::ptrdiff_t fails_with(int error);
  void note_sent(TimePoint at);
  void note_received();
  void note_life(std::size_t bytes, bool whole);
  void note_end(WireEnd end, int error);
  void tell_news();
  void release_orphans();
  void keep_alive(TimePoint now);
  void bound_sending(Duration keepalive);
  void note_ping_on_its_way();
  bool ping_is_late();

  const int fd_;
  const TimePoint made_at_;
  const bool hold_;
  const WireCallbacks callbacks_;

  mutable std::mutex out_mutex_;
  OutgoingBuffer out_;
  bool attached_ = true;  // the descriptor is ours to touch
  bool broken_ = false;   // writing failed, or TLS has gone; more is swallowed
  bool crowded_ = false;  // backlog went above kBacklogBytes
  bool full_ = false;     // the kernel has not taken all; the receive thread waits for room
  PingProgress progress_;
  std::atomic<ssl_st*> ssl_{nullptr};
  HeldAcknowledgements held_;
  const std::unique_ptr<WebSocket> web_;
  TlsFacts tls_;
  std::string tls_failure_, connack_, first_bytes_;

  mutable std::mutex life_mutex_;  // may be locked under out_mutex_, never the other way round
  Keepalive keepalive_;

  std::atomic<std::size_t> backlog_{0}, awaited_{0};
  std::atomic<bool> paused_{false}, news_{false}, kicked_{false}, finish_{false};
  std::atomic<std::uint64_t> pings_{0}, pongs_{0};
  std::atomic<WireEnd> end_{WireEnd::open};
  std::atomic<int> errno_{0};
  std::atomic<TimePoint> last_received_, last_sent_, spoke_at_{TimePoint()},
      web_since_{TimePoint()};

  // Of the receive thread.
  PacketFilter filter_;
  ReadAhead ahead_;
  PacketIdSet received_ids_;
  bool has_read_ = false;     // anything that is for Paho
  bool unconfirmed_ = false;  // read since confirm_receipt()
  bool tls_more_ = false;     // OpenSSL may hold bytes that poll(2) does not know of
};

}  // namespace mqfail
